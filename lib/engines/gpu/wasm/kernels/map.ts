/** Elementwise kernels: rows of a result, four elements at a time. */
import { type Shape, sizeOf } from '../../../../tensor'
import type { Strided } from '../../../../trace'
import { contiguous, type Expression, readsOf, viewed } from '../../plan/expression'
import { mergeAxes } from '../../plan/axes'
import {
  block,
  branch,
  branchIf,
  type Code,
  get,
  i32,
  increase,
  loop,
  set,
  select,
  upTo,
  v128,
} from '../assembler/instructions'
import { addressOf, argument, expressionValue, FLOAT, FROM, type Kernel, LANES, TO, unravel } from './kernel'

/** Elements of a part of a long row. */
const PART = 1024

/** A kernel that writes an expression to an array.
 *  @param reads the arrays that are its arguments, in order
 *  @param to where in the array its elements go */
export const mapKernel = (
  e: Expression,
  shape: Shape,
  reads: readonly number[],
  to: Strided = contiguous(shape),
): Kernel => {
  const { axes, shape: merged } = mergeAxes(shape, [...readsOf(e).map(r => r.at), to])
  const view = (x: Strided): Strided => ({ ...x, shape: merged, stride: axes.map(a => x.stride[a]!) })
  const [value, out] = [viewed(e, view)!, view(to)]
  const n = merged.at(-1) ?? 1
  const outer = merged.slice(0, -1)
  const parts = Math.ceil(n / PART)
  const last = (Math.max(n, LANES) - LANES) * FLOAT
  const rows = sizeOf(outer)

  const body: Kernel['body'] = writer => {
    const { local } = writer
    // i and end count bytes along a row.
    const [row, i, end] = [local('i32'), local('i32'), local('i32')]
    const index = unravel(row, outer)
    const bases = new Map<string, number>()
    const starts: Code[] = []
    const [before, inside]: [Code[], Code[]] = [[], []]
    const step = (x: Strided): number => x.stride[outer.length] ?? 0
    /** Where a row of an argument begins. */
    const base = (which: number, at: Strided): Code => {
      const key = [which, at.offset, ...at.stride].join()
      if (!bases.has(key)) {
        bases.set(key, local('i32'))
        starts.push(set(bases.get(key)!, addressOf(argument(which), at, index)))
      }
      return get(bases.get(key)!)
    }
    const moved = (array: number, at: Strided): Code =>
      i32.add(base(array, at), step(at) === 1 ? get(i) : i32.mul(get(i), i32.const(step(at))))
    const lanes = Math.min(n, LANES)
    const { value: result } = expressionValue(
      value,
      {
        steady: r => step(r.at) === 0,
        load: r => {
          const array = reads.indexOf(r.array)
          if (step(r.at) === 0) return v128.loadSplat(base(array, r.at))
          return step(r.at) === 1
            ? v128.load(moved(array, r.at))
            : gather(moved(array, r.at), step(r.at), lanes, writer)
        },
      },
      writer,
      before,
      inside,
    )
    const target = moved(reads.length, out)
    const store =
      lanes === LANES && step(out) === 1
        ? v128.store(target, 0, result)
        : scatter(target, result, lanes, step(out), writer)
    // The last four elements may have been among those before: they are computed again, to the same.
    return upTo(
      FROM,
      get(TO),
      1,
      set(row, parts === 1 ? get(FROM) : i32.divU(get(FROM), i32.const(parts))),
      parts === 1
        ? [set(i, i32.const(0)), set(end, i32.const(last))]
        : [
            set(i, i32.mul(i32.remU(get(FROM), i32.const(parts)), i32.const(PART * FLOAT))),
            set(end, i32.add(get(i), i32.const((PART - LANES) * FLOAT))),
            set(end, select(get(end), i32.const(last), i32.ltU(get(end), i32.const(last)))),
            set(i, select(get(i), get(end), i32.ltU(get(i), get(end)))),
          ],
      starts,
      before,
      block(
        loop(
          inside,
          store,
          branchIf(1, i32.eq(get(i), get(end))),
          increase(i, i32.const(LANES * FLOAT)),
          set(i, select(get(i), get(end), i32.ltU(get(i), get(end)))),
          branch(0),
        ),
      ),
    )
  }
  return { units: rows * parts, body }
}

/** As many elements that are some steps apart. */
export const gather = (
  address: Code,
  step: number,
  lanes: number,
  { local }: { readonly local: (type: 'i32') => number },
  offset = 0,
): Code => {
  const at = local('i32')
  const others = [1, 2, 3].slice(0, lanes - 1)
  return [
    set(at, address),
    others.reduce<Code>(
      (vector, lane) => v128.loadLane(get(at), vector, lane, offset + lane * step * FLOAT),
      v128.loadZero(get(at), offset),
    ),
  ]
}
/** Puts lanes where they belong. */
const scatter = (
  address: Code,
  value: Code,
  lanes: number,
  step: number,
  { local }: { readonly local: (type: 'i32' | 'v128') => number },
): Code => {
  const [at, v] = [local('i32'), local('v128')]
  return [
    set(at, address),
    set(v, value),
    Array.from({ length: lanes }, (_, lane) => v128.storeLane(get(at), get(v), lane, lane * step * FLOAT)),
  ]
}
