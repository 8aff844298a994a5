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
import { abstractNetwork, logitsOf, systemVariants } from '../../lib/systems'
import { type Call, callsIn } from '../../lib/trace'

const { V2 } = variants
const clip: Tensor = abstract([1, V2.channels, V2.frames, V2.height, V2.width])

/** What the equations meet in a network. */
export interface AtV2 {
  /** What the network is called, and in the head of a table. */
  readonly name: string
  readonly short: string
  readonly calls: readonly Call[]
  readonly cost: Cost
}

/** From a trace: nothing is computed. */
export const atV2 = (): AtV2 => {
  let found: Cost | undefined
  const calls = callsIn(() => {
    found = cost((p: Parameters, X: Tensor) => network(V2, p, X), abstractParameters(V2), clip)
  })
  return { name: 'CSTransformer-V2', short: 'V2', calls, cost: found! }
}

/** The systems as they are published, from their traces. */
export const atSystems = (): readonly AtV2[] =>
  Object.entries(systemVariants).map(([name, config]) => {
    const X: Tensor = abstract([1, config.channels, config.frames, config.height, config.width])
    let found: Cost | undefined
    const parameters = abstractNetwork(config)
    const calls = callsIn(() => {
      found = cost((p: typeof parameters, x: Tensor) => logitsOf(config, p, x), parameters, X)
    })
    return { name, short: name, calls, cost: found! }
  })

/** FLOPs to be read: 348.2 GFLOPs, 5.3 MFLOPs, 800 FLOPs. */
export const showFlops = (n: number): string =>
  n >= 1e9 ? `${(n / 1e9).toFixed(1)} GFLOPs` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MFLOPs` : `${showCount(n)} FLOPs`
export const showCount = (n: number): string => n.toLocaleString('en-US')
