/** What running a plan takes. */
import { BYTES } from '../../../transforms'
import type { GraphMemory } from '../../engine'
import type { Plan } from './plan'

/** Bytes of a step, its kernel among them: not measured, but as many as the engine onnx takes for a node. */
const STEP = 16_000

/** The memory of a plan: arrays are kept from the step that writes them to the one after which they are freed. */
export const planMemory = ({ steps, sizes, constants }: Plan): GraphMemory => {
  const bytes = (arrays: Iterable<number>): number => BYTES.float32 * [...arrays].reduce((sum, a) => sum + sizes[a]!, 0)
  let [now, values] = [0, 0]
  for (const { writes, frees } of steps) {
    now += bytes([writes])
    values = Math.max(values, now)
    now -= bytes(frees)
  }
  return { values, program: STEP * steps.length + bytes(constants.keys()) }
}
