/** The four systems of Tables 3 and 4 in one unit, counted from the traces of their equations. */
import type { Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { abstract } from '../trace'
import { cost, withoutDeadWork } from '../transforms'
import { configure } from '../paper'
import { type SystemConfig, systemVariants } from './config'
import { costOf, neededFlops } from './costs'
import { abstractNetwork, logitsOf } from './network'

/** A row of Tables 3 and 4. */
export interface Compared {
  readonly label: string
  readonly views: string
  /** Multiply-adds of the products of all views. */
  readonly multiplyAdds: number
  /** The operations that they are: two each. */
  readonly operations: number
  /** Those of them that a logit depends on. */
  readonly needed: number
  /** What the paper prints, "FLOPs". */
  readonly paper: number
  /** Which of the two is nearer to it. */
  readonly unit: 'multiply-adds' | 'operations'
}

interface Counted {
  readonly operations: number
  readonly needed: number
}
/** The operations of one clip, from shapes alone. */
const counted = (config: SystemConfig): Counted => {
  const clip = abstract([1, config.channels, config.frames, config.height, config.width], 'float32')
  const parameters = abstractNetwork(config)
  const f = (p: typeof parameters, X: typeof clip): Tensor => logitsOf(config, p, X)
  const products = (g: typeof f): number => cost(g, parameters, clip).flops.products
  return { operations: products(f), needed: products(withoutDeadWork(f)) }
}

const row = (label: string, [clips, crops]: readonly [number, number], one: Counted, paper: number): Compared => {
  const [operations, needed] = [clips * crops * one.operations, clips * crops * one.needed]
  const off = (n: number): number => Math.abs(Math.log(n / paper))
  const multiplyAdds = operations / 2
  const unit = off(multiplyAdds) < off(operations) ? 'multiply-adds' : 'operations'
  const views = clips * crops === 1 ? 'whole' : `${clips}×${crops}`
  return { label, views, multiplyAdds, operations, needed, paper, unit }
}

/** The cost columns of Tables 3 and 4, beside what the systems' equations count. VTN's printed figure is one pass over a whole
 *  video, and is compared with one. */
export const comparedSystems = strict('comparedSystems', (): readonly Compared[] => {
  const long = configure({ frames: 32 })
  const ours = { operations: costOf(long).flops.products, needed: neededFlops(long) }
  return [
    row('ViT-B-VTN, 250 frames', [1, 1], counted(systemVariants['ViT-B-VTN']), 4.2e12),
    row('TimeSformer-L', [1, 3], counted(systemVariants['TimeSformer-L']), 7.1e12),
    row('ViT-L-ViViT, 320', [4, 3], counted(systemVariants['ViViT-L/16x2 320']), 47.9e12),
    row('CSTransformer-V2, 32 frames', [1, 3], ours, 4.1e12),
    row('CSTransformer-V2, 32 frames', [4, 3], ours, 16.4e12),
  ]
})
