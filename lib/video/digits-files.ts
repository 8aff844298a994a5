/** The digits of files on disk. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../tensor'
import { digitsFrom, type DigitSplits } from './digits'

/** Two levels above this file, in the sources as in the package built from them. */
const ownFolder = (): string => join(__dirname, '..', '..', 'fixtures', 'digits')

/**
 * Reads the sheets of digits `train.png` and `test.png` and their `labels.json` (one string per row of tiles).
 *
 * @param folder by default the 2,000 and 500 digits of MNIST that come with this package
 * @throws UserError when a file is missing, truncated or does not fit the others; the message names the file
 */
export const readDigits = (folder = ownFolder()): DigitSplits => {
  const path = (file: string): string => join(folder, file)
  return digitsFrom(file => read(path(file)), path)
}

const read = (file: string): Uint8Array => {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new UserError(`${file}: must be a file of the digits, got none that can be read`, { cause })
  }
}
