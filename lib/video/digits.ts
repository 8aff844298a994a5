import { UserError } from '../tensor'
import { decodePng, type Image } from './png'

/** Side of a digit, in pixels. */
export const digitSide = 28

/** Handwritten digits: image i is 28 × 28 gray values, row by row, 0 paper to 255 ink, and shows the digit `labels[i]`. */
export interface Digits {
  readonly images: readonly Uint8Array[]
  readonly labels: Uint8Array
}

/** Digits to train on, and others to test with. */
export interface DigitSplits {
  readonly train: Digits
  readonly test: Digits
}

/** The files that digits are in. */
export type DigitFile = 'labels.json' | 'train.png' | 'test.png'

/**
 * Digits from sheets of tiles, `train.png` and `test.png`, and their `labels.json` (one string per row of tiles).
 *
 * @param bytes those of each file, wherever they come from
 * @param shown a file's name in errors
 * @throws UserError when a file is truncated or does not fit the others; the message names the file
 */
export const digitsFrom = (
  bytes: (file: DigitFile) => Uint8Array,
  shown: (file: DigitFile) => string = file => file,
): DigitSplits => {
  const labelsFile = shown('labels.json')
  const labels = parseLabels(new TextDecoder().decode(bytes('labels.json')), labelsFile)
  const split = (name: keyof DigitSplits): Digits => {
    const file = shown(`${name}.png`)
    const { images, columns } = tilesOf(decodePng(bytes(`${name}.png`), file), file)
    const rows = labels[name]
    const isRow = (row: unknown) => typeof row === 'string' && row.length === columns && /^\d*$/.test(row)
    if (!Array.isArray(rows) || rows.length * columns !== images.length || !rows.every(isRow))
      throw new UserError(
        `${labelsFile}: "${name}" must be ${images.length / columns} strings of ${columns} digits, as ${name}.png has, got others`,
      )
    return { images, labels: Uint8Array.from(rows.join(''), Number) }
  }
  return { train: split('train'), test: split('test') }
}

type Labels = Readonly<Record<string, unknown>>

const parseLabels = (text: string, file: string): Labels => {
  try {
    const labels: unknown = JSON.parse(text)
    if (typeof labels === 'object' && labels !== null) return labels as Labels
  } catch {
    // Said below: whatever is wrong with the text, it is not the object that it must be.
  }
  throw new UserError(`${file}: must be a JSON object of labels, got ${text.length} characters that are none`)
}

/** The tiles of a sheet, row by row. */
const tilesOf = (
  { width, height, channels, data }: Image,
  file: string,
): { readonly images: readonly Uint8Array[]; readonly columns: number } => {
  const [columns, rows] = [width / digitSide, height / digitSide]
  if (channels !== 1 || !Number.isInteger(columns) || !Number.isInteger(rows))
    throw new UserError(
      `${file}: must be gray tiles of ${digitSide} × ${digitSide}, got ${width} × ${height} pixels of ${channels} channels`,
    )
  const tile = (i: number): Uint8Array => {
    const corner = Math.floor(i / columns) * digitSide * width + (i % columns) * digitSide
    const pixels = new Uint8Array(digitSide ** 2)
    for (let row = 0; row < digitSide; row++)
      pixels.set(data.subarray(corner + row * width, corner + row * width + digitSide), row * digitSide)
    return pixels
  }
  return { images: Array.from({ length: rows * columns }, (_, i) => tile(i)), columns }
}
