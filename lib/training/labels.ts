/** Labels: the classes of clips, as numbers. */
import { flat, type Tensor, UserError } from '../tensor'
import { count, optional, strict, tensor, text } from '../tensor/given'
import { isTraced } from '../trace'

/** Checks labels: class indices 0 … K−1. Throws UserError that names the first that is none. Those of a trace have no values. */
export const checkLabels = strict(
  'checkLabels',
  { labels: tensor, K: count, where: optional(text) },
  (labels: Tensor, K: number, where = ''): void => {
    if (isTraced(labels)) return
    const values = flat(labels)
    const at = values.findIndex(label => !(Number.isInteger(label) && label >= 0 && label < K))
    if (at >= 0)
      throw new UserError(`${where}label ${at} must be a whole number from 0 to ${K - 1}, got ${values[at]!}`)
  },
)
