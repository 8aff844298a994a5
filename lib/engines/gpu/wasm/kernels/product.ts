/** Matrix products Y = A·B in WebAssembly. The columns of B that tiles of Y need are packed for a part of K that fits the cache
 *  next to the processor, and used for as many rows of A as fit the one behind it. Sums are in the order of K, as in the
 *  plain loop. */
import { sizeOf } from '../../../../tensor'
import type { Strided } from '../../../../trace'
import type { Read } from '../../plan/expression'
import { mergeAxes } from '../../plan/axes'
import { call, type Code, get, i32, select, set, upTo, when } from '../assembler/instructions'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { addressOf, argument, FLOAT, FROM, type Kernel, LANES, SCRATCH, TO, unravel } from './kernel'
import { nameOf, pack, rowsBy, type Tile, tileFunction } from './tile'

/** Steps along K whose part of B is packed at a time: with 16 columns, 16 KiB. */
const DEPTH = 256
/** Rows of A that use it: with that many steps, 256 KiB. */
const ROWS = 256
/** Bytes of a packed part of B, and of one of A. */
const [PART_OF_B, PART_OF_A] = [DEPTH * 16 * FLOAT, DEPTH * ROWS * FLOAT]
/** Bytes that a thread needs for them. */
export const SCRATCH_BYTES = PART_OF_B + PART_OF_A
/** Columns of Y for which it is worth while to pack rows of A whose elements are apart. */
const MANY = 48

/** A kernel that sums left·right over the last axis of a space [..., M, N, K].
 *  @param threads how many will share the work
 *  @param multiplyAdd how an element is added to a sum */
