/** Our tensors out of PyTorch's: linear weights are [out, in] there, and query, key and value may be one tensor. */
import { sizeOf, type Tensor } from '../tensor'
import { reshape, slice, transpose } from '../primitives'

/** Which third of a fused tensor is ours: query, key or value. */
export const thirdOf = (ours: string, theirs: string): number =>
  theirs.includes('.qkv.') ? 'QKV'.indexOf(ours.at(-1)!) : -1
/** Whether a tensor of ours, by its path, is the weight of a linear layer. */
export const isWeight = (ours: string): boolean => /\bW(_\w)?$/.test(ours)

/** Our tensor from theirs. Patches are flattened as (C, M, M), so that a kernel is a linear weight (decision D7). */
export const converted = (ours: string, theirs: string, x: Tensor): Tensor => {
  const third = thirdOf(ours, theirs)
  const rows = x.shape[0]! / 3
  const part = third < 0 ? x : slice(x, 0, third * rows, (third + 1) * rows)
  const [out] = part.shape
  return isWeight(ours) ? transpose(reshape(part, [out!, sizeOf(part.shape) / out!])) : part
}
