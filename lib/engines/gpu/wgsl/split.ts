/** Products that would keep few threads busy, as other work: those of a row or a column are sums, which go with what is computed
 *  before and after them, and long sums of few elements, as of weights' gradients, are taken in parts. */
import { sizeOf } from '../../../tensor'
import { alongAxes, divisors } from '../plan/axes'
import type { DraftStep } from '../plan/draft'
import { contiguous, each, type Expression, type Read, viewed, whole } from '../plan/expression'
import { fold } from '../plan/folds'
import { apply, named } from '../plan/formula'
import { SUM } from '../plan/parse'
import { argumentsOf, type Product, type Work } from '../plan/work'

const PRODUCT = apply('*', named('x0'), named('x1'))
/** Elements of a tile's side, tiles that keep a GPU busy, and the fewest factors of a sum that are a part. */
const [SIDE, BUSY, PART] = [32, 64, 128] as const

/** In how many parts a product's sums are taken: 1 where there are tiles enough. */
const partsOf = (space: readonly number[]): number => {
  const [M, N, K] = space.slice(-3) as [number, number, number]
  const tiles = sizeOf(space.slice(0, -3)) * Math.ceil(M / SIDE) * Math.ceil(N / SIDE)
  const even = (d: number): boolean => K % 4 !== 0 || (K / d) % 4 === 0
  return Math.max(1, ...divisors(K).filter(d => K / d >= PART && d * tiles <= BUSY && even(d)))
}

/** A view of [..., M, N, K] as one of [parts, ..., M, N, K / parts]. */
const inParts = ({ array, at: { shape, stride, offset } }: Read, parts: number): Read => {
  const K = shape.at(-1)! / parts
  const at = { shape: [parts, ...shape.slice(0, -1), K], stride: [stride.at(-1)! * K, ...stride], offset }
  return { kind: 'read', array, at }
}

/** Does work in steps of a plan; the last one writes what the product does. */
type Push = (work: Work, shape: readonly number[]) => Expression
const splitProduct = ({ space, left, right }: Product, push: Push): Expression | undefined => {
  const [n, [M, N]] = [space.length, space.slice(-3) as [number, number]]
  const product = each(PRODUCT, [left, right])
  if (N === 1) return fold({ push }, product, space, [n - 1], SUM)
  if (M === 1) {
    // Neighbours are columns, which lie side by side more often than what is summed.
    const order = [...space.slice(0, -2).keys(), n - 1, n - 2]
    return fold({ push }, viewed(product, x => alongAxes(x, order))!, order.map(i => space[i]!), [n - 2], SUM) // prettier-ignore
  }
  const parts = partsOf(space)
  if (parts === 1) return undefined
  const shape = [parts, ...space.slice(0, -1)]
  const made = push(
    {
      kind: 'product',
      space: [...shape, space.at(-1)! / parts],
      left: inParts(left, parts),
      right: inParts(right, parts),
    },
    shape,
  )
  const flat = [parts, sizeOf(space.slice(0, -1))]
  const value = viewed(made, () => contiguous(flat))!
  return push({ kind: 'fold', value, shape: flat, axes: [0], reduction: SUM }, [1, flat[1]!])
}

/** The steps of a plan with such products split, and the sizes of all arrays. */
export const splitSteps = (
  steps: readonly DraftStep[],
  sizes: readonly number[],
): { readonly steps: readonly DraftStep[]; readonly sizes: readonly number[] } => {
  const all = [...sizes]
  const split = (step: DraftStep): readonly DraftStep[] => {
    const { work, writes, title } = step
    if (work.kind !== 'product' || sizeOf(work.space) === 0) return [step]
    const made: DraftStep[] = []
    const push: Push = (part, shape) => {
      made.push({ work: part, reads: argumentsOf(part), writes: all.push(sizeOf(shape)) - 1, title })
      return whole(made.at(-1)!.writes, shape)
    }
    if (!splitProduct(work, push)) return [step]
    return made.map((s, i) => (i === made.length - 1 ? { ...s, writes } : s))
  }
  return { steps: steps.flatMap(split), sizes: all }
}
