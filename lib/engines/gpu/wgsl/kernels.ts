/** Units of steps as functions in WGSL (w, l, b): workgroup w's thread l does its part; at `t[b]`, `t[b + 1]`, … are the places
 *  in the memory `m` of the arrays that the unit reads, of those that it writes, and then the numbers of its shapes. */
import { sizeOf } from '../../../tensor'
import { along, merged, mergeAxes, splitAxes } from '../plan/axes'
import { contiguous, type Expression, type Read, readsOf, viewed, within } from '../plan/expression'
import { operationsOf } from '../plan/formula'
import { startsWithElement } from '../plan/parse'
import type { Fold, Join } from '../plan/work'
import type { Helper } from './blocks'
import { address, digits, indent, type Numbers, numbersAfter, unravelled, writer } from './print'
import type { DraftStep } from '../plan/draft'
import { movedBy, type Unit } from './units'
import { floats, inFours, isAligned, type View, vectors } from './view'

/** Threads of a workgroup. */
export const THREADS = 64

/** A unit in WGSL: the statements of its function, and how many workgroups there are. */
export interface Kernel {
  readonly body: readonly string[]
  /** The numbers that it is given. */
  readonly numbers: readonly number[]
  readonly workgroups: number
  /** Threads of a workgroup. */
  readonly threads: number
  /** How it sees the memory: as floats, where left out. */
  readonly view?: View
  /** Functions that it calls. */
  readonly helpers?: readonly Helper[]
}
/** What is known of a unit's arrays. */
export interface Arrays {
  /** What its function is given: arrays that it reads, and those that it writes. */
  readonly given: readonly number[]
  /** Those that others need. */
  readonly kept: readonly number[]
}

export const pointers = ({ given }: Arrays): readonly string[] => given.map((_, i) => `let p${i} = t[b${i === 0 ? '' : ` + ${i}u`}];`) // prettier-ignore
export const pointer = ({ given }: Arrays, array: number): string => `p${given.indexOf(array)}`

/** An element of a read, at indexes, or as many from there on along the last axis as a thread has at once. */
export const element = (
  arrays: Arrays,
  { array, at }: Read,
  index: readonly string[],
  numbers: Numbers,
  view: View = floats,
): string => {
  const place = address(pointer(arrays, array), at, index, numbers)
  if (view.width === 1) return view.one(place)
  const step = at.stride.at(-1)!
  if (step === 0) return `vec4f(${view.one(place)})`
  return step === 1 ? view.four(place, isAligned(at)) : `parts(${place}, ${numbers(step)})`
}

/** The indexes of shapes from a number, each counted once. */
export const indexes = (name: string, numbers: Numbers): ((shape: readonly number[]) => readonly string[]) => {
  const known = new Map<string, readonly string[]>()
  return shape => {
    const index = known.get(shape.join()) ?? unravelled(name, shape, numbers)
    known.set(shape.join(), index)
    return index
  }
}

/** A thread for each of so many elements, or for as many of them as it has at once.
 *  @param inside its statements, which use such numbers */
export const perElement = (
  count: number,
  arrays: Arrays,
  inside: (numbers: Numbers) => readonly string[],
  view: View = floats,
): Kernel => {
  const { all, given, lets } = numbersAfter(arrays.given.length)
  const body = [`if (e >= ${given(count)}) { return; }`, ...inside(given)]
  const thread = `w * ${THREADS}u + l`
  const e = view.width === 1 ? thread : `(${thread}) * ${view.width}u`
  return {
    body: [`let e = ${e};`, ...pointers(arrays), ...lets(), ...body],
    numbers: all,
    workgroups: Math.ceil(count / view.width / THREADS),
    threads: THREADS,
    view,
  }
}

/** Maps with their axes merged, and the views by which they move what they make.
 *  @param known arrays of which the element is known already */
const movesOf = (unit: Unit, steps: readonly DraftStep[], known: Iterable<number>) => {
  const made = new Set(known)
  return steps.map(step => {
    const { work, writes } = step
    if (work.kind !== 'map') throw new TypeError(`a unit of elements must have maps alone, got a ${work.kind}`)
    const { shape, value } = merged(work.value, work.shape)
    const moved = movedBy(unit, { ...step, work: { ...work, value, shape } }, made)
    if (!moved) made.add(writes)
    return { writes, shape, value, moved }
  })
}

/** Whether maps can be of four elements at once: those follow one another in whatever is made, and WGSL has their operators for
 *  vectors. */
