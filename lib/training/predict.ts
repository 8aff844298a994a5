import { count, func, optional, recordOf, strict, tensor } from '../tensor/given'
import { config, engine, parameters } from './kinds'
import { type Tensor } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { concatAll, slice } from '../primitives'
import { leaves, trace } from '../trace'
import { withAttention, withoutDeadWork } from '../transforms'
import type { Cut } from './cut'
import { type Batch, type Logits, paperLogits } from './step'

/** A network with its parameters on an engine, ready for any number of clips. */
export interface Classifier {
  /** The logits of the first `count` clips of X `[N, C, T, H, W]`, or of all of them. */
  readonly logits: (X: Tensor, count?: number) => Promise<Tensor<['N', 'K']>>
  /** Gives the parameters' memory back. */
  readonly release: () => void
}

/** What is predicted by, where it is not CSTransformer of clips. */
interface Other {
  readonly cut?: Cut | undefined
  readonly logits?: Logits | undefined
}
type Clips = Batch['X']

/** What uploads any parameters of a network, its graphs compiled once.
 *  @param like parameters whose shapes the graphs are compiled for
 *  @param size clips in a batch
 *  @param other where the network is cut, if it is given features of clips, and what makes the logits of another system than
 *  CSTransformer (`logitsBy`) */
export const classifiers = strict(
  'classifiers',
  { engine, config, like: parameters, size: count, other: optional(recordOf({ logits: optional(func) })) },
  <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    like: Parameters,
    size: number,
    { cut, logits: whole = cut?.logits ?? paperLogits(config) }: Other = {},
  ): ((parameters: Parameters) => Classifier) => {
    const f = withoutDeadWork(withAttention((p: Parameters, x: Tensor) => whole(p, x as Clips), engine.attention))
    const read = (parameters: Parameters): Parameters => (cut ? cut.read.logits(parameters) : parameters)
    const compile = (clips: Tensor) => engine.compile(trace(f, read(like), clips).graph)
    // One graph for the full batches, and one for what is left.
    const graphs = new Map<number, ReturnType<typeof compile>>()
    return parameters => {
      const uploaded = leaves(read(parameters)).map(engine.upload)
      const logits = async (X: Tensor, count = X.shape[0]!): Promise<Tensor<['N', 'K']>> => {
        const parts: Tensor[] = []
        for (let from = 0; from < count; from += size) {
          const clips = slice(X, 0, from, Math.min(from + size, count))
          const graph = graphs.get(clips.shape[0]!) ?? compile(clips)
          graphs.set(clips.shape[0]!, graph)
          const handle = engine.upload(clips)
          const [made] = await (await graph)([...uploaded, handle])
          parts.push(await engine.download(made!))
          engine.release([handle, made!])
        }
        return concatAll(0, parts)
      }
      return { logits, release: () => engine.release(uploaded) }
    }
  },
)

/** The logits of the first `count` clips of X `[N, C, T, H, W]`, or of all of them. */
export type Predict = (parameters: Parameters, X: Tensor, count?: number) => Promise<Tensor<['N', 'K']>>

/** Predicts with any parameters of a network, its graphs compiled once.
 *  @param like parameters whose shapes the graphs are compiled for
 *  @param size clips in a batch
 *  @param logits what makes those of another system than CSTransformer (`logitsBy`) */
export const predictor = strict(
  'predictor',
  { engine, config, like: parameters, size: count, logits: optional(func) },
  <H>(engine: Engine<H>, config: NetworkConfig, like: Parameters, size: number, logits?: Logits): Predict => {
    const load = classifiers(engine, config, like, size, { logits })
    return async (parameters, X, count) => {
      const { logits, release } = load(parameters)
      try {
        return await logits(X, count)
      } finally {
        release()
      }
    }
  },
)

/** The logits of any number of clips, some at a time on an engine.
 *  @param X `[N, C, T, H, W]` clips
 *  @param size clips in a batch
 *  @param logits what makes those of another system than CSTransformer (`logitsBy`) */
export const predict = strict(
  'predict',
  { engine, config, parameters, X: tensor, size: count, logits: optional(func) },
  <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    parameters: Parameters,
    X: Tensor,
    size: number,
    logits?: Logits,
  ): Promise<Tensor<['N', 'K']>> => predictor(engine, config, parameters, size, logits)(parameters, X),
)
