/** `cstransformer bench --joint`: ViViT's joint space-time attention with CSSA, all tokens of a clip at once, with attention that
 *  keeps no scores beside attention that does. */
import { median } from '../../ablation'
import { type Engine } from '../../engines'
import type { Config } from '../../paper'
import { makeInitial, viViT, type ViViTConfig, type ViViTParameters, viViTParameters } from '../../systems'
import { flat, full, randomStream, type Tensor, truncatedNormal } from '../../tensor'
import { leaves, mapTree, trace } from '../../trace'
import { crossEntropy } from '../../training'
import { valueAndGrad, withAttention } from '../../transforms'
import { scale, sub } from '../../primitives'
import { attentions } from '../flags/attention'
import { bytesText } from '../flags/bytes'
import { openEngine } from '../flags/engine'
import { checkWritable } from '../../disk'
import { counted, fixed, grouped, table } from '../../format/text'
import { rest, saveFigures } from './measured'
import { type What, WHAT } from './contender'

const WAYS = ['plain', 'fused'] as const
const TUBELET = 2
const RATE = 0.01

interface Flags {
  /** Frames of the clips. */
  readonly joint: readonly number[]
  readonly engine: string
  readonly mode?: string
  readonly rounds: number
  readonly what: What | 'both'
  readonly json?: string
}

/** What one way took. */
interface Figure {
  readonly attention: (typeof WAYS)[number]
  readonly frames: number
  readonly tokens: number
  readonly what: What
  /** Bytes of values at the moment at which they are most, counted from shapes. */
  readonly bytes: number
  /** Bytes that the engine's memory had grown to, where it has one; none where it did not run. */
  readonly taken?: number | undefined
  readonly ms: readonly number[]
  /** The loss of the first run. */
  readonly loss?: number | undefined
  /** Why it did not run. */
  readonly left?: string
}

const configFor = ({ channels, height, width, patch, dim, heads, ratioSTB, STB, classes }: Config, frames: number) =>
  ({
    ...{ model: 1, channels, frames, tubelet: TUBELET, height, width, patch, dim, heads, ratio: ratioSTB },
    ...{ blocks: STB, temporalBlocks: 0, classes, cssa: true, fam: false },
  }) satisfies ViViTConfig

/** A forward pass, or a step of gradient descent, with its loss first. */
const functionOf = (config: ViViTConfig, what: What, attention: (typeof WAYS)[number]) => {
  const plain = (p: ViViTParameters, X: Tensor, labels: Tensor): Tensor<[]> => crossEntropy(viViT(config, p, X), labels)
  const loss = withAttention(plain, attentions[attention])
  return (p: ViViTParameters, X: Tensor, labels: Tensor): unknown => {
    if (what === 'forward') return loss(p, X, labels)
    const { value, gradient } = valueAndGrad((q: ViViTParameters) => loss(q, X, labels))(p)
    return [value, mapTree((w, [g]) => sub(w, scale(g!, RATE)), p, gradient)]
  }
}

/** One way on an engine of its own, so that what its memory grows to is what this way takes. */
const contender = async (
  engine: Engine,
  config: ViViTConfig,
  p: ViViTParameters,
  what: What,
  attention: Figure['attention'],
) => {
  const { channels, frames, height, width, patch } = config
  const X = truncatedNormal(randomStream(1, 'clips'), [1, channels, frames, height, width], 1, 'float32')
  const given = [p, X, full(0, [1])] as const
  const { graph } = trace(functionOf(config, what, attention), ...given)
  const { values } = engine.memory(graph)
  const tokens = 1 + (frames / TUBELET) * (height / patch) * (width / patch)
  const [inputs, ms] = [leaves(given), [] as number[]]
  const held = 4 * inputs.reduce((sum, x) => sum + flat(x).length, 0)
  const { holds } = engine
  const most = Math.min(typeof holds === 'object' ? holds.most : Infinity, process.availableMemory())
  const left = values + held > most ? `needs ${bytesText(values + held)}, of ${bytesText(most)}` : undefined
  const found = { attention, frames, tokens, what, bytes: values, ms }
  if (left !== undefined) return { round: async () => undefined, figure: (): Figure => ({ ...found, left }) }
  const run = await engine.compile(graph)
  const handles = inputs.map(engine.upload)
  let loss: number | undefined
  const round = async (when: 'warm' | 'timed'): Promise<void> => {
    await rest()
    const begun = performance.now()
    const made = await run(handles)
    const first = flat(await engine.download(made[0]))[0]!
    if (when === 'timed') ms.push(performance.now() - begun)
    loss ??= first
    engine.release(made)
  }
  return { round, figure: (): Figure => ({ ...found, taken: engine.allocated?.(), loss }) }
}

/** Times both ways in turn, for clips of all numbers of frames. */
export const benchJoint = async (
  of: Config,
  { joint, engine: name, mode, rounds, json, ...flags }: Flags,
  argv: readonly string[],
  print: (text: string) => void,
): Promise<void> => {
  if (json !== undefined) checkWritable(json)
  const figures: Figure[] = []
  for (const frames of joint)
    for (const what of flags.what === 'both' ? WHAT : [flags.what]) {
      const config = configFor(of, frames)
      const p = viViTParameters(config, makeInitial(1, { alpha: 0.1 }))
      const engines: Engine[] = []
      try {
        const both: Awaited<ReturnType<typeof contender>>[] = []
        for (const attention of WAYS) {
          const engine = await openEngine(name, mode)
          engines.push(engine)
          both.push(await contender(engine, config, p, what, attention))
        }
        for (let round = 0; round <= rounds; round++)
          for (const { round: turn } of both) await turn(round === 0 ? 'warm' : 'timed')
        figures.push(...both.map(c => c.figure()))
        if (figures.length === WAYS.length)
          print(`${engines[0]!.description}: ${counted(of.STB, 'block', 'blocks')} of C' ${of.dim}, ${of.heads} heads`)
        print(`\n${tableOf(figures.slice(-WAYS.length))}`)
      } finally {
        for (const engine of engines) await engine.close()
      }
    }
  saveFigures(json, argv, { rounds, results: figures })
}

/** A row for each way. */
const tableOf = (figures: readonly Figure[]): string => {
  const [{ frames, tokens, what }] = figures as [Figure]
  const bytes = (n: number | undefined): string => (n === undefined ? '·' : bytesText(n))
  const rows = figures.map(({ attention, bytes: values, taken, ms, loss, left }) => [
    attention,
    bytes(values),
    ...(left === undefined
      ? [bytes(taken), fixed(median(ms), 1), fixed(Math.min(...ms), 1), loss!.toFixed(6)]
      : [left, '·', '·', '·']),
  ])
  const title = `${what}, ${frames} frames: ${grouped(tokens)} tokens`
  return table([title, 'values, counted', "the engine's memory", 'median ms', 'least ms', 'loss'], rows)
}
