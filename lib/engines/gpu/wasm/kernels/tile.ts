/** What a matrix product does within the cache next to the processor: it keeps a tile of Y in SIMD registers while it walks
 *  along K, beside columns of B that were packed side by side. */
import {
  branchIf,
  type Code,
  type Definition,
  get,
  i32,
  increase,
  loop,
  set,
  tee,
  upTo,
  v128,
  when,
} from '../assembler/instructions'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { FLOAT, LANES } from './kernel'

/** A part of Y: so many rows by vectors of columns, of the last of which so many lanes are of Y. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
  readonly lanes: number
}
/** As many sums as the registers hold beside what is loaded: V8 gives fifteen, and loads all of a step at once. */
export const rowsBy = (vectors: number): number => (vectors > 2 ? 2 : 4)
export const nameOf = ({ rows, vectors, lanes }: Tile): string => `${rows} by ${vectors}, ${lanes}`
const tileType = {
  params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  results: [],
} as const

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
          row.map((sum, v) => set(sum, multiplyAdd(get(s), get(b[v]!), get(sum)))),
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
 *  @param columns how many are of B: what is packed of others is never used
 *  @param bytes from the packed columns of one step to those of the next */
export const pack = (
  from: Code,
  to: Code,
  depth: Code,
  [step, side]: readonly [number, number],
  [vectors, columns]: readonly [number, number],
  local: (type: 'i32' | 'v128') => number,
  bytes = 16 * vectors,
): Code => {
  const [b, p, end] = [local('i32'), local('i32'), local('i32')]
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
