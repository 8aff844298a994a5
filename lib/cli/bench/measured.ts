/** What benchmarks share: a rest before each turn, and the file of their figures. */
import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { jsonText } from '../../tensor'
import { save } from '../../disk'
import { commandLine } from '../../format/text'

/** Milliseconds before each turn, in which the threads of the one before give up waiting for work: until then they keep a
 *  core busy. */
const REST = 100
export const rest = (): Promise<void> => setTimeout(REST)

/** What the figures were measured on. */
export const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node }

/** Saves figures with the command that makes them and the machine, where a file is named.
 *  @param program what the arguments were given to */
export const saveFigures = (
  json: string | undefined,
  argv: readonly string[],
  figures: Readonly<Record<string, unknown>>,
  program: readonly string[] = ['cstransformer'],
): void => {
  const found = { command: commandLine([...program, ...argv]), machine, ...figures }
  if (json !== undefined) save(json, `${jsonText(found, 2)}\n`)
}
