/** Products of blocks whose sizes fit the caches, as attention needs them: Y = A·B, or Y + A·B, of all rows that a thread has. */
import { call, type Code, get, i32, increase, set, times, upTo } from '../assembler/instructions'
import { FLOAT, type KernelWriter, SCRATCH } from './kernel'
import { pack } from './pack'
import { nameOf, type Tile, tilesFor } from './tile'

/** Columns that are packed side by side, and so many steps of each at a time: 16 KiB, at the beginning of a thread's scratch memory. */
const [WIDTH, DEPTH] = [16, 256] as const
/** Bytes of scratch memory that are taken. */
export const PANEL_BYTES = WIDTH * DEPTH * FLOAT
/** The most rows, and columns, of a block of scores: 64 KiB of them. */
export const MOST = 128

/** Where the elements of a matrix begin, and bytes from one row to the next and from one column to the next. */
export interface Lies {
  readonly at: Code
  readonly down: number
  readonly along: number
}
export interface BlockProduct {
  readonly a: Lies
  readonly b: Lies
  /** Its columns lie side by side. */
  readonly y: Omit<Lies, 'along'>
  /** How many rows there are. */
  readonly rows: Code
  readonly depth: number
  readonly columns: number
  /** Code that is 0 where Y begins at 0. */
  readonly more: Code
}

/** The tiles of blocks with so many columns. */
export const blockTiles = (columns: number): readonly Tile[] =>
  [...(columns >= WIDTH ? [WIDTH] : []), ...(columns % WIDTH > 0 ? [columns % WIDTH] : [])].flatMap(tilesFor)

/** The code of a product. */
export const blockProduct = ({ a, b, y, rows, depth, columns, more }: BlockProduct, writer: KernelWriter): Code => {
  const [column, left, from, to] = [writer.local('i32'), writer.local('i32'), writer.local('i32'), writer.local('i32')]
  const parts = Array.from({ length: Math.ceil(depth / DEPTH) }, (_, i) => i * DEPTH)
  const tile = (which: Tile, k: number, steps: number): Code => [
    call(
      writer.helper(nameOf(which)),
      get(from),
      get(SCRATCH),
      get(to),
      i32.const(steps),
      i32.const(a.down),
      i32.const(a.along),
      i32.const(y.down),
      k === 0 ? more : i32.const(1),
    ),
    increase(from, i32.const(which.rows * a.down)),
    increase(to, i32.const(which.rows * y.down)),
  ]
  const panel = (count: number): Code =>
    parts.map(k => {
      const steps = Math.min(DEPTH, depth - k)
      const [several, one] = tilesFor(count)
      const begin = i32.add(i32.add(b.at, times(column, b.along)), i32.const(k * b.down))
      return [
        pack({ from: begin, to: get(SCRATCH), depth: i32.const(steps), step: b.down, side: b.along, count }, writer),
        set(from, i32.add(a.at, i32.const(k * a.along))),
        set(to, i32.add(y.at, times(column, FLOAT))),
        set(left, i32.const(several.rows - 1)),
        upTo(left, rows, several.rows, tile(several, k, steps)),
        // As many rows as are over: `left` has passed the last of them by one less than several.
        increase(left, i32.const(1 - several.rows)),
        upTo(left, rows, 1, tile(one, k, steps)),
      ]
    })
  const rest = columns % WIDTH
  return [
    set(column, i32.const(0)),
    columns >= WIDTH ? upTo(column, i32.const(columns - rest), WIDTH, panel(WIDTH)) : [],
    rest > 0 ? panel(rest) : [],
  ]
}
