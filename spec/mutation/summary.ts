/** What is kept of a report of Stryker's: how many changes of each file were noticed, and those that were not. */

/** The part of Stryker's report (mutation-testing-report-schema) that is read. */
export interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}
interface Mutant {
  readonly status:
    'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending'
  readonly mutatorName: string
  readonly replacement?: string
  readonly location: { readonly start: Place; readonly end: Place }
}
/** Counted from 1. */
interface Place {
  readonly line: number
  readonly column: number
}

/** A change that no test minds. */
export interface Survivor {
  readonly file: string
  readonly line: number
  readonly from: string
  readonly to: string
}
export interface Summary {
  /** Of each file the lines that are multiples of this were changed. */
  readonly every: number
  /** What ran. */
  readonly specs: readonly string[]
  readonly files: Readonly<Record<string, { readonly killed: number; readonly alive: number }>>
  readonly survivors: readonly Survivor[]
}

/** The code between two places, on one line. */
const between = (source: string, { start, end }: Mutant['location']): string => {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1)
  lines[0] = lines[0]!.slice(start.column - 1)
  return oneLine(lines.join(' '))
}
const oneLine = (code: string): string => code.replace(/\s+/g, ' ').trim()

/** A change that breaks the program at once is noticed by whoever starts it, and counts neither way. */
const noticed: readonly Mutant['status'][] = ['Killed', 'Timeout']
const alive: readonly Mutant['status'][] = ['Survived', 'NoCoverage']

export const summarize = ({ files }: StrykerReport, every: number, specs: readonly string[]): Summary => {
  const count = (mutants: readonly Mutant[], of: readonly Mutant['status'][]): number =>
    mutants.filter(({ status }) => of.includes(status)).length
  return {
    every,
    specs,
    files: Object.fromEntries(
      Object.entries(files)
        .map(
          ([file, { mutants }]) => [file, { killed: count(mutants, noticed), alive: count(mutants, alive) }] as const,
        )
        .filter(([, { killed, alive: lived }]) => killed + lived > 0),
    ),
    survivors: Object.entries(files).flatMap(([file, { source, mutants }]) =>
      mutants
        .filter(({ status }) => alive.includes(status))
        .map(({ location, replacement = '' }) => ({
          file,
          line: location.start.line,
          from: between(source, location),
          to: oneLine(replacement),
        })),
    ),
  }
}
