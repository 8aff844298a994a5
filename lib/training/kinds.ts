/** What functions of training are given, for those who check it. */
import { count, either, func, index, type Kind, listOf, number, optional, record, recordOf, tensor, text, wholeNumber, word } from '../tensor/given' // prettier-ignore

export { networkConfig as config, networkParameters as parameters } from '../systems/kinds'

export const engine: Kind = recordOf({ compile: func, upload: func, download: func, release: func })
export const optimizer: Kind = recordOf({ start: func, update: func })
export const recipe: Kind = recordOf({
  ...{ optimizer: record, schedule: record, rate: number, batch: count, steps: count, sigma: number },
})
export const state: Kind = recordOf({ parameters: record, optimizer: record })
export const batch: Kind = recordOf({
  X: tensor,
  labels: tensor,
  targets: optional(tensor),
  branches: optional(tensor),
})
export const map: Kind = { is: 'a map', holds: x => x instanceof Map }
export const tensors: Kind = recordOf({ tensors: map, metadata: record })
export const checkpoint: Kind = recordOf({ config: record, recipe, seed: wholeNumber, step: index, state })
export const clips: Kind = recordOf({
  ...{ classes: listOf(text), stride: either(number, word('uniform')), shortSide: count, fps: optional(number) },
})
export const views: Kind = recordOf({ clips: count, crops: count })
