import { anything, number, strict } from '../tensor/given'
import { dtypeOf, full, must, type Tensor } from '../tensor'
import { add, concatAll, div, max, mul, reshape, shift, sqrt, total } from '../primitives'
import { leaves, mapTree } from '../trace'

/** The Euclidean norm of all tensors of a tree together. */
export const globalNorm = strict('globalNorm', (tree: unknown): Tensor<[]> => {
  const all = leaves(tree)
  must('globalNorm: the tree', 'one with tensors', 'none', all.length > 0)
  return sqrt(all.map(x => total(mul(x, x)) as Tensor).reduce((a, b) => add(a, b)))
})

/** Gradients scaled down so that their global norm is at most `limit`, as PyTorch's clip_grad_norm_ does:
 *  $$g \leftarrow g \cdot \min(1, \frac{limit}{norm + 10^{-6}})$$ */
export const clipByGlobalNorm = strict(
  'clipByGlobalNorm',
  { gradients: anything, limit: number },
  <T>(gradients: T, limit: number): { gradients: T; norm: Tensor<[]> } => {
    const norm = globalNorm(gradients)
    const bound = full(limit, [1], dtypeOf(norm))
    const factor = div(bound, max(concatAll(0, [bound, reshape(shift(norm, 1e-6), [1])]), [0])) // min(1, a/b) = a/max(a, b)
    return { gradients: mapTree(g => mul(g, reshape(factor, [])), gradients), norm }
  },
)
