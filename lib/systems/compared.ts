/** The four systems of Tables 3 and 4 in one unit, counted from the traces of their equations. */
import { strict } from '../tensor/given'
import { configure } from '../paper'
import { systemVariants } from './config'
import { costOf, neededFlops } from './costs'
import type { NetworkConfig } from './network'

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
const counted = (config: NetworkConfig): Counted => ({
  operations: costOf(config).flops.products,
  needed: neededFlops(config),
})

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
  const ours = counted(configure({ frames: 32 }))
  return [
    row('ViT-B-VTN, 250 frames', [1, 1], counted(systemVariants['ViT-B-VTN']), 4.2e12),
    row('TimeSformer-L', [1, 3], counted(systemVariants['TimeSformer-L']), 7.1e12),
    row('ViT-L-ViViT, 320', [4, 3], counted(systemVariants['ViViT-L/16x2 320']), 47.9e12),
    row('CSTransformer-V2, 32 frames', [1, 3], ours, 4.1e12),
    row('CSTransformer-V2, 32 frames', [4, 3], ours, 16.4e12),
  ]
})
