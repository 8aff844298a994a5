/** What every engine does: it turns a graph into a function whose tensors stay where the engine keeps them. */
import type { DType, Tensor } from '../tensor'
import type { Graph } from '../trace'

/** A compiled graph: handles of its inputs in, handles of its outputs out. */
export type Executable<H> = (inputs: readonly H[]) => Promise<readonly H[]>

/** `H` is the engine's handle of a tensor: an ndarray, a texture, a buffer on a device. */
export interface Engine<H = unknown> {
  readonly name: string
  /** What runs, for people: backend, device, threads. */
  readonly description: string
  readonly dtypes: readonly DType[]
  readonly compile: (graph: Graph) => Promise<Executable<H>>
  readonly upload: (x: Tensor) => H
  readonly download: (handle: H) => Promise<Tensor>
  /** Gives a handle's memory back. Handles are used no more afterwards. */
  readonly release: (handles: readonly H[]) => void
  readonly close: () => Promise<void>
}
