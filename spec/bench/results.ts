/** Writes `docs/benchmarks/README.md`, the tables of what was measured, from the JSON files beside it:
 *
 *      npx ts-node -T spec/bench/results.ts */
import { median } from '../../lib/ablation'
import { wrapped } from '../../lib/format/text'
import { type Found, HEADS, partsOf } from './gpu/kit/report'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Timed {
  readonly ms: readonly number[]
  readonly losses: readonly number[]
}
interface Result {
  readonly command: string
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string }
  /** What computed, where it must be said. */
  readonly adapter?: string
  readonly batch: number
  readonly rounds: number
  readonly runs: number
  readonly results: readonly {
    readonly name: string
    /** Where it ran, in a benchmark of several places. */
    readonly place?: string
    /** Why it did not. */
    readonly failed?: string
    readonly peakMiB?: number
    readonly step: Timed
    readonly forward: Timed
  }[]
}

/** A table of one kind of run in one place, with ratios to its last row. */
const table = ({ results }: Result, what: 'step' | 'forward', place: string | undefined): string => {
  const timed = results.filter(r => r.place === place && r[what].ms.length > 0)
  const last = timed.at(-1)?.[what]
  if (!last) return ''
  const row = ({ name, peakMiB, [what]: { ms, losses } }: (typeof timed)[number]): string => {
    const [middle, least] = [median(ms), Math.min(...ms)]
    const faster = `${(median(last.ms) / middle).toFixed(2)}× (${(Math.min(...last.ms) / least).toFixed(2)}×)`
    const off = Math.max(...losses.map((loss, i) => Math.abs(loss - last.losses[i]!)))
    return `| ${[name, middle.toFixed(1), least.toFixed(1), faster, off.toExponential(0), peakMiB?.toFixed(0) ?? ''].join(' | ')} |`
  }
  return [
    `| ${[what, ...(place === undefined ? [] : [place])].join(', ')} | median ms | least ms | faster | losses differ by | peak MiB |`,
    '|---|---:|---:|---:|---:|---:|',
    ...timed.map(row),
  ].join('\n')
}

/** A command on lines of at most 80 characters, a flag beside its value. */
const broken = (command: string): string =>
  wrapped(command.replace(/ (?!--)/g, '\u00a0'), 78, '  ')
    .join(' \\\n')
    .replace(/\u00a0/g, ' ')

