/** The kit's program: its stages one after the other, each in a process of its own and within its time. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { constants, cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { UserError } from '../../../../lib/tensor'
import { attend } from './attention'
import { check } from './checks'
import { describe } from './machine'
import { compare } from './networks'
import { multiply } from './products'
import { type Found, tableOf, write } from './report'
import type { Row, Say } from './row'
import { remember, trainDigits } from './training'

/** The most telling first, with their shares of the time; what one leaves over is for those after it. */
const stages: Readonly<Record<string, { readonly share: number; readonly run: (say: Say) => Promise<void> }>> = {
  machine: { share: 2, run: describe },
  checks: { share: 12, run: check },
  products: { share: 18, run: multiply },
  small: { share: 14, run: compare('small', 4) },
  tiny: { share: 8, run: compare('tiny', 16) },
  digits: { share: 8, run: compare('digits', 32) },
  V2: { share: 18, run: compare('V2', 1) },
  training: { share: 8, run: trainDigits },
  attention: { share: 8, run: say => attend(say) },
  memory: { share: 6, run: remember },
}

const HELP = `Measures cstransformer's mode webgpu on this machine's card.

  run [--minutes 8] [--out DIR] [--stages NAME,NAME]

  --minutes N   the time for all of it (default 8)
  --out DIR     where results.json is written, after each line (default results)
  --stages ...  these alone: ${Object.keys(stages).join(', ')}

PYTHON names a Python with PyTorch to compare with; without it, python3 is asked whether it has one.`

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Runs a stage in a process of its own, which with all that it starts is a group that ends as one. @returns how it ended */
const stage = async (name: string, seconds: number, say: Say): Promise<string> => {
  const child = spawn(process.execPath, ['--expose-gc', __filename, '--stage', name], { stdio: ['ignore', 'pipe', 'pipe'], detached: true }) // prettier-ignore
  let complaint = ''
  let late = false
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-2000)))
  const end = (): boolean => process.kill(-child.pid!, 'SIGKILL')
  const limit = setTimeout(() => (late = end()), 1000 * seconds)
  const stop = (signal: NodeJS.Signals): void => {
    end()
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const ended = new Promise<number | null>(done => child.on('close', done))
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('{')) say(JSON.parse(line) as Row) // prettier-ignore
  const code = await ended
  clearTimeout(limit)
  for (const signal of SIGNALS) process.off(signal, stop)
  if (late) return `stopped after its ${seconds.toFixed(0)} s`
  return code === 0 ? 'done' : `failed: ${complaint.trim().split('\n').filter(l => /Error|error/.test(l)).at(-1) ?? complaint.trim().split('\n').at(-1)}` // prettier-ignore
}

const measure = async (minutes: number, out: string, names: readonly string[]): Promise<void> => {
  mkdirSync(out, { recursive: true })
  const file = join(out, 'results.json')
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node }
  const found: Found = { command: `spec/bench/gpu/run ${process.argv.slice(2).join(' ')}`.trim(), machine, stages: [] }
  const end = performance.now() + 60_000 * minutes
  for (const [i, name] of names.entries()) {
    const shares = names.slice(i).map(n => stages[n]!.share)
    const seconds = Math.max(1, ((end - performance.now()) / 1000) * (shares[0]! / shares.reduce((a, b) => a + b)))
    const rows: Row[] = []
    const at = found.stages.push({ name, seconds: 0, ended: 'under way', rows }) - 1
    process.stderr.write(`${name}, at most ${seconds.toFixed(0)} s\n`)
    const begun = performance.now()
    const ended = await stage(name, seconds, row => {
      rows.push(row)
      write(file, found)
    })
    found.stages[at] = { name, seconds: (performance.now() - begun) / 1000, ended, rows }
    write(file, found)
  }
  console.log(`${tableOf(found)}\n\n${file}`)
}

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { minutes: text, out: text, stages: text, stage: text, help: { type: 'boolean' } } }) // prettier-ignore
  if (values.help) return console.log(HELP)
  if (values.stage !== undefined)
    return stages[values.stage]!.run(row => void process.stdout.write(`${JSON.stringify(row)}\n`))
  const minutes = Number(values.minutes ?? 8)
  if (!(minutes > 0)) throw new UserError(`--minutes must be a number above 0, got '${values.minutes}'`)
  const names = values.stages?.split(',') ?? Object.keys(stages)
  const stray = names.find(name => !Object.hasOwn(stages, name))
  if (stray !== undefined) throw new UserError(`--stages must be of ${Object.keys(stages).join(', ')}, got '${stray}'`)
  return measure(minutes, values.out ?? 'results', names)
}
main().then(
  () => process.exit(),
  (error: Error) => {
    const lines = error instanceof UserError || /^ERR_PARSE_ARGS/.test(String((error as { code?: string }).code))
    console.error(lines ? `run: ${error.message}` : error)
    process.exit(1)
  },
)
