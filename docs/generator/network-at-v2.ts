/** What the equations meet in CSTransformer-V2 (Table 5) on one clip: sizes, operations, parameters. */
import {
  abstract,
  abstractParameters,
  cost,
  type Cost,
  network,
  type Parameters,
  type Tensor,
  variants,
} from '../../lib'
import { type Call, callsIn } from '../../lib/trace'

const { V2 } = variants
const clip: Tensor = abstract([1, V2.channels, V2.frames, V2.height, V2.width])

export interface AtV2 {
  readonly calls: readonly Call[]
  readonly cost: Cost
}

/** From a trace: nothing is computed. */
export const atV2 = (): AtV2 => {
  let found: Cost | undefined
  const calls = callsIn(() => {
    found = cost((p: Parameters, X: Tensor) => network(V2, p, X), abstractParameters(V2), clip)
  })
  return { calls, cost: found! }
}

/** FLOPs to be read: 348.2 GFLOPs, 5.3 MFLOPs, 800 FLOPs. */
export const showFlops = (n: number): string =>
  n >= 1e9 ? `${(n / 1e9).toFixed(1)} GFLOPs` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MFLOPs` : `${showCount(n)} FLOPs`
export const showCount = (n: number): string => n.toLocaleString('en-US')