export const productKernel = (
  space: readonly number[],
  left: Read,
  right: Read,
  reads: readonly number[],
  threads: number,
  multiplyAdd: MultiplyAdd,
): Kernel => {
  const [N, K] = space.slice(-2) as [number, number]
  const last = space.length - 1
  // What comes before N and K: matrices, and the rows of one, where they share B.
  const cut = (v: Strided): Strided => ({ ...v, shape: space.slice(0, -2), stride: v.stride.slice(0, -2) })
  const before = mergeAxes(space.slice(0, -2), [cut(left.at), cut(right.at)])
  const strides = (v: Strided): readonly number[] => before.axes.map(i => v.stride[i]!)
  const shares = before.shape.length > 0 && strides(right.at).at(-1) === 0
  const M = shares ? before.shape.at(-1)! : 1
  const batch = shares ? before.shape.slice(0, -1) : before.shape
  const down = (shares ? strides(left.at).at(-1)! : 0) * FLOAT
  const along = left.at.stride[last]! * FLOAT
  const [step, side] = [right.at.stride[last]! * FLOAT, right.at.stride[last - 1]! * FLOAT]

  const batches = sizeOf(batch)
  const few = batches < 4 * threads
  const rowBlocks = few ? Math.min(threads * Math.ceil(M / ROWS / threads), Math.ceil(M / 32)) : Math.ceil(M / ROWS)
  // Few matrices of few rows are shared by columns too.
  const wanted = threads === 1 ? 1 : Math.ceil(threads / (batches * rowBlocks))
  const columns = 16 * Math.ceil(N / 16 / Math.min(wanted, Math.ceil(N / 16)))
  const columnBlocks = Math.ceil(N / columns)
  const packed = along !== FLOAT && Math.min(columns, N) >= MANY
  const rowsEach = Math.ceil(M / rowBlocks / 4) * 4

  const body: Kernel['body'] = ({ local, helper }) => {
    const [matrix, row, toRow, column, toColumn] = [
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
    ]
    const [a0, b0, y0, m, j, k, depth] = [
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
    ]
    const index = unravel(matrix, batch)
    const end = (l: number, size: number): Code => select(get(l), i32.const(size), i32.ltU(get(l), i32.const(size)))
    const start = (which: Read): Code =>
      addressOf(argument(reads.indexOf(which.array)), { offset: which.at.offset, stride: strides(which.at) }, index)
    const times = (l: number, by: number): Code => i32.mul(get(l), i32.const(by))
    const packedA = i32.add(get(SCRATCH), i32.const(PART_OF_B))
    const partOfA = (m: number): Code => i32.add(i32.add(get(a0), times(m, down)), times(k, along))
    /** Packs steps along K from j on of all rows of A, a row after the other. */
    const packA = (count: number): Code =>
      pack(
        i32.add(partOfA(row), times(j, along)),
        i32.add(packedA, times(j, FLOAT)),
        i32.sub(get(toRow), get(row)),
        [down, along],
        [Math.ceil(count / LANES), count],
        local,
        DEPTH * FLOAT,
      )
    const packs = [
      set(j, i32.const(0)),
      upTo(j, i32.and(get(depth), i32.const(-16)), 16, packA(16)),
      K % 16 > 0 ? when(i32.ltU(get(j), get(depth)), packA(K % 16)) : [],
    ]
    const panel = (vectors: number, count: number): Code => {
      const rows = rowsBy(vectors)
      const lanes = count - (vectors - 1) * LANES
      const some = (n: number): Code =>
        call(
          helper(nameOf({ rows: n, vectors, lanes })),
          packed ? i32.add(packedA, i32.mul(i32.sub(get(m), get(row)), i32.const(DEPTH * FLOAT))) : partOfA(m),
          get(SCRATCH),
          i32.add(i32.add(get(y0), times(m, N * FLOAT)), times(j, FLOAT)),
          get(depth),
          i32.const(packed ? DEPTH * FLOAT : down),
          i32.const(packed ? FLOAT : along),
          i32.const(N * FLOAT),
          get(k),
        )
      return [
        pack(
          i32.add(i32.add(get(b0), times(k, step)), times(j, side)),
          get(SCRATCH),
          get(depth),
          [step, side],
          [vectors, count],
          local,
        ),
        set(m, get(row)),
        M >= rows ? upTo(m, i32.sub(get(toRow), i32.const(rows - 1)), rows, some(rows)) : [],
        M % rows > 0 ? upTo(m, get(toRow), 1, some(1)) : [],
      ]
    }
    const [wide, rest] = [N - (N % 16), N % 16]
    return upTo(
      FROM,
      get(TO),
      1,
      set(row, i32.mul(i32.remU(get(FROM), i32.const(rowBlocks)), i32.const(rowsEach))),
      set(toRow, i32.add(get(row), i32.const(rowsEach))),
      set(toRow, end(toRow, M)),
      set(matrix, i32.divU(get(FROM), i32.const(rowBlocks))),
      set(column, i32.mul(i32.remU(get(matrix), i32.const(columnBlocks)), i32.const(columns))),
      set(toColumn, i32.add(get(column), i32.const(columns))),
      set(matrix, i32.divU(get(matrix), i32.const(columnBlocks))),
      set(a0, start(left)),
      set(b0, start(right)),
      set(y0, i32.add(argument(reads.length), times(matrix, M * N * FLOAT))),
      set(k, i32.const(0)),
      upTo(
        k,
        i32.const(K),
        DEPTH,
        set(depth, i32.sub(i32.const(K), get(k))),
        set(depth, end(depth, DEPTH)),
        packed ? packs : [],
        set(j, get(column)),
        wide > 0 ? upTo(j, end(toColumn, wide), 16, panel(4, 16)) : [],
        rest > 0 ? when(i32.geU(get(toColumn), i32.const(N)), panel(Math.ceil(rest / LANES), rest)) : [],
      ),
    )
  }
  const counts = [...(N >= 16 ? [16] : []), ...(N % 16 > 0 ? [N % 16] : [])]
  const tiles = counts.flatMap(count => {
    const vectors = Math.ceil(count / LANES)
    const lanes = count - (vectors - 1) * LANES
    return [rowsBy(vectors), 1].map((rows): Tile => ({ rows, vectors, lanes }))
  })
  const helpers = Object.fromEntries(tiles.map(tile => [nameOf(tile), tileFunction(tile, multiplyAdd)]))
  return { units: batches * columnBlocks * rowBlocks, body, helpers }
}
