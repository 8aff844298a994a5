/** The engines that every law is tried on. A new engine is one more line in `engines`. */
import { expect } from 'chai'
import { type Engine, gpuEngine, type GpuMode, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { type DType, type Tensor } from '../../lib/tensor'
import { type Graph, type Primitive } from '../../lib/trace'
import { closeLater } from '../open'
import { noHeadlessGL, softwareAdapter, watched } from './gpu'

/** How far results may lie from the reference's: |y − r| ≤ tolerance · max(1, max |r|); 0 asks for the same bits. */
export type Tolerance = Readonly<Partial<Record<DType, number>>>

export interface EngineUnderTest {
  readonly name: string
  readonly tolerance: Tolerance
  /** Of the calls that a law is tried on, the share that is tried on this engine. */
  readonly share: number
  /** Why it cannot be tried here, where it cannot. */
  readonly skip?: string | undefined
  /** Why a case of the laws, or the network, cannot be tried on it in a type, where it cannot. */
  readonly lacks?: Lacks | undefined
  /** Compiles a graph, to run it any number of times; every run asserts that it was this engine that computed. */
  readonly using: <R>(graph: Graph, use: (run: Run) => Promise<R>) => Promise<R>
  /** Compiles a graph and runs it once. */
  readonly run: (graph: Graph, inputs: readonly Tensor[]) => Promise<readonly Tensor[]>
}
type Lacks = (title: string, dtype: DType) => string | undefined
type Run = (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>

/** The calls of references so far. They tell the engine that runs references from one that has kernels of its own, and would
 *  betray one of the latter that falls back. */
let calls = 0
const counted = new WeakSet<Primitive>()
/** Counts the references of a graph's primitives from now on. */
const count = (graph: Graph): void => {
  for (const n of graph.nodes) {
    if (n.kind !== 'operation' || counted.has(n.primitive)) continue
    const { primitive } = n
    const { reference } = primitive
    counted.add(primitive)
    Object.assign(primitive, { reference: (...args: Parameters<typeof reference>) => (calls++, reference(...args)) })
  }
}

interface Opening<H> {
  readonly open: () => Promise<Engine<H>>
  readonly computesBy: 'references' | 'kernels'
  readonly tolerance: Tolerance
  readonly share?: number
  readonly skip?: string | undefined
  readonly lacks?: Lacks
  /** Fails unless what it watches computed something meanwhile. */
  readonly watch?: <R>(compute: () => Promise<R>) => Promise<R>
}
/** An engine that is kept open is opened anew after so many graphs: what it compiled is then used again, but not for ever. */
const GRAPHS = 50

const underTest = <H>(name: string, opening: Opening<H>): EngineUnderTest => {
  const { open, computesBy, tolerance, share = 1, skip, lacks, watch = f => f() } = opening
  let kept: { readonly engine: Promise<Engine<H>>; graphs: number } | undefined
  const close = async (): Promise<void> => {
    const before = kept
    kept = undefined
    await (await before?.engine)?.close()
  }
  closeLater(close)
  const opened = async (): Promise<Engine<H>> => {
    if (kept && kept.graphs >= GRAPHS) await close()
    kept ??= { engine: open(), graphs: 0 }
    kept.graphs++
    return kept.engine
  }
  const using = async <R>(graph: Graph, use: (run: Run) => Promise<R>): Promise<R> => {
    count(graph)
    const operations = graph.nodes.filter(n => n.kind === 'operation').length
    const engine = await opened()
    const execute = await engine.compile(graph)
    return use(async inputs => {
      const before = calls
      const given = inputs.map(engine.upload)
      const made = await watch(() => execute(given))
      const results = await Promise.all(made.map(engine.download))
      engine.release([...given, ...made])
      expect(calls - before, `references called under ${name}`).to.equal(computesBy === 'references' ? operations : 0)
      return results
    })
  }
  const run = (graph: Graph, inputs: readonly Tensor[]) => using(graph, execute => execute(inputs))
  return { name, tolerance, share, skip, lacks, using, run }
}

/** gpu.js in a mode: it works in float32, and its exp, erf and square root are good to a few units in the last place. */
const gpu = (mode: GpuMode, share: number, skip?: string): EngineUnderTest =>
  underTest(`gpu, mode ${mode}`, {
    open: () => gpuEngine({ mode, software: true }),
    computesBy: 'kernels',
    tolerance: { float32: 1e-5 },
    share,
    skip,
    watch: watched(mode),
  })

/** Every engine with the tolerance it is held to, by element type; the types it lacks are left out.
 *  ONNX Runtime's erf, exp and softmax are good to a few units in the last place of float32; the ε of its layer norm is an
 *  attribute, which is of float32 in a graph of float64 too. */
const all: readonly EngineUnderTest[] = [
  underTest('ndarray', {
    open: async () => ndarrayEngine,
    computesBy: 'references',
    tolerance: { float32: 0, float64: 0 },
  }),
  underTest('onnx', {
    open: () => onnxEngine({ threads: 1 }),
    computesBy: 'kernels',
    tolerance: { float32: 1e-5, float64: 1e-10 },
    lacks: (title, dtype) =>
      dtype === 'float64' && /^(erf|gelu|MLP|network)\b|\bblock\b/.test(title)
        ? 'ONNX Runtime has no erf in float64'
        : undefined,
  }),
  gpu('cpu', 0.3),
  gpu('webasm', 0.5),
  gpu('webgpu', 0.05, softwareAdapter()),
  gpu('headlessgl', 0.1, noHeadlessGL()),
]

/** Where `ENGINES` names some, those alone: what is said of equations needs no second engine. */
const wanted = process.env['ENGINES']?.split(';')
export const engines = all.filter(({ name }) => wanted?.includes(name) ?? true)
