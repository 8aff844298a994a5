/** What running a plan takes. */
import { BYTES } from '../../../transforms'
import type { GraphMemory } from '../../engine'
import type { Plan } from './plan'

/** Bytes of a step, its kernel among them: not measured, but as many as the engine onnx takes for a node. */
const STEP = 16_000

/** Bytes of arrays together. */
export const bytesOf = (sizes: readonly number[], arrays: Iterable<number>): number =>
  BYTES.float32 * [...arrays].reduce((sum, a) => sum + sizes[a]!, 0)

/** The memory of a plan: arrays are kept from the step that writes them to the one after which they are freed. */
export const planMemory = ({ steps, sizes, constants }: Plan): GraphMemory => {
  let [now, values] = [0, 0]
  for (const { writes, frees } of steps) {
    now += bytesOf(sizes, [writes])
    values = Math.max(values, now)
    now -= bytesOf(sizes, frees)
  }
  return { values, program: STEP * steps.length + bytesOf(sizes, constants.keys()) }
}
