/** The four systems of Tables 3 and 4 in one unit, counted from the traces of their equations. */
import type { Tensor } from '../tensor'
import { abstract } from '../trace'
import { cost, withoutDeadWork } from '../transforms'
import { configure } from '../paper'
import { makeAbstract } from '../paper/parameters'
import { costOf, neededFlops } from './costs'
import { timeSformer, type TimeSformerConfig, timeSformerParameters } from './timesformer'
import { viViT, type ViViTConfig, viViTParameters } from './vivit'
import { vtn, type VtnConfig, vtnParameters } from './vtn'

const plain = { cssa: false, fam: false, ratio: 4, channels: 3, patch: 16, classes: 400 } as const
const base = { ...plain, dim: 768, heads: 12, blocks: 12, height: 224, width: 224 } as const

/** TimeSformer-L: 96 frames of 224 × 224. */
export const timeSformerL: TimeSformerConfig = { ...base, attention: 'divided', frames: 96 }
/** ViViT-L/16x2 at 320: 32 frames in tubelets of two, all attending to all. */
export const viViTL320: ViViTConfig = {
  ...{ ...plain, dim: 1024, heads: 16, blocks: 24, height: 320, width: 320 },
  ...{ model: 1, frames: 32, tubelet: 2, temporalBlocks: 0 },
}
/** ViT-B-VTN on a whole video of 250 frames, with three blocks along time. */
export const vtnB: VtnConfig = { ...base, frames: 250, temporalBlocks: 3, window: 16 }

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
const counted = <C extends { channels: number; frames: number; height: number; width: number }, P>(
  config: C,
  parameters: (config: C, make: ReturnType<typeof makeAbstract>) => P,
  logits: (config: C, p: P, X: ReturnType<typeof abstract>) => Tensor,
): Counted => {
  const clip = abstract([1, config.channels, config.frames, config.height, config.width], 'float32')
  const f = (p: P, X: typeof clip): Tensor => logits(config, p, X)
  const products = (g: typeof f): number => cost(g, parameters(config, makeAbstract()), clip).flops.products
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
export const comparedSystems = (): readonly Compared[] => {
  const long = configure({ frames: 32 })
  const ours = { operations: costOf(long).flops.products, needed: neededFlops(long) }
  return [
    row('ViT-B-VTN, 250 frames', [1, 1], counted(vtnB, vtnParameters, vtn), 4.2e12),
    row('TimeSformer-L', [1, 3], counted(timeSformerL, timeSformerParameters, timeSformer), 7.1e12),
    row('ViT-L-ViViT, 320', [4, 3], counted(viViTL320, viViTParameters, viViT), 47.9e12),
    row('CSTransformer-V2, 32 frames', [1, 3], ours, 4.1e12),
    row('CSTransformer-V2, 32 frames', [4, 3], ours, 16.4e12),
  ]
}
