/** What is kept of a report of Stryker's: how many changes of each file were noticed, and those that were not. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

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
  /** The whole line. */
  readonly on: string
  readonly from: string
  readonly to: string
}
/** What was found of a file. */
interface OfFile {
  readonly killed: number
  readonly alive: number
  /** Changes that were not tried, of what runs once, while the file loads. */
  readonly untried: number
  /** The lines that are multiples of this were changed. */
  readonly every: number
  /** The digest of the file as it was. */
  readonly source: string
}
export interface Summary {
  /** What ran. */
  readonly specs: readonly string[]
  readonly files: Readonly<Record<string, OfFile>>
  readonly survivors: readonly Survivor[]
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
/** The digest of a file's code. */
export const digestOf = (root: string, file: string): string => digest(readFileSync(join(root, file), 'utf8'))

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

/** What a report says of files that were changed; a file without a place to change is in none. */
export const summarize = (
  root: string,
  report: StrykerReport,
  every: number,
  { files, specs }: { readonly files: readonly string[]; readonly specs: readonly string[] },
): Summary => {
  const mutantsOf = (file: string): readonly Mutant[] => report.files[file]?.mutants ?? []
  const count = (file: string, of: readonly Mutant['status'][]): number =>
    mutantsOf(file).filter(({ status }) => of.includes(status)).length
  return {
    specs,
    files: Object.fromEntries(
      files.map(file => [
        file,
        {
          killed: count(file, noticed),
          alive: count(file, alive),
          untried: count(file, ['Ignored']),
          every,
          source: report.files[file] ? digest(report.files[file].source) : digestOf(root, file),
        },
      ]),
    ),
    survivors: files.flatMap(file =>
      mutantsOf(file)
        .filter(({ status }) => alive.includes(status))
        .map(({ location, replacement = '' }) => ({
          file,
          line: location.start.line,
          on: report.files[file]!.source.split('\n')[location.start.line - 1]!.trim(),
          from: between(report.files[file]!.source, location),
          to: oneLine(replacement),
        })),
    ),
  }
}

/** What was found before, and of some files anew. Of files that are no more nothing is kept. */
export const merge = (before: Summary | undefined, found: Summary, present: readonly string[]): Summary => {
  const files = { ...before?.files, ...found.files }
  const kept = before?.survivors.filter(({ file }) => !Object.hasOwn(found.files, file)) ?? []
  const survivors = [...kept, ...found.survivors]
  return {
    specs: [...new Set([...(before?.specs ?? []), ...found.specs])],
    files: Object.fromEntries(present.flatMap(file => (files[file] ? [[file, files[file]] as const] : []))),
    survivors: present.flatMap(file => survivors.filter(s => s.file === file).sort((a, b) => a.line - b.line)),
  }
}
