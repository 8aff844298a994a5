/** What every engine does: it turns a graph into a function whose tensors stay where the engine keeps them. */
import { type DType, type Shape, ShapeError, type Tensor } from '../tensor'
import type { Graph, InputNode } from '../trace'
import type { Attention } from '../transforms'

/** A compiled graph: handles of its inputs in, handles of its outputs out. */
export interface Executable<H> {
  (inputs: readonly H[]): Promise<readonly H[]>
  /** What a run is made of, where the engine counts it. */
  readonly figures?: (() => RunFigures) | undefined
}
/** What a run is made of on a GPU. */
export interface RunFigures {
  readonly dispatches: number
  readonly submissions: number
  /** Bytes of the arrays that dispatches read and write. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes of what lives within a run alone, and the most of them that live at one time. */
  readonly arenaBytes: number
  readonly aliveBytes: number
  /** The least milliseconds that a run took before the device had all of it: in others, the machine did other things as well. */
  readonly hostMs: number
}

/** What a compiled graph takes beside the handles that it is given, in bytes: counted from shapes, with nothing allocated. */
export interface GraphMemory {
  /** Values, those that it makes among them, at the moment at which they are most. */
  readonly values: number
  /** Nodes, kernels and constants, from when it is compiled. */
  readonly program: number
}

/** `H` is the engine's handle of a tensor: an ndarray, a texture, a buffer on a device. */
export interface Engine<H = unknown> {
  readonly name: string
  /** What runs, for people: backend, device, threads. */
  readonly description: string
  /** Why it runs on nothing better, in as many words as there are: a compiler's, for one. */
  readonly passedOver?: readonly string[]
  readonly dtypes: readonly DType[]
  readonly compile: (graph: Graph) => Promise<Executable<H>>
  readonly memory: (graph: Graph) => GraphMemory
  /** Where handles and values are: in the process's memory; in a block of it that holds no more than so many bytes; or on a
   *  device, of which nobody tells how much is free. */
  readonly holds: 'process' | 'device' | { readonly most: number }
  /** Bytes that its own block of memory has grown to, where it has one. */
  readonly allocated?: (() => number) | undefined
  /** How attention is best computed here, or should be: as it stands where left out. Whoever traces a function for an engine asks. */
  readonly attention?: Attention | undefined
  readonly upload: (x: Tensor) => H
  readonly download: (handle: H) => Promise<Tensor>
  /** Gives a handle's memory back. Handles are used no more afterwards. */
  readonly release: (handles: readonly H[]) => void
  readonly close: () => Promise<void>
}

/** Compares what a compiled graph is given with what it was compiled for. Throws ShapeError that names the input, what
 *  was expected and what was found. */
export const checkInputs = (
  graph: Graph,
  given: readonly { readonly shape: Shape; readonly dtype: string }[],
): void => {
  const inputs = graph.nodes.filter((n): n is InputNode => n.kind === 'input')
  if (given.length !== inputs.length)
    throw new ShapeError(`the inputs of the graph must be ${inputs.length}, got ${given.length}`)
  inputs.forEach(({ name, shape }, i) => {
    const show = (dtype: string, sizes: Shape): string => `${dtype}[${sizes.join(', ')}]`
    const [expected, found] = [show(graph.dtype, shape), show(given[i]!.dtype, given[i]!.shape)]
    if (found !== expected) throw new ShapeError(`input ${name || i} of the graph must be ${expected}, got ${found}`)
  })
}
