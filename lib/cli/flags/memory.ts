/** `--memory 8GB`: how much memory training may take. */
import { Option } from 'commander'
import { UserError } from '../../tensor'
import { fixed } from '../../format/text'

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 }

/** Reads an amount of memory. Throws UserError for one that is none. */
export const bytesIn = (text: string): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text.trim()) ?? []
  const bytes = Number(number) * (UNITS[unit?.toUpperCase() ?? ''] ?? NaN)
  if (bytes > 0) return bytes
  throw new UserError(`--memory must be an amount above 0 with its unit, as 8GB or 500MB, got '${text}'`)
}

/** Bytes as people say them: 61 GB, 4.3 GB, 240 MB. */
export const amount = (bytes: number): string => {
  const giga = bytes / 1e9
  if (giga >= 10) return `${fixed(giga, 0)} GB`
  return giga >= 1 ? `${fixed(giga, 1)} GB` : `${fixed(bytes / 1e6, 0)} MB`
}

export const memoryOption = (): Option =>
  new Option('--memory <amount>', 'what the process may take, as 8GB: a step is done in as many parts as that asks for')
    .argParser(bytesIn)
    .conflicts(['accumulate', 'resume'])
