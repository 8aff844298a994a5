/** The engines that every law is tried on. A new engine is one more line in `engines`. */
import { expect } from 'chai'
import { type Engine, ndarrayEngine, onnxEngine } from '../../lib/engines'
import { type DType, type Tensor } from '../../lib/tensor'
import { type Graph, type Node } from '../../lib/trace'

/** How far results may lie from the reference's: |y − r| ≤ tolerance · max(1, max |r|); 0 asks for the same bits. */
export type Tolerance = Readonly<Partial<Record<DType, number>>>

export interface EngineUnderTest {
  readonly name: string
  readonly tolerance: Tolerance
  /** Compiles a graph, to run it any number of times; every run asserts that it was this engine that computed. */
  readonly using: <R>(graph: Graph, use: (run: Run) => Promise<R>) => Promise<R>
  /** Compiles a graph and runs it once. */
  readonly run: (graph: Graph, inputs: readonly Tensor[]) => Promise<readonly Tensor[]>
}
type Run = (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>

/** The graph with every reference counted: it tells the engine that runs references from one that has kernels of its
 *  own, and would betray one of the latter that falls back. */
const counted = (graph: Graph): { graph: Graph; calls: () => number } => {
  let calls = 0
  const count = (n: Node): Node => {
    if (n.kind !== 'operation') return n
    const reference: typeof n.primitive.reference = (...args) => (calls++, n.primitive.reference(...args))
    return { ...n, primitive: { ...n.primitive, reference } }
  }
  return { graph: { ...graph, nodes: graph.nodes.map(count) }, calls: () => calls }
}

const underTest = <H>(
  name: string,
  opened: () => Promise<Engine<H>>,
  computesBy: 'references' | 'kernels',
  tolerance: Tolerance,
): EngineUnderTest => {
  const using = async <R>(graph: Graph, use: (run: Run) => Promise<R>): Promise<R> => {
    const spied = counted(graph)
    const operations = graph.nodes.filter(n => n.kind === 'operation').length
    const engine = await opened()
    try {
      const execute = await engine.compile(spied.graph)
      return await use(async inputs => {
        const before = spied.calls()
        const given = inputs.map(engine.upload)
        const made = await execute(given)
        const results = await Promise.all(made.map(engine.download))
        engine.release([...given, ...made])
        expect(spied.calls() - before, `references called under ${name}`).to.equal(
          computesBy === 'references' ? operations : 0,
        )
        return results
      })
    } finally {
      await engine.close()
    }
  }
  return { name, tolerance, using, run: (graph, inputs) => using(graph, run => run(inputs)) }
}

/** Every engine with the tolerance it is held to, by element type; the types it lacks are left out.
 *  ONNX Runtime's erf, exp and softmax are good to a few units in the last place of float32, and it has no erf in float64. */
export const engines: readonly EngineUnderTest[] = [
  underTest('ndarray', async () => ndarrayEngine, 'references', { float32: 0, float64: 0 }),
  underTest('onnx', () => onnxEngine({ threads: 1 }), 'kernels', { float32: 1e-5 }),
]
