/** Units: steps of a plan that one kernel does, because they follow one another within rows, within elements, or after a
 *  product. */
import { contiguous, type Read, readsOf } from '../plan/expression'
import { attentionShape } from '../plan/attention'
import type { DraftStep } from '../plan/draft'
import { expressionsOf, type Work } from '../plan/work'
import { type Shape, sizeOf } from '../../../tensor'
import type { Strided } from '../../../trace'

/** Steps that a thread, or the threads of a row, do one after another. A unit of `elements` has maps alone; one of `rows` folds
 *  over rows, maps of their elements, and maps of the rows' results; one of a `product` has maps of its elements after it; all
 *  others are one step. */
export interface Unit {
  readonly kind: 'elements' | 'rows' | 'fold' | 'join' | 'product' | 'attention'
  readonly steps: readonly DraftStep[]
  /** How many elements its maps have, and in a unit of rows how many of these a row has. */
  readonly count: number
  readonly length: number
}

/** The most steps of a unit, and the most arrays that it reads and writes. */
const [MAX_STEPS, MAX_ARRAYS] = [32, 40] as const

/** The elements of a row where work folds rows: over the last axes, all of them. */
const rowLength = (work: Work): number | undefined => {
  if (work.kind !== 'fold') return undefined
  const { axes, shape } = work
  const from = shape.length - axes.length
  return axes.every(a => a >= from) && sizeOf(shape.slice(from)) > 1 ? sizeOf(shape.slice(from)) : undefined
}
const shapeOf = (work: Work): Shape => {
  if (work.kind === 'product') return work.space.slice(0, -1)
  return work.kind === 'attention' ? attentionShape(work) : work.shape
}

/** A unit of one step. */
export const unitOf = (step: DraftStep): Unit => {
  const { work } = step
  const length = rowLength(work)
  const kind = work.kind === 'map' ? 'elements' : length === undefined ? work.kind : 'rows'
  return { kind, steps: [step], count: sizeOf(shapeOf(work)), length: length ?? 1 }
}

/** The first of the last axes that together have so many elements, or -1. */
export const splitAt = (shape: Shape, length: number): number => {
  let [axis, inner] = [shape.length, 1]
  while (inner < length && axis > 0) inner *= shape[--axis]!
  return inner === length ? axis : -1
}
/** Whether a view takes the elements of an array in order, each once for every index along its last axes. */
const inOrder = ({ shape, stride, offset }: Strided, split: number): boolean => {
  const { stride: whole } = contiguous(shape.slice(0, split))
  return offset === 0 && shape.every((n, i) => n === 1 || stride[i] === (i < split ? whole[i] : 0))
}

/** Whether a view takes each element of an array once, in whatever order: the steps of its axes count them. */
const inSomeOrder = ({ shape, stride, offset }: Strided): boolean => {
  const axes = [...shape.keys()].filter(i => shape[i] !== 1).sort((i, j) => stride[j]! - stride[i]!)
  const { stride: whole } = contiguous(axes.map(i => shape[i]!))
  return offset === 0 && axes.every((i, k) => stride[i] === whole[k])
}

/** What a step makes in a unit: a result for each element, or for each row. */
export const makes = ({ work }: DraftStep, { kind, count, length }: Unit): 'element' | 'row' =>
  kind === 'rows' && (work.kind === 'fold' || (length > 1 && sizeOf(shapeOf(work)) === count / length))
    ? 'row'
    : 'element'

/** Whether a step finds what the unit has made where the same thread, or the threads of the same row, made it. */
const readsInPlace = (unit: Unit, step: DraftStep, made: ReadonlyMap<number, 'element' | 'row'>): boolean => {
  const per = step.work.kind === 'fold' ? 'element' : makes(step, unit)
  const shape = shapeOf(step.work)
  const at = (r: Read): boolean => {
    const found = made.get(r.array)
    if (found === undefined || found === per) return found === undefined || inOrder(r.at, shape.length)
    return per === 'element' && found === 'row' && inOrder(r.at, splitAt(shape, unit.length))
  }
  return readsOf(...expressionsOf(step.work)).every(at)
}

/** The view by which a map takes what the unit has made in another order than that in which it makes its own elements: what it
 *  makes is moved, and no step after it in the unit reads it. */
export const movedBy = (
  { kind }: Pick<Unit, 'kind'>,
  { work }: DraftStep,
  made: ReadonlySet<number>,
): Strided | undefined => {
  if (kind === 'rows' || work.kind !== 'map') return undefined
  // The shape of a view of merged axes is not theirs.
  const [view, ...others] = readsOf(work.value)
    .filter(r => made.has(r.array))
    .map(r => ({ ...r.at, shape: work.shape }))
  const same = (other: Strided): boolean => other.stride.every((s, i) => s === view!.stride[i]) && other.offset === 0
  return view && !inOrder(view, work.shape.length) && inSomeOrder(view) && others.every(same) ? view : undefined
}

/** The last array that others need, of those which maps make of a product's sums in the same order. */
export const inPlace = (maps: readonly DraftStep[], product: number, kept: readonly number[]): number | undefined => {
  const made = new Set([product])
  for (const step of maps) if (!movedBy({ kind: 'product' }, step, made)) made.add(step.writes)
  return kept.filter(a => a !== product && made.has(a)).at(-1)
}

/** Whether steps can be one unit of that kind, in that order. */
export const isUnit = (unit: Unit): boolean => {
  const { steps, kind, count, length } = unit
  if (steps.length > MAX_STEPS) return false
  if (new Set(steps.flatMap(s => [...s.reads, s.writes])).size > MAX_ARRAYS) return false
  const made = new Map<number, 'element' | 'row'>()
  const moved = new Set<number>()
  return steps.every((step, i) => {
    const { work } = step
    const size = sizeOf(shapeOf(work))
    const fits =
      kind === 'rows'
        ? (work.kind === 'map' || rowLength(work) === length) &&
          (size === count ? splitAt(shapeOf(work), length) >= 0 : size === count / length && work.kind === 'map')
        : size === count && work.kind === (kind === 'product' && i === 0 ? 'product' : 'map')
    if (!fits || step.reads.some(a => moved.has(a))) return false
    if (movedBy(unit, step, new Set(made.keys()))) moved.add(step.writes)
    else if (readsInPlace(unit, step, made)) made.set(step.writes, makes(step, unit))
    else return false
    return true
  })
}

/** The arrays that a unit reads of others, those that it writes, and those of them that others read. */
export const arraysOfUnit = (unit: Unit, readBy: ReadonlyMap<number, number>) => {
  const made = unit.steps.map(s => s.writes)
  const reads = [...new Set(unit.steps.flatMap(s => s.reads))].filter(a => !made.includes(a))
  const within = new Map<number, number>()
  for (const step of unit.steps) for (const a of step.reads) within.set(a, (within.get(a) ?? 0) + 1)
  const kept = made.filter(a => (readBy.get(a) ?? 0) > (within.get(a) ?? 0))
  return { reads, made, kept }
}

/** How many steps read an array; outputs are read once more. */
export const readersOf = (
  steps: readonly DraftStep[],
  outputs: readonly { readonly array: number }[],
): ReadonlyMap<number, number> => {
  const readers = new Map<number, number>()
  for (const a of [...steps.flatMap(s => s.reads), ...outputs.map(o => o.array)])
    readers.set(a, (readers.get(a) ?? 0) + 1)
  return readers
}