const section = (name: string, result: Result): string => {
  const { cpu, cores, node } = result.machine
  const { command, batch, rounds, runs, adapter, results } = result
  const places = [...new Set(results.map(r => r.place))]
  const failed = results.filter(r => r.failed !== undefined).map(r => `- ${r.name}, ${r.place}: ${r.failed}`)
  return [
    `## ${name}`,
    `${cpu}, ${cores} cores, Node ${node}; ${batch} ${batch === 1 ? 'clip' : 'clips'}; ${rounds} rounds of ${runs}`,
    `\`\`\`sh\n${broken(command.replace(/^cstransformer/, 'npm run cstransformer --'))}\n\`\`\``,
    ...(adapter === undefined ? [] : [`On ${adapter}.`]),
    ...places.flatMap(place => [table(result, 'step', place), table(result, 'forward', place)]),
    ...(failed.length === 0 ? [] : [`Did not run:\n\n${failed.join('\n')}`]),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Figures of `bench --joint`. */
interface Joint extends Pick<Result, 'command' | 'machine' | 'rounds'> {
  readonly note?: string
  readonly results: readonly {
    readonly attention: string
    readonly tokens: number
    readonly what: string
    readonly bytes: number
    readonly taken?: number
    readonly ms: readonly number[]
    readonly left?: string
  }[]
}
const jointSection = (
  name: string,
  { command, note, machine: { cpu, cores, node }, rounds, results }: Joint,
): string => {
  const MB = (bytes?: number): string => (bytes === undefined ? '' : (bytes / 1e6).toFixed(0))
  const row = ({ what, tokens, attention, bytes, taken, ms, left }: Joint['results'][number]): string =>
    `| ${[what, tokens, attention, MB(bytes), MB(taken), ...(left === undefined ? [median(ms).toFixed(0), Math.min(...ms).toFixed(0)] : [left, ''])].join(' | ')} |`
  return [
    `## ${name}`,
    "ViViT's joint attention with CSSA, in as many blocks of the variant's sizes as `--stb` says. Values are counted from shapes, at the moment at which they are most; the engine's memory is what its block had grown to, parameters and inputs in it.",
    ...(note === undefined ? [] : [note]),
    `${cpu}, ${cores} cores, Node ${node}; ${rounds} rounds`,
    `\`\`\`sh\n${broken(command.replace(/^cstransformer/, 'npm run cstransformer --'))}\n\`\`\``,
    [
      "| what | tokens | attention | values, MB | the engine's memory, MB | median ms | least ms |",
      '|---|---:|---|---:|---:|---:|---:|',
      ...results.map(row),
    ].join('\n'),
  ].join('\n\n')
}

/** Figures of `spec/bench/memory.ts`. */
interface Memory extends Pick<Result, 'machine'> {
  readonly steps: number
  readonly results: readonly MemoryRow[]
}
interface MemoryRow {
  /** `V2:16:16`: a variant, clips of a step, and its parts. */
  readonly what: string
  readonly engine: string
  readonly counted: number
  readonly measured: number
  readonly seconds: readonly number[]
  readonly pytorch?: number
  readonly pytorchSeconds?: readonly number[]
  readonly blas?: string
}
const memorySection = (name: string, { machine: { cpu, cores, node }, steps, results }: Memory): string => {
  const timed = (seconds?: readonly number[]): readonly string[] =>
    seconds === undefined ? ['', ''] : [median(seconds).toFixed(2), Math.min(...seconds).toFixed(2)]
  const row = ({ what, engine, counted, measured, seconds, pytorch, pytorchSeconds }: MemoryRow): string => {
    const [variant, clips, parts = '1'] = what.split(':')
    const theirs = [pytorch?.toFixed(0) ?? '', ...timed(pytorchSeconds)]
    return `| ${[variant, clips, parts, engine, counted.toFixed(0), measured.toFixed(0), ...timed(seconds), ...theirs].join(' | ')} |`
  }
  const blas = [...new Set(results.flatMap(r => r.blas ?? []))].join('; ')
  return [
    `## ${name}`,
    'Training steps, each network in a process of its own, ours and PyTorch 1.13 in as many parts: the most memory that the process has held, beside what is counted before it begins, and seconds of a step.',
    `${cpu}, ${cores} cores, Node ${node}; ${steps} steps${blas && `; PyTorch with ${blas}`}`,
    '```sh\nnpx ts-node -T spec/bench/memory.ts docs/benchmarks/memory.json onnx \\\n  /usr/bin/python3 V2:1 V2:4:4 V2:16:16\n```',
    [
      "| variant | clips | parts | engine | counted, MiB | measured, MiB | median s | least s | PyTorch's MiB | its median s | its least s |",
      `|---|${'---:|'.repeat(2)}---|${'---:|'.repeat(7)}`,
      ...results.map(row),
    ].join('\n'),
  ].join('\n\n')
}

/** What the kit found on a card. */
const kitSection = (name: string, found: Found): string => {
  const { cpu, cores, node } = found.machine as Result['machine']
  const { figures, said } = partsOf(found)
  return [
    `## ${name}`,
    `${cpu}, ${cores} cores, Node ${node}; with [the kit](../../spec/bench/README.md#on-a-card)`,
    `\`\`\`sh\n${broken(found.command)}\n\`\`\``,
    said.map(line => `- ${line}`).join('\n'),
    [
      `| ${HEADS.join(' | ')} |`,
      '|---|---|---:|---:|---:|---:|---|',
      ...figures.map(row => `| ${row.join(' | ')} |`),
    ].join('\n'),
  ].join('\n\n')
}

const folder = join(__dirname, '../../docs/benchmarks')
const sections = readdirSync(folder)
  .filter(file => file.endsWith('.json'))
  .map(file => [file.replace('.json', ''), JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result] as const)
  .flatMap(([name, result]) => {
    if (result.batch !== undefined) return [section(name, result)]
    if ('steps' in result) return [memorySection(name, result as unknown as Memory)]
    if ('stages' in result) return [kitSection(name, result as unknown as Found)]
    return 'results' in result && / --joint /.test(result.command)
      ? [jointSection(name, result as unknown as Joint)]
      : []
  })
writeFileSync(
  join(folder, 'README.md'),
  `${[
    '# What was measured',
    'Medians and least times of one run each, by `cstransformer bench`, and on WebGPU by `spec/bench/webgpu-peers`, all of a table in turns. `faster` compares with the last row, by medians and, in brackets, by least times. Losses are those of the first three runs. Memory is the most that a process had held until then; all of ours share one process. Making clips of videos is in [video.json](video.json).',
    ...sections,
  ].join('\n\n')}\n`,
)
