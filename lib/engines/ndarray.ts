/** The reference engine: every node runs its primitive's reference on ndarrays, in order. */
import type { Tensor } from '../tensor'
import { lastUses } from '../trace'
import { peakBytes } from '../transforms'
import { checkInputs, type Engine } from './engine'

/** Milliseconds after which others have their turn: signals are heard, and timers go off, also within a long graph. */
const SLICE = 100

const othersTurn = (): Promise<void> =>
  new Promise(done => (typeof setImmediate === 'function' ? setImmediate(done) : setTimeout(done)))

/** Runs graphs on ndarrays in this thread, in the graph's own element type; a value is dropped after its last use. */
export const ndarrayEngine: Engine<Tensor> = {
  name: 'ndarray',
  description: 'ndarray, the reference, on one thread',
  dtypes: ['float32', 'float64'],
  compile: async graph => {
    const last = lastUses(graph)
    return async inputs => {
      checkInputs(graph, inputs)
      let next = 0
      const values: (Tensor | undefined)[] = []
      let since = performance.now()
      for (const [i, n] of graph.nodes.entries()) {
        if (performance.now() - since > SLICE) {
          await othersTurn()
          since = performance.now()
        }
        if (n.kind === 'input') values[i] = inputs[next++]!
        else if (n.kind === 'constant') values[i] = n.value
        else {
          values[i] = n.primitive.reference(n.params, ...n.operands.map(j => values[j]!))
          for (const j of n.operands) if (last[j] === i) values[j] = undefined
        }
      }
      return graph.outputs.map(o => values[o]!)
    }
  },
  memory: graph => ({ values: peakBytes(graph), program: 0 }),
  holds: 'process',
  upload: x => x,
  download: async handle => handle,
  release: () => undefined,
  close: async () => undefined,
}
