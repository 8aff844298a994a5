import type { Tensor } from '../tensor'
import type { Engine } from '../engines'
import { type Config, network, type Parameters } from '../paper'
import { concatAll, slice } from '../primitives'
import { leaves, trace } from '../trace'
import { withoutDeadWork } from '../transforms'

/** The logits of any number of clips, some at a time on an engine.
 *  @param X `[N, C, T, H, W]` clips
 *  @param size clips in a batch */
export const predict = async <H>(
  engine: Engine<H>,
  config: Config,
  parameters: Parameters,
  X: Tensor,
  size: number,
): Promise<Tensor<['N', 'K']>> => {
  const uploaded = leaves(parameters).map(engine.upload)
  const f = withoutDeadWork((p: Parameters, x: Tensor) => network(config, p, x))
  const compile = (clips: Tensor) => engine.compile(trace(f, parameters, clips).graph)
  // One graph for the full batches, and one for what is left.
  const graphs = new Map<number, ReturnType<typeof compile>>()
  const parts: Tensor[] = []
  for (let from = 0; from < X.shape[0]!; from += size) {
    const clips = slice(X, 0, from, Math.min(from + size, X.shape[0]!))
    const count = clips.shape[0]!
    const graph = graphs.get(count) ?? compile(clips)
    graphs.set(count, graph)
    const handle = engine.upload(clips)
    const [logits] = await (await graph)([...uploaded, handle])
    parts.push(await engine.download(logits!))
    engine.release([handle, logits!])
  }
  engine.release(uploaded)
  return concatAll(0, parts)
}