export const haveFours = (unit: Unit, steps: readonly DraftStep[], known: Iterable<number> = []): boolean =>
  movesOf(unit, steps, known).every(({ shape, value, moved }) => {
    const last = shape.at(-1)
    const logical = within(value).some(
      e => e.kind === 'each' && ['||', '&&'].some(op => operationsOf(e.formula).has(op)),
    )
    if (!last || !inFours(last) || logical) return false
    return !moved || (moved.stride.at(-1) === 1 && inFours(moved.shape.at(-1)!))
  })

/** Statements of maps of element e, or of those from e on: values that only later ones need are kept in the thread.
 *  @param values names of what is known of the element already, by arrays */
export const mapsOf = (
  unit: Unit,
  steps: readonly DraftStep[],
  arrays: Arrays,
  numbers: Numbers,
  view: View,
  values: Map<number, string> = new Map(),
): readonly string[] => {
  const { write } = writer(view)
  const indexOf = indexes('e', numbers)
  const body: string[] = []
  for (const { writes, shape, value, moved } of movesOf(unit, steps, values.keys())) {
    const index = moved ? digits('e', moved, numbers) : indexOf(shape)
    const result = write(value, r => values.get(r.array) ?? element(arrays, r, index, numbers, view), body)
    const name = `y_${body.length}`
    body.push(`let ${name} = ${result};`)
    if (!moved) values.set(writes, name)
    const place = pointer(arrays, writes)
    const to = moved ? address(place, contiguous(shape), index, numbers) : `${place} + e`
    if (arrays.kept.includes(writes)) body.push(view.set(to, name))
  }
  return body
}

/** A thread for each result. */
const foldKernel = (work: Fold, writes: number, arrays: Arrays): Kernel => {
  const { kept, reduced, value } = splitAxes(work.value, work.shape, work.axes)
  const { start, step, end } = work.reduction
  const inside = (numbers: Numbers): readonly string[] => {
    const { write, formula } = writer()
    const index = unravelled('e', kept, numbers)
    const at = (inner: readonly string[], out: string[]): string =>
      write(value, r => element(arrays, r, [...index, ...inner], numbers), out)
    const before: string[] = []
    const first = startsWithElement(work.reduction) ? { x: at(reduced.map(() => '0u'), before) } : {} // prettier-ignore
    const initial = formula(start, first, before)
    const each: string[] = []
    const x = at(reduced.map((_, i) => `i${i}`), each) // prettier-ignore
    const next = formula(step, { s: 's', x }, each)
    each.push(`s = ${next};`)
    const loop = reduced.reduceRight<readonly string[]>(
      (body, size, i) => [`for (var i${i} = 0u; i${i} < ${numbers(size)}; i${i}++) {`, ...indent(body), '}'],
      each,
    )
    const after: string[] = []
    const result = formula(end, { s: 's' }, after)
    return [...before, `var s = ${initial};`, ...loop, ...after, `m[${pointer(arrays, writes)} + e] = ${result};`]
  }
  return perElement(sizeOf(kept), arrays, inside)
}

/** An expression whose index along an axis starts at another number than 0. */
const shifted = (e: Expression, axis: number, start: number): Expression =>
  viewed(e, at => ({ ...at, offset: at.offset - start * at.stride[axis]! }))!

const joinKernel = ({ parts, axis, shape: whole }: Join, writes: number, arrays: Arrays): Kernel => {
  const views = parts.flatMap(p => readsOf(p.value)).map(r => r.at)
  const { shape, axes } = mergeAxes(whole, views, [axis])
  const joined = axes.indexOf(axis)
  const inside = (numbers: Numbers): readonly string[] => {
    const index = unravelled('e', shape, numbers)
    const { write } = writer()
    let end = 0
    return parts.flatMap(({ value, size }, i) => {
      const lines: string[] = []
      const part = shifted(along(value, axes), joined, end)
      const result = write(part, r => element(arrays, r, index, numbers), lines)
      end += size
      const all = [...lines, `m[${pointer(arrays, writes)} + e] = ${result};`, 'return;']
      return i === parts.length - 1 ? all : [`if (${index[joined]!} < ${numbers(end)}) {`, ...indent(all), '}']
    })
  }
  return perElement(sizeOf(whole), arrays, inside)
}

/** The function of a unit of elements, of one fold over other axes than the last ones, or of one join. */
export const kernelOf = (unit: Unit, arrays: Arrays): Kernel => {
  const { kind, steps, count } = unit
  const { work, writes } = steps[0]!
  if (kind === 'elements') {
    const view = haveFours(unit, steps) ? vectors : floats
    return perElement(count, arrays, numbers => mapsOf(unit, steps, arrays, numbers, view), view)
  }
  if (work.kind === 'fold') return foldKernel(work, writes, arrays)
  if (work.kind === 'join') return joinKernel(work, writes, arrays)
  throw new TypeError(`a unit must be of elements, a fold or a join, got one of ${kind}`)
}
