import { count, optional, record, strict, tensor } from '../tensor/given'
import { config, engine, parameters } from './kinds'
import { type Tensor } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import { logitsOf, type NetworkConfig } from '../systems/network'
import { concatAll, slice } from '../primitives'
import { leaves, trace } from '../trace'
import { withAttention, withoutDeadWork } from '../transforms'
import type { Cut } from './cut'

/** A network with its parameters on an engine, ready for any number of clips. */
export interface Classifier {
  /** The logits of the first `count` clips of X `[N, C, T, H, W]`, or of all of them. */
  readonly logits: (X: Tensor, count?: number) => Promise<Tensor<['N', 'K']>>
  /** Gives the parameters' memory back. */
  readonly release: () => void
}

/** What uploads any parameters of a network, its graphs compiled once.
 *  @param like parameters whose shapes the graphs are compiled for
 *  @param size clips in a batch
 *  @param cut where the network is cut, if it is given features of clips */
export const classifiers = strict(
  'classifiers',
  { engine, config, like: parameters, size: count, cut: optional(record) },
  <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    like: Parameters,
    size: number,
    cut?: Cut,
  ): ((parameters: Parameters) => Classifier) => {
    const whole = (p: Parameters, x: Tensor): Tensor => (cut ? cut.logits(p, x) : logitsOf(config, p, x))
    const f = withoutDeadWork(withAttention(whole, engine.attention))
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
 *  @param size clips in a batch */
export const predictor = strict(
  'predictor',
  { engine, config, like: parameters, size: count },
  <H>(engine: Engine<H>, config: NetworkConfig, like: Parameters, size: number): Predict => {
    const load = classifiers(engine, config, like, size)
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
 *  @param size clips in a batch */
export const predict = strict(
  'predict',
  { engine, config, parameters, X: tensor, size: count },
  <H>(
    engine: Engine<H>,
    config: NetworkConfig,
    parameters: Parameters,
    X: Tensor,
    size: number,
  ): Promise<Tensor<['N', 'K']>> => predictor(engine, config, parameters, size)(parameters, X),
)
