/** Kernels that fold: sums and largest elements over some axes of an expression. */
import { type Shape, sizeOf } from '../../../../tensor'
import { type Split, splitAxes } from '../../plan/axes'
import { arraysOf, type Read, readsOf } from '../../plan/expression'
import { type Reduction, startsWithElement } from '../../plan/parse'
import type { Fold } from '../../plan/work'
import { type Code, get, i32, type Local, select, set, upTo, v128 } from '../assembler/instructions'
import { addressOf, argument, expressionValue, FLOAT, FROM, LANES, startsAt, TO, unravel, type WasmKernel } from './kernel' // prettier-ignore
import { formulaCode, type Writer } from './lanes'
import { gather } from './neighbours'

/** A kernel that folds an expression over axes: four results at a time where they lie side by side, else four parts of one. */
export const foldKernel = ({ value, shape, axes, reduction }: Fold): WasmKernel => {
  const space = splitAxes(value, shape, axes)
  const strides = (axis: number): readonly number[] => readsOf(space.value).map(r => r.at.stride[axis]!)
  const smooth = (axis: number): boolean => strides(axis).every(s => s <= 1)
  const [k, r] = [space.kept.length - 1, space.kept.length + space.reduced.length - 1]
  const along = (space.reduced.at(-1) ?? 1) >= LANES && smooth(r)
  const across = (space.kept.at(-1) ?? 1) >= LANES && (smooth(k) || !along)
  return across ? foldAcross(space, reduction) : foldAlong(space, reduction)
}

/** The code that both kinds are made of.
 *  @param index the indexes along the kept axes */
const foldCode = ({ kept, reduced, value }: Split, reduction: Reduction, writer: Writer, index: readonly Code[]) => {
  const reads = arraysOf(value)
  const loops = reduced.map(() => writer.local('i32'))
  const { code: starts, start: base } = startsAt(index, writer)
  /** The value of an element: its code, and what it is then.
   *  @param lane the axis whose neighbours go to the lanes, if any
   *  @param shift how many elements further along that axis
   *  @param walk the indexes along the reduced axes */
  const element = (lane?: number, shift = 0, walk = loops.map(get)): readonly [code: Code, value: Code] => {
    const code: Code[] = []
    const load = ({ array, at }: Read): Code => {
      const address = addressOf(
        get(base(reads.indexOf(array), at)),
        { offset: 0, stride: at.stride.slice(kept.length) },
        walk,
      )
      const step = lane === undefined ? 0 : at.stride[lane]!
      const offset = shift * step * FLOAT
      if (step === 0) return v128.loadSplat(address)
      return step === 1 ? v128.load(address, offset) : gather(address, step, LANES, writer, offset)
    }
    return [code, expressionValue(value, { steady: () => false, load }, writer, code, code).value]
  }
  const step = (s: Local, x: Code): Code => {
    const local = writer.local('v128')
    return [set(local, x), set(s, formulaCode(reduction.step, { s: get(s), x: get(local) }, writer))]
  }
  const start = (s: Local, lane?: number, shift?: number): Code => {
    if (!startsWithElement(reduction)) return set(s, formulaCode(reduction.start, {}, writer))
    const [code, x] = element(
      lane,
      shift,
      loops.map(() => i32.const(0)),
    )
    return [code, set(s, formulaCode(reduction.start, { x }, writer))]
  }
  const end = (s: Local): Code => formulaCode(reduction.end, { s: get(s) }, writer)
  /** Code for all indexes of some reduced axes. */
  const over = (some: Shape, body: Code): Code =>
    some.reduceRight<Code>(
      (inner, size, i) => [set(loops[i]!, i32.const(0)), upTo(loops[i]!, i32.const(size), 1, inner)],
      body,
    )
  const out = (shift = 0): Code =>
    addressOf(argument(reads.length), { offset: shift, stride: kept.map((_, i) => sizeOf(kept.slice(i + 1))) }, index)
  return { loops, starts, element, step, start, end, over, out }
}

