/** Engines that know what is held of them. */
import type { Engine } from '../../lib/engines'

export interface Counting {
  /** It computes what the engine does, and throws where a tensor is used or released after it was released. */
  readonly engine: Engine<object>
  /** How many of its tensors are held: uploaded or computed, and not released. */
  readonly held: () => number
}

export const counting = <H>(engine: Engine<H>): Counting => {
  const there = new Map<object, H>()
  const hold = (own: H): object => {
    const handle = {}
    there.set(handle, own)
    return handle
  }
  const of = (handle: object): H => {
    if (!there.has(handle)) throw new Error('a tensor is used after it was released')
    return there.get(handle)!
  }
  const taken = (handle: object): H => {
    const own = of(handle)
    there.delete(handle)
    return own
  }
  return {
    engine: {
      ...engine,
      upload: x => hold(engine.upload(x)),
      download: async handle => engine.download(of(handle)),
      compile: async graph => {
        const run = await engine.compile(graph)
        return async handles => (await run(handles.map(of))).map(hold)
      },
      release: handles => engine.release(handles.map(taken)),
    },
    held: () => there.size,
  }
}
