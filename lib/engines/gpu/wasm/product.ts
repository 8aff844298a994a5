/** Matrix products Y = A·B in WebAssembly. A tile of Y stays in SIMD registers while it walks along K; the columns of B that
 *  it needs are packed side by side first, for a part of K that fits the cache next to the processor, and used for as many
 *  rows of A as fit the one behind it. Sums are in the order of K: results are those of the plain loop, to the last bit. */
import { sizeOf } from '../../../tensor'
import type { Strided } from '../../../trace'
import type { Read } from '../expression'
import { mergeAxes } from '../space'
import {
  branchIf,
  call,
  type Code,
  type Definition,
  f32x4,
  get,
  i32,
  increase,
  loop,
  select,
  set,
  tee,
  upTo,
  v128,
  when,
} from './assembler'
import { addressOf, argument, FLOAT, FROM, type Kernel, LANES, SCRATCH, TO, unravel } from './kernel'

/** Steps along K whose part of B is packed at a time: with 16 columns, 16 KiB. */
const DEPTH = 256
/** Rows of A that use it: with that many steps, 256 KiB. */
const ROWS = 256
/** Bytes that a thread needs for a packed part of B. */
export const SCRATCH_BYTES = DEPTH * 16 * FLOAT

/** A part of Y: so many rows by vectors of columns, of the last of which so many lanes are of Y. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
  readonly lanes: number
}
/** As many sums as the registers hold beside what is loaded: V8 gives fifteen, and loads all of a step at once. */
const rowsBy = (vectors: number): number => (vectors > 2 ? 2 : 4)
const nameOf = ({ rows, vectors, lanes }: Tile): string => `${rows} by ${vectors}, ${lanes}`
const tileType = {
  params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  results: [],
} as const

/** A function (a, b, y, k, down, along, next, more): adds k products of A's rows, `down` bytes apart, whose elements are
 *  `along` bytes apart, with packed columns, to rows of Y, `next` bytes apart; where `more` is 0 these begin at 0. */
export const tileFunction = ({ rows, vectors, lanes }: Tile): Definition => ({
  ...tileType,
  body: local => {
    const [A, B, Y, K, DOWN, ALONG, NEXT, MORE] = [0, 1, 2, 3, 4, 5, 6, 7] as const
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => local('v128')))
    const b = Array.from({ length: vectors }, () => local('v128'))
    const a = Array.from({ length: rows }, (_, r) => (r === 0 ? A : local('i32')))
    const y = Array.from({ length: rows }, (_, r) => (r === 0 ? Y : local('i32')))
    const below = (locals: readonly number[], step: number): Code =>
      locals.slice(1).map((l, r) => set(l, i32.add(get(locals[r]!), get(step))))
    const s = local('v128')
    const whole = (v: number): boolean => v < vectors - 1 || lanes === LANES
    const some = Array.from({ length: lanes }, (_, lane) => lane)
    const load = (at: number, v: number): Code =>
      whole(v)
        ? v128.load(get(at), v * 16)
        : some
            .slice(1)
            .reduce<Code>(
              (x, lane) => v128.loadLane(get(at), x, lane, v * 16 + lane * FLOAT),
              v128.loadZero(get(at), v * 16),
            )
    const store = (at: number, v: number, sum: number): Code =>
      whole(v)
        ? v128.store(get(at), v * 16, get(sum))
        : some.map(lane => v128.storeLane(get(at), get(sum), lane, v * 16 + lane * FLOAT))
    return [
      below(a, DOWN),
      below(y, NEXT),
      when(
        get(MORE),
        sums.map((row, r) => row.map((sum, v) => set(sum, load(y[r]!, v)))),
      ),
      loop(
        b.map((l, v) => set(l, v128.load(get(B), v * 16))),
        sums.map((row, r) => [
          set(s, v128.loadSplat(get(a[r]!))),
          row.map((sum, v) => set(sum, f32x4.add(get(sum), f32x4.mul(get(s), get(b[v]!))))),
        ]),
        a.map(l => increase(l, get(ALONG))),
        increase(B, i32.const(16 * vectors)),
        branchIf(0, tee(K, i32.sub(get(K), i32.const(1)))),
      ),
      sums.map((row, r) => row.map((sum, v) => store(y[r]!, v, sum))),
    ]
  },
})

