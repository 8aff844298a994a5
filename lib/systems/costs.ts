/** The paper's figures of cost, and the same counted from the trace of its equations. */
import type { Tensor } from '../tensor'
import { abstract } from '../trace'
import { type Config, configure, variants } from '../paper'
import { type Cost, cost, withoutDeadWork } from '../transforms'
import { abstractNetwork, logitsOf, type NetworkConfig, type NetworkParameters } from './network'

/** Whether operations count that no logit depends on (decision D6). */
export type DeadWork = 'counted' | 'left out'

/** A network as a function of its parameters and of one clip, and the shapes of both: what is traced to count it. */
export const onOneClip = (config: NetworkConfig, deadWork: DeadWork) => {
  const { channels, frames, height, width } = config
  const f = (parameters: NetworkParameters, X: Tensor): Tensor => logitsOf(config, parameters, X)
  const clip: Tensor = abstract([1, channels, frames, height, width])
  return [deadWork === 'counted' ? f : withoutDeadWork(f), abstractNetwork(config), clip] as const
}

/** The cost of one view of one clip, from shapes alone. */
export const costOf = (config: NetworkConfig, deadWork: DeadWork = 'counted'): Cost =>
  cost(...onOneClip(config, deadWork))

/** The operations of matrix products that a logit depends on. */
export const neededFlops = (config: NetworkConfig): number => costOf(config, 'left out').flops.products

export interface Row {
  readonly label: string
  readonly config: Config
  /** Clips × crops that a prediction is averaged over. */
  readonly views: readonly [clips: number, crops: number]
  /** The operations that the paper prints for all views; none for Table 1c. */
  readonly paper?: number
}
export interface Figures {
  readonly table: string
  readonly title: string
  readonly unit: 'GFLOPs' | 'TFLOPs'
  readonly rows: readonly Row[]
}

const one = [1, 1] as const
const { V1, V2, V3 } = variants
const long = configure({ frames: 32 })

/** Tables 1a, 1c, 1d, 3 and 4. Table 1c has no figures: its costs are ours alone. */
export const paperTables: readonly Figures[] = [
  {
    table: 'Table 1a',
    title: 'variants, 8 frames',
    unit: 'GFLOPs',
    rows: [
      { label: 'V1: 10 STB, 10 TTB', config: V1, views: one, paper: 345.2e9 },
      { label: 'V2: 12 STB, 6 TTB', config: V2, views: one, paper: 339.6e9 },
      { label: 'V3: 12 STB, 8 TTB', config: V3, views: one, paper: 365.6e9 },
    ],
  },
  {
    table: 'Table 1c',
    title: 'clip lengths, V2 (no figures in the paper)',
    unit: 'GFLOPs',
    rows: [8, 16, 32].map(frames => ({ label: `${frames} frames`, config: configure({ frames }), views: one })),
  },
  {
    table: 'Table 1d',
    title: 'MLP of the TTB, V2, 8 frames',
    unit: 'GFLOPs',
    rows: [
      { label: 'ratio 1', config: V2, views: one, paper: 339.6e9 },
      { label: 'ratio 2', config: configure({ ratioTTB: 2 }), views: one, paper: 359.9e9 },
      { label: 'ratio 4', config: configure({ ratioTTB: 4 }), views: one, paper: 400.7e9 },
    ],
  },
  {
    table: 'Tables 3 and 4',
    title: 'inference, V2, 32 frames, all views together',
    unit: 'TFLOPs',
    rows: [
      { label: '1×3 views', config: long, views: [1, 3], paper: 4.1e12 },
      { label: '4×3 views', config: long, views: [4, 3], paper: 16.4e12 },
    ],
  },
]

/** What Table 1a implies of its blocks, GFLOPs, were all STBs equal and all TTBs equal: three equations,
 *  V = STB·s + TTB·t + rest, for the three unknowns. */
export const impliedByTable1a = (figures: readonly [V1: number, V2: number, V3: number]) => {
  const [v1, v2, v3] = figures
  const t = (v3 - v2) / 2 // two TTBs more
  const s = (v2 - v1 + 4 * t) / 2 // two STBs more, four TTBs less
  return { STB: s, TTB: t, rest: v1 - 10 * s - 10 * t }
}
