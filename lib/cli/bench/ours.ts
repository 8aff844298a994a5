/** This library in a benchmark. */
import { flat, full, type Tensor } from '../../tensor'
import { encodeModel, type Engine, onnxModel } from '../../engines'
import type { Config, Parameters } from '../../paper'
import { type Graph, leaves, trace } from '../../trace'
import { type Batch, lossOf, type Sgd, sgd, trainingStep } from '../../training'
import { withAttention, withoutDeadWork } from '../../transforms'
import { type Contender, peakMiB, type What } from './contender'
import { fixed } from '../../format/text'

export interface Case {
  readonly config: Config
  readonly parameters: Parameters
  readonly batch: Batch
  /** SGD; `parts` are those in which a peer that can does a step. */
  readonly train: Sgd & { readonly rate: number; readonly parts?: number }
  readonly what: readonly What[]
}

const timed = async <T>(f: () => T | Promise<T>): Promise<[T, number]> => {
  const begun = performance.now()
  const made = await f()
  return [made, performance.now() - begun]
}
const seconds = (ms: number): string => `${fixed(ms / 1000, 2)} s`

/** Compiles a graph, and says how long each stage took. */
const compiled = async (engine: Engine, what: What, record: () => Graph, say: (text: string) => void) => {
  const [graph, tracing] = await timed(record)
  const traced = `${what}: ${what === 'step' ? 'traced and differentiated' : 'traced'} in ${seconds(tracing)}`
  if (engine.name !== 'onnx') {
    const [run, compiling] = await timed(async () => engine.compile(graph))
    say(`${traced}, compiled in ${seconds(compiling)}`)
    return run
  }
  // The model is made once more, to tell its time from the session's.
  const [, emitting] = await timed(() => encodeModel(onnxModel(graph)))
  const [run, compiling] = await timed(async () => engine.compile(graph))
  say(`${traced}, emitted in ${seconds(emitting)}, session in ${seconds(Math.max(compiling - emitting, 0))}`)
  return run
}

/** Ours on an engine; parameters and momenta stay there. `say` gets how long each stage took until it was ready. */
export const ours = async (
  engine: Engine,
  { config, parameters, batch, train, what }: Case,
  deadWork: 'kept' | 'left out',
  say: (text: string) => void,
): Promise<Contender> => {
  const optimizer = sgd(train)
  const state = { parameters, optimizer: optimizer.start(parameters) }
  const whole = trainingStep(config, optimizer, undefined, { deadWork, attention: engine.attention })
  const step = (s: typeof state, b: Batch, rate: Tensor<[]>) => {
    const { state: next, loss } = whole(s, b, rate)
    return { next, loss }
  }
  const loss = withAttention((p: Parameters, b: Batch) => lossOf(config, p, b).loss as Tensor, engine.attention)
  const rate = full(train.rate, [])
  const record: Record<What, () => Graph> = {
    forward: () => trace(deadWork === 'kept' ? loss : withoutDeadWork(loss), parameters, batch).graph,
    step: () => trace(step, state, batch, rate).graph,
  }
  const name = `ours on ${engine.name}${deadWork === 'kept' ? '' : ', dead work left out'}`
  const run = new Map<What, Awaited<ReturnType<Engine['compile']>>>()
  for (const w of what) run.set(w, await compiled(engine, w, record[w], text => say(`${name}: ${text}`)))

  const given = leaves(batch).map(engine.upload)
  const rates = [engine.upload(rate)]
  const first = leaves(parameters).map(engine.upload)
  let handles = what.includes('step') ? leaves(state).map(engine.upload) : []
  const once: Record<What, () => Promise<unknown>> = {
    forward: async () => (await run.get('forward')!([...first, ...given]))[0]!,
    step: async () => {
      const made = await run.get('step')!([...handles, ...given, ...rates])
      engine.release(handles)
      handles = made.slice(0, handles.length)
      return made.at(-1)!
    },
  }
  const lossOn = async (handle: unknown): Promise<number> => {
    const found = await engine.download(handle)
    engine.release([handle])
    return flat(found)[0]!
  }
  return {
    name,
    what,
    run: async (w, count) => {
      const [ms, losses]: [number[], number[]] = [[], []]
      for (let i = 0; i < count; i++) {
        const start = performance.now()
        losses.push(await lossOn(await once[w]()))
        ms.push(performance.now() - start)
      }
      return { ms, losses, peakMiB: peakMiB(), figures: run.get(w)!.figures?.() }
    },
    close: async () => undefined,
  }
}
