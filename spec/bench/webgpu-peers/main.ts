/** Training steps and forward passes on WebGPU, ours beside other libraries', in turn in one run: in one Chromium, and in Node.
 *
 *      npx ts-node -T spec/bench/webgpu-peers/main.ts --variant tiny --batch 16 --json docs/benchmarks/webgpu-tiny.json
 *
 *  Without a GPU the adapter is SwiftShader, which computes on the processor. */
import { Command, Option } from 'commander'
import { rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type Contender, type What, WHAT } from '../../../lib/cli/bench/contender'
import { add, figures, type Result, tableOf } from '../../../lib/cli/bench/figures'
import { rest, saveFigures } from '../../../lib/cli/bench/measured'
import { testOf, TRAIN } from '../../../lib/cli/bench/test'
import { checkWritable } from '../../../lib/disk'
import { variants } from '../../../lib/paper'
import { tame, UserError } from '../../../lib/tensor'
import { noChromium } from '../../chromium'
import { softwareAdapter } from '../../laws/gpu'
import { openChromium } from './chromium'
import { entriesFor, type Entry, type Program, programs, writeFiles } from './files'
import { openNode } from './node'

const PLACES = ['chromium', 'node'] as const
interface Flags {
  readonly variant: 'digits' | 'tiny' | 'small'
  readonly batch: number
  readonly rounds: number
  readonly runs: number
  readonly limit: number
  readonly places: readonly (typeof PLACES)[number][]
  readonly peers: readonly Program[]
  readonly json?: string
}

/** One that runs, or why it does not. */
type Row = Result & { readonly place: string; readonly contender?: Contender; failed?: string }

/** What opens contenders, somewhere. */
interface Place {
  readonly name: string
  readonly open: (entry: Entry) => Promise<Contender>
  readonly close: () => Promise<void>
}

const describe = ({ place, name, failed }: Row): string =>
  tame(`${place}: ${name}${failed === undefined ? '' : `: failed: ${failed}`}`)
const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!

/** A contender, warm and with its first losses, or its refusal: nobody who fails is left out. */
const rowOf = async (place: Place, entry: Entry): Promise<Row> => {
  const left = entry.deadWork === 'kept' ? '' : ', dead work left out'
  try {
    const contender = await place.open(entry)
    const name = entry.program === 'ours' ? `ours${left}` : `${contender.name}${left}`
    return { name, contender, place: place.name, ...figures() }
  } catch (error) {
    return { name: `${entry.program}${left}`, failed: firstLine(error), place: place.name, ...figures() }
  }
}

/** Asks for runs. One that fails, or does not answer in time, is asked no more. */
const ask = async (row: Row, what: What, count: number, when: 'warm' | 'timed', limit: number): Promise<void> => {
  const { contender, failed } = row
  if (failed !== undefined || !contender?.what.includes(what)) return
  await rest()
  const late = setTimeout(1000 * limit, undefined, { ref: false }).then(() => {
    throw new Error(`a run must end within ${limit} s`)
  })
  try {
    add(row, what, await Promise.race([contender.run(what, count), late]), when)
  } catch (error) {
    row.failed = `${what}: ${firstLine(error)}`
    console.log(describe(row))
    // What still computes would disturb the others.
    if (!/^ours/.test(row.name)) await contender.close()
  }
}

const measure = async ({ variant, batch, rounds, runs, limit, places, peers, json }: Flags): Promise<void> => {
  if (json !== undefined) checkWritable(json)
  const noAdapter = softwareAdapter()
  if (places.includes('chromium') && noChromium) throw new UserError(`--places chromium needs a browser: ${noChromium}`)
  if (places.includes('node') && noAdapter) throw new UserError(`--places node needs an adapter: ${noAdapter}`)
  const test = testOf(variants[variant], batch)
  const sgd = [TRAIN.rate, TRAIN.momentum, TRAIN.decay]
  const entries = entriesFor(peers)
  const files = writeFiles(test)
  const opened: Place[] = []
  const rows: Row[] = []
  try {
    if (places.includes('chromium')) opened.push(await openChromium(files, entries, sgd))
    if (places.includes('node')) opened.push(await openNode(files, test, sgd))
    for (const place of opened)
      for (const entry of entries) {
        const row = await rowOf(place, entry)
        rows.push(row)
        console.log(describe(row))
      }
    for (const what of WHAT) {
      for (const row of rows) await ask(row, what, 3, 'warm', limit)
      for (let round = 0; round < rounds; round++) {
        for (const row of rows) await ask(row, what, runs, 'timed', limit)
        process.stderr.write(`\r${what}: round ${round + 1} of ${rounds}`)
      }
      process.stderr.write('\n')
      for (const { name } of opened) {
        const ran = rows.filter(row => row.place === name && row[what].ms.length > 0)
        console.log(`\n${tableOf(`${what}, ${name}`, what, ran)}`)
      }
    }
    const results = rows.map(({ contender: _, ...row }) => row)
    const adapter = 'SwiftShader, which computes on the processor: not measured on a GPU'
    saveFigures(json, process.argv.slice(2), { adapter, variant, batch, rounds, runs, results }, ['npx', 'ts-node', '-T', 'spec/bench/webgpu-peers/main.ts']) // prettier-ignore
  } finally {
    for (const { contender, failed } of rows) if (failed === undefined) await contender?.close()
    for (const place of opened) await place.close()
    rmSync(files.folder, { recursive: true })
  }
}

const whole = (flag: string, text: string, standard: number): Option =>
  new Option(`${flag} <n>`, text).default(standard).argParser(value => {
    if (!/^[1-9]\d{0,5}$/.test(value)) throw new UserError(`${flag} must be a whole number from 1, got '${value}'`)
    return Number(value)
  })
const listOf =
  <T extends string>(flag: string, known: readonly T[]) =>
  (text: string): readonly T[] => {
    const stray = text.split(',').find(name => !known.includes(name as T))
    if (stray !== undefined) throw new UserError(`${flag} must be of ${known.join(', ')}, got '${stray}'`)
    return text.split(',') as T[]
  }

const command = new Command('webgpu-peers').description('time WebGPU libraries beside one another on one adapter')
command
  .addOption(new Option('--variant <name>', 'the network').choices(['digits', 'tiny', 'small']).default('tiny'))
  .addOption(whole('--batch', 'clips of a step', 16))
  .addOption(whole('--rounds', 'how often each is asked in turn', 5))
  .addOption(whole('--runs', 'runs of each in a round', 1))
  .addOption(whole('--limit', 'seconds that an answer may take', 300))
  .addOption(
    new Option('--places <names>', `where: ${PLACES.join(', ')}`)
      .default(PLACES, PLACES.join(','))
      .argParser(listOf('--places', PLACES)),
  ) // prettier-ignore
  .addOption(
    new Option('--peers <names>', `beside whom: ${programs.join(', ')}`)
      .default(programs, programs.join(','))
      .argParser(listOf('--peers', programs)),
  ) // prettier-ignore
  .addOption(new Option('--json <file>', 'where to write the figures'))
  .action(() => measure(command.opts<Flags>()))
void command.parseAsync().catch((error: unknown) => {
  console.error(error instanceof UserError ? `webgpu-peers: ${tame(error.message)}` : error)
  process.exitCode = 1
})
