/** What the page and its worker say to each other. */
import type { EngineName, Settings } from './settings'

export type Order =
  | { readonly type: 'start'; readonly run: number; readonly settings: Settings }
  | { readonly type: 'go' | 'pause' | 'step' }

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

/** Attention of the class token in a block, its heads averaged. STB: [clips, T, 1+P], each frame's class token over the
 *  tokens of its frame. TTB: [clips, T, T], each frame's class token over those of all frames. */
export interface BlockAttention {
  readonly stage: 'STB' | 'TTB'
  readonly index: number
  readonly map: Float32Array
}

/** What a network makes of clips it was never trained on. */
export interface Seen {
  /** Of all held-out clips. */
  readonly accuracy: number
  /** Class probabilities of the shown clips, [clips, classes]. */
  readonly probabilities: Float32Array
  readonly blocks: readonly BlockAttention[]
  /** By block: 'STB 2' → α. */
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
  /** Something happened that a user should know; training goes on, from `step` where it had to go back. */
  | { readonly type: 'said'; readonly run: number; readonly text: string; readonly step?: number }
  | { readonly type: 'failed'; readonly run: number; readonly text: string }
