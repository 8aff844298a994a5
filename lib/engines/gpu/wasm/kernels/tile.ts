/** What a matrix product does within the cache next to the processor: it keeps a tile of Y in SIMD registers while it walks
 *  along K, beside columns of B that were packed side by side. */
import {
  branchIf,
  type Code,
  get,
  i32,
  increase,
  type Local,
  loop,
  set,
  tee,
  v128,
  when,
} from '../assembler/instructions'
import type { Definition } from '../assembler/module'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { FLOAT, LANES } from './kernel'

/** A part of Y: so many rows by vectors of columns, of the last of which so many lanes are of Y. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
  readonly lanes: number
}
/** As many sums as the registers hold beside what is loaded: V8 gives fifteen, and loads all of a step at once. */
const rowsBy = (vectors: number): number => (vectors > 2 ? 2 : 4)
/** The tiles for so many columns: several rows at once, and one. */
export const tilesFor = (columns: number): readonly [several: Tile, one: Tile] => {
  const vectors = Math.ceil(columns / LANES)
  const lanes = columns - (vectors - 1) * LANES
  return [
    { rows: rowsBy(vectors), vectors, lanes },
    { rows: 1, vectors, lanes },
  ]
}
export const nameOf = ({ rows, vectors, lanes }: Tile): string => `${rows} by ${vectors}, ${lanes}`
const tileType = {
  params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  results: [],
} as const

/** The lanes of a vector of Y's row in memory, which may be fewer than four. */
const partOfRow = (v: number, lanes: number) => {
  const all = Array.from({ length: lanes }, (_, lane) => lane)
  const load = (at: Local): Code =>
    lanes === LANES
      ? v128.load(get(at), v * 16)
      : all
          .slice(1)
          .reduce<Code>(
            (x, lane) => v128.loadLane(get(at), x, lane, v * 16 + lane * FLOAT),
            v128.loadZero(get(at), v * 16),
          )
  const store = (at: Local, sum: Local): Code =>
    lanes === LANES
      ? v128.store(get(at), v * 16, get(sum))
      : all.map(lane => v128.storeLane(get(at), get(sum), lane, v * 16 + lane * FLOAT))
  return { load, store }
}

/** A function (a, b, y, k, down, along, next, more): adds k products of A's rows, `down` bytes apart, whose elements are
 *  `along` bytes apart, with packed columns, to rows of Y, `next` bytes apart; where `more` is 0 these begin at 0. */
export const tileFunction = ({ rows, vectors, lanes }: Tile, multiplyAdd: MultiplyAdd): Definition => ({
  ...tileType,
  body: local => {
    const [A, B, Y, K, DOWN, ALONG, NEXT, MORE] = [0, 1, 2, 3, 4, 5, 6, 7] as const
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => local('v128')))
    const b = Array.from({ length: vectors }, () => local('v128'))
    const a = Array.from({ length: rows }, (_, r) => (r === 0 ? A : local('i32')))
    const y = Array.from({ length: rows }, (_, r) => (r === 0 ? Y : local('i32')))
    const s = local('v128')
    const below = (locals: readonly Local[], step: Local): Code =>
      locals.slice(1).map((l, r) => set(l, i32.add(get(locals[r]!), get(step))))
    const parts = b.map((_, v) => partOfRow(v, v < vectors - 1 ? LANES : lanes))
    return [
      below(a, DOWN),
      below(y, NEXT),
      when(
        get(MORE),
        sums.map((row, r) => row.map((sum, v) => set(sum, parts[v]!.load(y[r]!)))),
      ),
      loop(
        b.map((l, v) => set(l, v128.load(get(B), v * 16))),
        sums.map((row, r) => [
          set(s, v128.loadSplat(get(a[r]!))),
          row.map((sum, v) => set(sum, multiplyAdd(get(s), get(b[v]!), get(sum)))),
        ]),
        a.map(l => increase(l, get(ALONG))),
        increase(B, i32.const(16 * vectors)),
        branchIf(0, tee(K, i32.sub(get(K), i32.const(1)))),
      ),
      sums.map((row, r) => row.map((sum, v) => parts[v]!.store(y[r]!, sum))),
    ]
  },
})
