/** What a figure is: a pure function of the network and of what the reader chose. It is drawn once when the site is built, so
 *  that it is there without JavaScript, and again in the page whenever something is chosen. */
import type { Tensor } from '../../../lib/tensor'
import type { Config, Parameters } from '../../../lib/paper'
import type { Compared } from '../../../lib/ablation/forest'

/** The trained network that the figures compute with, and some clips that it has not seen. */
export interface Model {
  readonly config: Config
  readonly parameters: Parameters
  /** [8, 1, T, H, W], one clip of each class. */
  readonly clips: Tensor<['B', 'C', 'T', 'H', 'W']>
  /** The paired differences of the ablation study. */
  readonly gains: readonly Compared[]
}

export type State = Readonly<Record<string, number>>

interface Named {
  readonly name: string
  readonly label: string
  /** The symbol of the page that it sets. */
  readonly symbol?: string
}
export type Control =
  | (Named & {
      readonly kind: 'range'
      readonly min: number
      readonly max: number
      readonly step: number
      readonly marks?: readonly string[]
      readonly show?: (value: number) => string
    })
  | (Named & { readonly kind: 'choice'; readonly options: readonly string[] })
  | (Named & { readonly kind: 'switch' })

export interface Figure {
  readonly title: string
  /** One sentence: what to try. */
  readonly attempt: string
  readonly controls: readonly Control[]
  readonly start: State
  /** As HTML. What has `data-set="name=value,…"` sets these when it is clicked. */
  readonly draw: (model: Model, state: State) => string
}
