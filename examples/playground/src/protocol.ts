/** What the page and its worker say to each other. */
import type { EngineName, Settings, Trial } from './settings'

export type Order =
  | { readonly type: 'start'; readonly run: number; readonly settings: Settings }
  | { readonly type: 'go' | 'pause' | 'step' }
  /** What is tried on the networks as they are, and seen at once. */
  | { readonly type: 'try'; readonly trial: Trial }
  /** The block whose whole matrix is wanted, for a clip; none where nobody looks at one. */
  | { readonly type: 'matrix'; readonly wanted?: Wanted }
  /** A digit that somebody drew, 28 × 28 gray values from 0, paper, to 255: the shown clips are of it. */
  | { readonly type: 'digit'; readonly image: Uint8Array }

/** One block of one network, and a clip. */
export interface Wanted {
  readonly network: NetworkName
  readonly block: number
  readonly clip: number
}
/** The attention of a block: [frames, h, S, S] in space, [h, T, T] of the class tokens in time. */
export interface Matrix extends Wanted {
  readonly step: number
  readonly heads: number
  readonly side: number
  readonly map: Float32Array
}

/** Both networks, always in this order. */
export const networks = ['baseline', 'ours'] as const
export type NetworkName = (typeof networks)[number]
export type Both<T> = Readonly<Record<NetworkName, T>>

/** What an equation meets in the running network: for each different call, the sizes of its arguments and results. */
export interface LiveShapes {
  readonly calls: readonly string[]
  readonly rows: readonly { readonly name: string; readonly labels: string; readonly sizes: readonly string[] }[]
}

/** Clips that the page shows: `pixels` are [clips, T, H, W], from −1 (paper) to 1 (ink). */
export interface ShownClips {
  readonly frames: number
  readonly size: number
  readonly pixels: Float32Array
  readonly labels: readonly number[]
}

/** Attention of the class token in a block, head by head. STB: [clips, T, h, 1+P], each frame's class token over the tokens
 *  of its frame. TTB: [clips, h, T, T], each frame's class token over those of all frames. */
export interface BlockAttention {
  readonly stage: 'STB' | 'TTB'
  readonly index: number
  readonly heads: number
  readonly map: Float32Array
}

/** What a network makes of clips it was never trained on. */
export interface Seen {
  /** Of all held-out clips. */
  readonly accuracy: number
  /** The part of the held-out pairs, a clip and its reverse, of which both are told right. */
  readonly pairs: number
  /** Class probabilities of the shown clips, [clips, classes]. */
  readonly probabilities: Float32Array
  readonly blocks: readonly BlockAttention[]
  /** By block: 'STB 2' → α, as it has learnt it. */
  readonly alphas: readonly Named[]
  /** By block whose output is aggregated. */
  readonly betas: readonly Named[]
}
export interface Named {
  readonly name: string
  readonly value: number
}

export type Report =
  /** An engine is open. */
  | {
      readonly type: 'engine'
      readonly run: number
      readonly mode: Exclude<EngineName, 'auto'>
      readonly description: string
      /** Why it is not a faster one. */
      readonly notes: readonly string[]
    }
  | {
      readonly type: 'ready'
      readonly run: number
      readonly classNames: readonly string[]
      readonly heldOut: number
      readonly clips: ShownClips
      readonly parameters: Both<number>
      readonly shapes: Readonly<Record<string, LiveShapes>>
    }
  | {
      readonly type: 'stepped'
      readonly run: number
      readonly step: number
      readonly rate: number
      readonly loss: Both<number>
    }
  | { readonly type: 'seen'; readonly run: number; readonly step: number; readonly seen: Both<Seen> }
  /** The shown clips are others. */
  | { readonly type: 'clips'; readonly run: number; readonly clips: ShownClips }
  | { readonly type: 'matrix'; readonly run: number; readonly matrix: Matrix }
  /** Something happened that a user should know; training goes on, from `step` where it had to go back. */
  | { readonly type: 'said'; readonly run: number; readonly text: string; readonly step?: number }
  | { readonly type: 'failed'; readonly run: number; readonly text: string }
