/** Packs elements that are apart side by side, as tiles read them. */
import { type Code, get, i32, increase, type Local, set, upTo, v128 } from '../assembler/instructions'
import { FLOAT, LANES } from './kernel'
import type { Writer } from './lanes'

/** What is packed: for each step along one axis, the neighbours along the other one. */
export interface Packing {
  /** The address of the first element, and where its copy goes. */
  readonly from: Code
  readonly to: Code
  /** How many steps there are. */
  readonly depth: Code
  /** Bytes from one step to the next, and from one neighbour to the next. */
  readonly step: number
  readonly side: number
  /** How many neighbours there are; what is packed beyond them, to whole vectors, is never used. */
  readonly count: number
  /** Bytes from the neighbours of one step to those of the next, once packed: side by side, where left out. */
  readonly pitch?: number
}

/** Four steps and four neighbours, turned: where steps lie side by side, rows are read and columns are written. */
const turnedSquare = (
  { side, count, pitch = 0 }: Packing,
  [from, to]: readonly [Local, Local],
  v: number,
  { local }: Pick<Writer, 'local'>,
): Code => {
  const lanes = Math.min(LANES, count - v * LANES)
  const rows = Array.from({ length: LANES }, () => local('v128'))
  const halves = Array.from({ length: LANES }, () => local('v128'))
  const shuffled = (x: Local, y: Local, order: readonly number[]): Code => v128.shuffle(get(x), get(y), order)
  const [low, high] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ] as const
  const pairs = [
    [0, 1, low],
    [0, 1, high],
    [2, 3, low],
    [2, 3, high],
  ] as const
  const [first, second] = [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ] as const
  const columns = [
    [0, first],
    [0, second],
    [1, first],
    [1, second],
  ] as const
  return [
    // Rows beyond the last keep what they had.
    rows.map((l, i) => (i < lanes ? set(l, v128.load(get(from), (v * LANES + i) * side)) : [])),
    pairs.map(([i, j, order], h) => set(halves[h]!, shuffled(rows[i]!, rows[j]!, order))),
    columns.map(([h, order], i) =>
      v128.store(get(to), i * pitch + v * 16, shuffled(halves[h]!, halves[h + 2]!, order)),
    ),
  ]
}

/** The code that packs. */
export const pack = (packing: Packing, writer: Pick<Writer, 'local'>): Code => {
  const { from, to, depth, step, side, count } = packing
  const vectors = Math.ceil(count / LANES)
  const pitch = packing.pitch ?? 16 * vectors
  const [b, p, end] = [writer.local('i32'), writer.local('i32'), writer.local('i32')]
  const vector = (v: number): Code => {
    const at = v * LANES * side
    if (side === FLOAT) return v128.load(get(b), at)
    const others = [1, 2, 3].slice(0, Math.min(LANES, count - v * LANES) - 1)
    return others.reduce<Code>((x, l) => v128.loadLane(get(b), x, l, at + l * side), v128.loadZero(get(b), at))
  }
  const all = Array.from({ length: vectors }, (_, v) => v)
  const single = upTo(
    p,
    get(end),
    pitch,
    all.map(v => v128.store(get(p), v * 16, vector(v))),
    increase(b, i32.const(step)),
  )
  const turns = step === FLOAT && side !== FLOAT
  const squares = (): Code => [
    set(end, i32.add(get(p), i32.mul(i32.and(depth, i32.const(-4)), i32.const(pitch)))),
    upTo(
      p,
      get(end),
      4 * pitch,
      all.map(v => turnedSquare({ ...packing, pitch }, [b, p], v, writer)),
      increase(b, i32.const(4 * step)),
    ),
  ]
  return [
    set(b, from),
    set(p, to),
    turns ? squares() : [],
    set(end, i32.add(to, i32.mul(depth, i32.const(pitch)))),
    single,
  ]
}