/** Vectors of results, or of elements, at a time. */
const VECTORS = 4
/** Four results at a time, and as many vectors of them as share lines of the cache. */
const foldAcross = (space: Split, reduction: Reduction): WasmKernel => {
  const { kept, reduced } = space
  const [outer, n] = [kept.slice(0, -1), kept.at(-1)!]
  const vectors = Math.min(Math.floor(n / LANES), VECTORS)
  const width = vectors * LANES
  const chunks = Math.ceil(n / width)
  const lane = outer.length
  const body: WasmKernel['body'] = writer => {
    const [row, column] = [writer.local('i32'), writer.local('i32')]
    const { starts, element, step, start, end, over, out } = foldCode(space, reduction, writer, [
      ...unravel(row, outer),
      get(column),
    ])
    const sums = Array.from({ length: vectors }, () => writer.local('v128'))
    const begin = sums.map((s, v) => start(s, lane, v * LANES))
    const inside = sums.map((s, v): Code => {
      const [code, x] = element(lane, v * LANES)
      return [code, step(s, x)]
    })
    return upTo(
      FROM,
      get(TO),
      1,
      set(row, i32.divU(get(FROM), i32.const(chunks))),
      // The last results may have been among those before: they are computed again, to the same.
      set(column, i32.mul(i32.remU(get(FROM), i32.const(chunks)), i32.const(width))),
      set(column, select(get(column), i32.const(n - width), i32.ltU(get(column), i32.const(n - width)))),
      starts,
      begin,
      over(reduced, inside),
      sums.map((s, v) => v128.store(out(v * LANES), 0, end(s))),
    )
  }
  return { units: sizeOf(outer) * chunks, body }
}

/** One result at a time: its elements are folded in parts, one in each lane of some vectors, and these in the end. */
const foldAlong = (space: Split, reduction: Reduction): WasmKernel => {
  const { kept, reduced } = space
  const n = reduced.at(-1) ?? 1
  const vectors = n >= 2 * VECTORS * LANES ? VECTORS : 1
  const [wide, four] = [n - (n % (vectors * LANES)), n - (n % LANES)]
  const axis = kept.length + reduced.length - 1
  const body: WasmKernel['body'] = writer => {
    const { loops, starts, element, step, start, end, over, out } = foldCode(
      space,
      reduction,
      writer,
      unravel(FROM, kept),
    )
    const innermost = loops.at(-1)
    const sums = Array.from({ length: vectors }, () => writer.local('v128'))
    const first = sums[0]!
    const one = (s: Local, lane?: number, shift?: number): Code => {
      const [code, x] = element(lane, shift)
      return [code, step(s, x)]
    }
    const upwards = (from: number, to: number, by: number, inner: Code): Code => {
      if (from === to) return []
      return innermost === undefined
        ? inner
        : [set(innermost, i32.const(from)), upTo(innermost, i32.const(to), by, inner)]
    }
    const others = reduced.slice(0, -1)
    const swapped = (order: readonly number[]): Code => v128.shuffle(get(first), get(first), order)
    const inLanes = (): Code =>
      over(others, [
        upwards(
          0,
          wide,
          vectors * LANES,
          sums.map((s, v) => one(s, axis, v * LANES)),
        ),
        upwards(wide, four, LANES, one(first, axis)),
      ])
    const begin = four > 0 ? sums.map(s => start(s)) : start(first)
    const total = [
      sums.slice(1).map(s => step(first, get(s))),
      step(first, swapped([2, 3, 0, 1])),
      step(first, swapped([1, 0, 3, 2])),
    ]
    const singles = (): Code => over(others, upwards(four, n, 1, one(first)))
    return upTo(
      FROM,
      get(TO),
      1,
      starts,
      begin,
      four > 0 ? [inLanes(), total] : [],
      four < n ? singles() : [],
      v128.storeLane(out(), end(first), 0),
    )
  }
  return { units: sizeOf(kept), body }
}
