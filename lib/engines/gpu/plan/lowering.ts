/** An operation as an expression of its operands' expressions, and as steps where it cannot be one. */
import { type Shape, sizeOf } from '../../../tensor'
import type { EachKernel, Fold as FoldText, OperationNode, Strided } from '../../../trace'
import { scoresShape } from '../../../primitives/support/attention'
import { repeatedly } from '../../../primitives/support/strided'
import { MASK } from './attention'
import { type Steps, store } from './draft'
import { arraysOf, each, type Expression, type Read, viewed } from './expression'
import { fold } from './folds'
import { apply, type Formula, mentions, named, type Names, sameFormula } from './formula'
import { join, MAX_ARGUMENTS } from './join'
import { elementFormula, reductionOf, SUM } from './parse'
import { replaced, transposed, withAxis } from './views'

/** The expression repeated to a shape. What is computed is computed once, not for every repeat. */
const repeat = (steps: Steps, e: Expression, from: Shape, shape: Shape): Expression => {
  const once = e.kind === 'each' && sizeOf(from) !== sizeOf(shape) ? store(steps, e, from) : e
  return viewed(once, x => repeatedly(x, shape))!
}

/** A formula of expressions of one shape; those of the most arrays are stored until few enough are read. */
const formulaOver = (steps: Steps, formula: Formula, operands: readonly Expression[], shape: Shape): Expression => {
  const e = each(formula, operands)
  if (e.kind !== 'each' || arraysOf(e).length <= MAX_ARGUMENTS) return e
  const counts = e.of.map(x => arraysOf(x).length)
  const largest = counts.indexOf(Math.max(...counts))
  return formulaOver(
    steps,
    formula,
    e.of.map((x, i) => (i === largest ? store(steps, x, shape) : x)),
    shape,
  )
}

/** What is reduced over the last axis first, under names that stand for the operands that it becomes. */
const rows = (steps: Steps, kernel: EachKernel, operands: readonly Expression[], shape: Shape): Expression => {
  const axis = shape.length - 1
  const folds = Object.entries(kernel.rows!)
  const used = (i: number): boolean => folds.some(([, f]) => mentions(reductionOf(f).element, `x${i}`))
  let of = operands.map((e, i) => (used(i) ? store(steps, e, shape) : e))
  let names: Names = {}
  for (const [name, text] of folds) {
    const { element, reduction } = reductionOf(text, names)
    const row = fold(steps, formulaOver(steps, element, of, shape), shape, [axis], reduction)
    names = { ...names, [name]: named(`x${of.length}`) }
    of = [...of, repeat(steps, row, replaced(shape, axis, 1), shape)]
  }
  return formulaOver(steps, elementFormula(kernel, names), of, shape)
}

const PRODUCT = apply('*', named('x0'), named('x1'))
/** A row of the first operand with a column of the second: a matrix product, or another fold of both. */
const product = (
  steps: Steps,
  text: FoldText,
  [a, b]: readonly Expression[],
  [A, B]: readonly Shape[],
  shape: Shape,
): Expression => {
  const [m, n, k] = [shape.at(-2)!, shape.at(-1)!, A!.at(-1)!]
  const space = [...shape.slice(0, -2), m, n, k]
  // Both as [..., M, N, K]: what a thread of a result's element walks along comes last.
  const left = viewed(store(steps, a!, A!), x => repeatedly(withAxis(x, A!.length - 1), space)) as Read
  const right = viewed(store(steps, b!, B!), x => repeatedly(withAxis(transposed(x), B!.length - 2), space)) as Read
  const { element, reduction } = reductionOf(text)
  const { start, step, end } = reduction
  const sums =
    sameFormula(element, PRODUCT) &&
    ([[start, SUM.start], [step, SUM.step], [end, SUM.end]] as const).every(([x, y]) => sameFormula(x, y)) // prettier-ignore
  if (sums) return steps.push({ kind: 'product', space, left, right }, shape)
  const value = formulaOver(steps, element, [left, right], space)
  const folded = fold(steps, value, space, [space.length - 1], reduction)
  return viewed(folded, x => ({ ...x, shape, stride: x.stride.slice(0, -1) }))!
}

/** The expression of an operation.
 *  @param shapes of its operands */
export const lowered = (
  steps: Steps,
  { primitive, params, shape }: OperationNode,
  of: readonly Expression[],
  shapes: readonly Shape[],
): Expression => {
  const kernel = primitive.kernel(params)
  if ('view' in kernel) {
    const copied = (): Expression => steps.push({ kind: 'map', value: of[0]!, shape: shapes[0]! }, shapes[0]!)
    return viewed(of[0]!, kernel.view) ?? viewed(copied(), kernel.view)!
  }
  if ('fold' in kernel) {
    const { element, reduction } = reductionOf(kernel.fold)
    return fold(steps, formulaOver(steps, element, of, shapes[0]!), shapes[0]!, kernel.axes, reduction)
  }
  if ('product' in kernel) return product(steps, kernel.product, of, shapes, shape)
  if ('join' in kernel) return join(steps, of, shapes, shape, kernel.join)
  if ('attention' in kernel) {
    const scores = scoresShape(shapes[0]!, shapes[1]!)
    const placed = (x: Strided, i: number): Strided => (i === MASK[kernel.attention.of] ? repeatedly(x, scores) : x)
    const operands = of.map((e, i) => viewed(store(steps, e, shapes[i]!), x => placed(x, i)) as Read)
    return steps.push({ kind: 'attention', ...kernel.attention, operands }, shape)
  }
  if ('made' in kernel) throw new Error(`${primitive.name}: what has no kernel must be lowered before it is planned`)
  const repeated = of.map((e, i) => repeat(steps, e, shapes[i]!, shape))
  return kernel.rows
    ? rows(steps, kernel, repeated, shape)
    : formulaOver(steps, elementFormula(kernel), repeated, shape)
}