/** Packs columns of B from a step along K on: `vectors` of them side by side for each step.
 *  @param step bytes from one step along K to the next
 *  @param columns how many are of B: what is packed of others is never used */
const pack = (
  from: Code,
  to: Code,
  depth: Code,
  [step, side]: readonly [number, number],
  [vectors, columns]: readonly [number, number],
  local: (type: 'i32' | 'v128') => number,
): Code => {
  const [b, p, end] = [local('i32'), local('i32'), local('i32')]
  const bytes = 16 * vectors
  const lanes = (v: number): number => Math.min(LANES, columns - v * LANES)
  const one = Array.from({ length: vectors }, (_, v): Code => {
    const at = v * LANES * side
    const vector =
      side === FLOAT
        ? v128.load(get(b), at)
        : Array.from({ length: lanes(v) - 1 }, (_, l) => l + 1).reduce<Code>(
            (x, l) => v128.loadLane(get(b), x, l, at + l * side),
            v128.loadZero(get(b), at),
          )
    return v128.store(get(p), v * 16, vector)
  })
  const single = upTo(p, get(end), bytes, one, increase(b, i32.const(step)))
  // Where steps along K lie side by side, four of them and four columns are a square that is turned.
  const turns = step === FLOAT && side !== FLOAT
  const square = (v: number): Code => {
    const r = Array.from({ length: 4 }, () => local('v128'))
    const rows = r.map((l, i) => (i < lanes(v) ? set(l, v128.load(get(b), (v * LANES + i) * side)) : []))
    const pair = (i: number, j: number, order: readonly number[]): Code => v128.shuffle(get(r[i]!), get(r[j]!), order)
    const [low, high] = [
      [0, 4, 1, 5],
      [2, 6, 3, 7],
    ] as const
    const t = Array.from({ length: 4 }, () => local('v128'))
    const halves = [pair(0, 1, low), pair(0, 1, high), pair(2, 3, low), pair(2, 3, high)].map((x, i) => set(t[i]!, x))
    const turned = (i: number, order: readonly number[]): Code => v128.shuffle(get(t[i]!), get(t[i + 2]!), order)
    const first = [0, 1, 4, 5]
    const second = [2, 3, 6, 7]
    return [
      rows,
      halves,
      [turned(0, first), turned(0, second), turned(1, first), turned(1, second)].map((x, i) =>
        v128.store(get(p), i * bytes + v * 16, x),
      ),
    ]
  }
  const squares = [
    set(end, i32.add(get(p), i32.mul(i32.and(depth, i32.const(-4)), i32.const(bytes)))),
    upTo(
      p,
      get(end),
      4 * bytes,
      Array.from({ length: vectors }, (_, v) => square(v)),
      increase(b, i32.const(4 * step)),
    ),
  ]
  return [
    set(b, from),
    set(p, to),
    turns ? squares : [],
    set(end, i32.add(to, i32.mul(depth, i32.const(bytes)))),
    single,
  ]
}

/** A kernel that sums left·right over the last axis of a space [..., M, N, K].
 *  @param threads how many will share the work */
export const productKernel = (
  space: readonly number[],
  left: Read,
  right: Read,
  reads: readonly number[],
  threads: number,
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
  const rowBlocks = Math.ceil(M / ROWS)
  // Few matrices of few rows are shared by columns: then each thread packs its own.
  const wanted = Math.ceil((4 * threads) / (batches * rowBlocks))
  const columns = 16 * Math.ceil(N / 16 / Math.min(wanted, Math.ceil(N / 16)))
  const columnBlocks = Math.ceil(N / columns)
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
    const panel = (vectors: number, count: number): Code => {
      const rows = rowsBy(vectors)
      const lanes = count - (vectors - 1) * LANES
      const some = (n: number): Code =>
        call(
          helper(nameOf({ rows: n, vectors, lanes })),
          i32.add(i32.add(get(a0), times(m, down)), times(k, along)),
          get(SCRATCH),
          i32.add(i32.add(get(y0), times(m, N * FLOAT)), times(j, FLOAT)),
          get(depth),
          i32.const(down),
          i32.const(along),
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
  const helpers = Object.fromEntries(tiles.map(tile => [nameOf(tile), tileFunction(tile)]))
  return { units: batches * columnBlocks * rowBlocks, body, helpers }
}
