/** A reader of features in the place of one of clips: what is made of a clip by frozen parameters is made once. */
import { flat, type Tensor } from '../tensor'
import type { Engine, Executable } from '../engines'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { entries, leaves, trace } from '../trace'
import { withAttention } from '../transforms'
import type { ClipRequest } from '../video'
import type { ClipReader, ClipResult } from '../video/node'
import type { Cut } from './cut'
import { type FeatureCache, type Features, hashOf } from './feature-cache'
import { together } from './video-scores'

/** Clips that are looked up together, so that those of them which have to be decoded are decoded side by side. */
const TOGETHER = 16

export interface FeatureSource<H> {
  readonly engine: Engine<H>
  readonly cut: Cut
  readonly parameters: Parameters
  /** Where features are looked for, and kept. */
  readonly cache: FeatureCache
  /** What a video is made of: a hash. */
  readonly contentOf: (path: string) => string
}

/** What tells networks apart that make different features: the configuration, and all numbers of the frozen parameters. */
export const madeBy = (config: NetworkConfig, cut: Cut, parameters: Parameters): string =>
  hashOf(
    JSON.stringify([config, cut.numbers]),
    ...entries(cut.read.features(parameters)).flatMap(([path, x]) => [`${path} ${x.shape.join()}`, flat(x)]),
  )

/** What tells clips apart: the content of the video, and all that says what is shown of it. */
const keyOf = ({ path, ...view }: ClipRequest, contentOf: (path: string) => string): string =>
  `${contentOf(path)} ${JSON.stringify(view)}`

/** Reads features as `ClipReader` reads clips: those that are kept, and others by decoding and computing. It closes the reader
 *  that it reads clips with. */
export const featureReader = <H>(reader: ClipReader, source: FeatureSource<H>): ClipReader<Features> => {
  const { engine, cut, cache, contentOf } = source
  const parameters = cut.read.features(source.parameters)
  const graphs = new Map<number, Promise<Executable<H>>>()
  let held: readonly H[] | undefined
  const release = (): void => {
    if (held) engine.release(held)
    held = undefined
  }
  const compute = async (X: Tensor): Promise<Tensor> => {
    const V = X.shape[0]!
    const graph =
      graphs.get(V) ?? engine.compile(trace(withAttention(cut.features, engine.attention), parameters, X).graph)
    graphs.set(V, graph)
    const run = await graph
    held ??= leaves(parameters).map(engine.upload)
    const clips = engine.upload(X)
    const [made] = await run([...held, clips])
    const features = await engine.download(made!)
    engine.release([clips, made!])
    return features
  }
  const read = async function* (
    requests: Iterable<ClipRequest>,
  ): AsyncGenerator<ClipResult<Features>, void, undefined> {
    for (const some of inGroups(requests, TOGETHER)) {
      const found = some.map(request => ({ request, key: keyOf(request, contentOf) }))
      const kept = found.map(({ key }) => cache.get(key))
      const missing = reader.read(some.filter((_, i) => kept[i] === undefined))
      try {
        for (const [i, { request, key }] of found.entries()) {
          const there = kept[i]
          if (there) {
            yield { request, clip: there }
            continue
          }
          const result = (await missing.next()).value as ClipResult
          if ('problem' in result) {
            yield result
            continue
          }
          const { video, damaged } = result.clip
          const made = await compute(together([result.clip]))
          const data = Float32Array.from(flat(made))
          const clip: Features = { data, shape: made.shape as unknown as Features['shape'], video, damaged }
          cache.put(key, clip)
          yield { request, clip }
        }
      } finally {
        await missing.return()
      }
      if (kept.every(there => there !== undefined)) release()
    }
  }
  return {
    read,
    close: async () => {
      release()
      await reader.close()
    },
  }
}

/** Some at a time, taken no earlier than the ones before are done. */
function* inGroups<T>(all: Iterable<T>, size: number): Generator<readonly T[], void> {
  let group: T[] = []
  for (const one of all) {
    group.push(one)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
