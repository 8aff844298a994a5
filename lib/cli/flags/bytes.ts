/** Sizes of files and of memory, as people write them. */
import { UserError } from '../../tensor'
import { fixed, unitOf } from '../../format/text'

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

/** What reads a size given to a flag: a number with a unit. Throws UserError that names the flag and what was found. */
export const bytesGiven =
  (flag: string, zero: 'or 0' | undefined = undefined) =>
  (text: string): number => {
    const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([kMGT]B)$/i.exec(text.trim()) ?? []
    const scale = Object.entries(UNITS).find(([name]) => name.toLowerCase() === unit?.toLowerCase())?.[1]
    const bytes = Number(digits) * (scale ?? NaN)
    if (bytes > 0) return Math.round(bytes)
    if (zero !== undefined && /^0(\.0+)? ?([kMGT]B)?$/i.test(text.trim())) return 0
    throw new UserError(`${flag} must be a size as 500MB or 10GB${zero ? `, ${zero}` : ''}, got '${text}'`)
  }

/** A size for people: `1.25 GB`. */
export const bytesText = (bytes: number): string => {
  const { name, scale } = unitOf(bytes)
  const n = bytes / scale
  return `${fixed(n, n < 10 && scale > 1 ? 1 : 0)} ${name === '' ? 'bytes' : `${name}B`}`
}
