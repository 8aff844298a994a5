/** Elementwise kernels: rows of a result, four elements at a time. */
import { type Shape, sizeOf } from '../../../../tensor'
import type { Strided } from '../../../../trace'
import { along, alongAxes, mergeAxes } from '../../plan/axes'
import { contiguous, type Expression, readsOf } from '../../plan/expression'
import { block, branch, branchIf, type Code, get, i32, increase, loop, select, set, times, upTo, v128 } from '../assembler/instructions' // prettier-ignore
import { expressionValue, FLOAT, FROM, LANES, startsAt, TO, unravel, type WasmKernel } from './kernel'
import { gather, scatter } from './neighbours'

/** Elements of a chunk of a long row. */
const CHUNK = 1024

/** A kernel that writes an expression to an array.
 *  @param reads the arrays that are its arguments, in order
 *  @param to where in the array its elements go */
export const mapKernel = (
  e: Expression,
  shape: Shape,
  reads: readonly number[],
  to: Strided = contiguous(shape),
): WasmKernel => {
  const { axes, shape: merged } = mergeAxes(shape, [...readsOf(e).map(r => r.at), to])
  const [value, out] = [along(e, axes), alongAxes(to, axes)]
  const n = merged.at(-1) ?? 1
  const outer = merged.slice(0, -1)
  const chunks = Math.ceil(n / CHUNK)
  const last = (Math.max(n, LANES) - LANES) * FLOAT
  const rows = sizeOf(outer)

  const body: WasmKernel['body'] = writer => {
    const { local } = writer
    // i and end count bytes along a row.
    const [row, i, end] = [local('i32'), local('i32'), local('i32')]
    const index = unravel(row, outer)
    const { code: starts, start } = startsAt(index, writer)
    const [before, inside]: [Code[], Code[]] = [[], []]
    const step = (x: Strided): number => x.stride[outer.length] ?? 0
    const moved = (which: number, at: Strided): Code =>
      i32.add(get(start(which, at)), step(at) === 1 ? get(i) : times(i, step(at)))
    const lanes = Math.min(n, LANES)
    const { value: result } = expressionValue(
      value,
      {
        steady: r => step(r.at) === 0,
        load: r => {
          const array = reads.indexOf(r.array)
          if (step(r.at) === 0) return v128.loadSplat(get(start(array, r.at)))
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
      set(row, chunks === 1 ? get(FROM) : i32.divU(get(FROM), i32.const(chunks))),
      chunks === 1
        ? [set(i, i32.const(0)), set(end, i32.const(last))]
        : [
            set(i, i32.mul(i32.remU(get(FROM), i32.const(chunks)), i32.const(CHUNK * FLOAT))),
            set(end, i32.add(get(i), i32.const((CHUNK - LANES) * FLOAT))),
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
  return { units: rows * chunks, body }
}
