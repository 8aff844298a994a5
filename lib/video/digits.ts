import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../tensor'
import { decodePng } from './png'

/** Side of a digit, in pixels. */
export const digitSide = 28

/** Handwritten digits: image i is 28 × 28 gray values, row by row, 0 paper to 255 ink, and shows the digit `labels[i]`. */
export type Digits = Readonly<{ images: readonly Uint8Array[]; labels: Uint8Array }>

/** Digits to train on, and others to test with. */
export type DigitSplits = Readonly<{ train: Digits; test: Digits }>

/** Two levels above this file, in the sources as in the package built from them. */
const ownFolder = join(__dirname, '..', '..', 'fixtures', 'digits')

/**
 * Reads the sheets of digits `train.png` and `test.png` and their `labels.json` (one string per row of tiles).
 *
 * @param folder by default the 2,000 and 500 digits of MNIST that come with this package
 * @throws UserError when a file is missing, truncated or does not fit the others; the message names the file
 */
export const readDigits = (folder = ownFolder): DigitSplits => {
  const file = join(folder, 'labels.json')
  const labels = parseLabels(read(file).toString(), file)
  return { train: readSheet(folder, 'train', labels), test: readSheet(folder, 'test', labels) }
}

const read = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new UserError(`${file}: expected a file of the digits, found none that can be read`, { cause })
  }
}

type Labels = Readonly<Record<string, unknown>>

const parseLabels = (text: string, file: string): Labels => {
  try {
    const labels: unknown = JSON.parse(text)
    if (typeof labels === 'object' && labels !== null) return labels as Labels
  } catch {
    // Said below: whatever is wrong with the text, it is not the object that was expected.
  }
  throw new UserError(`${file}: expected a JSON object of labels, found ${text.length} characters that are none`)
}

const readSheet = (folder: string, split: keyof DigitSplits, all: Labels): Digits => {
  const file = join(folder, `${split}.png`)
  const { width, height, channels, data } = decodePng(read(file), file)
  const [columns, rows] = [width / digitSide, height / digitSide]
  if (channels !== 1 || !Number.isInteger(columns) || !Number.isInteger(rows))
    throw new UserError(
      `${file}: expected gray tiles of ${digitSide} × ${digitSide}, found ${width} × ${height} pixels of ${channels} channels`,
    )
  const labels = all[split]
  const isRow = (row: unknown) => typeof row === 'string' && row.length === columns && /^\d*$/.test(row)
  if (!Array.isArray(labels) || labels.length !== rows || !labels.every(isRow))
    throw new UserError(
      `${join(folder, 'labels.json')}: expected "${split}" to hold ${rows} strings of ${columns} digits, as ${split}.png does, found others`,
    )
  const tile = (i: number): Uint8Array => {
    const corner = Math.floor(i / columns) * digitSide * width + (i % columns) * digitSide
    const pixels = new Uint8Array(digitSide ** 2)
    for (let row = 0; row < digitSide; row++)
      pixels.set(data.subarray(corner + row * width, corner + row * width + digitSide), row * digitSide)
    return pixels
  }
  return {
    images: Array.from({ length: rows * columns }, (_, i) => tile(i)),
    labels: Uint8Array.from(labels.join(''), Number),
  }
}
