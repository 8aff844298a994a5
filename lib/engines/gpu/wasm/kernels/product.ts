/** Matrix products Y = A·B in WebAssembly. The columns of B that tiles of Y need are packed for a part of K that fits the cache
 *  next to the processor, and used for as many rows of A as fit the one behind it. Sums are in the order of K, as in the
 *  plain loop. */
import { sizeOf } from '../../../../tensor'
import { type ProductLayout, productLayout } from '../../plan/product'
import type { Product } from '../../plan/work'
import { call, type Code, get, i32, type Local, select, set, times, upTo, when } from '../assembler/instructions'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { addressOf, argument, FLOAT, FROM, type KernelWriter, SCRATCH, TO, unravel, type WasmKernel } from './kernel'
import { pack } from './pack'
import { nameOf, type Tile, tileFunction, tilesFor } from './tile'

/** Columns of Y that a tile is wide, where there are as many. */
const WIDTH = 16
/** Steps along K whose part of B is packed at a time: with 16 columns, 16 KiB. */
const DEPTH = 256
/** Rows of A that use it: with that many steps, 256 KiB. */
const ROWS = 256
/** Bytes of a packed part of B, and of one of A. */
const [PART_OF_B, PART_OF_A] = [DEPTH * WIDTH * FLOAT, DEPTH * ROWS * FLOAT]
/** Bytes that a thread needs for them. */
export const SCRATCH_BYTES = PART_OF_B + PART_OF_A
/** Columns of Y from which on it is worth while to pack rows of A whose elements are apart. */
const MIN_COLUMNS_TO_PACK = 48
/** The fewest rows that a thread takes. */
const MIN_ROWS = 32

/** How Y is cut into blocks, which threads share. */
interface Blocks {
  readonly rowBlocks: number
  readonly rowsEach: number
  readonly columns: number
  readonly columnBlocks: number
  /** Whether rows of A are packed too. */
  readonly packed: boolean
}
const blocksOf = ({ M, N, batch, a }: ProductLayout, threads: number): Blocks => {
  const batches = sizeOf(batch.sizes)
  const several = Math.min(threads * Math.ceil(M / ROWS / threads), Math.ceil(M / MIN_ROWS))
  const rowBlocks = batches < 4 * threads ? several : Math.ceil(M / ROWS)
  // Few matrices of few rows are shared by columns too.
  const wanted = threads === 1 ? 1 : Math.ceil(threads / (batches * rowBlocks))
  const columns = WIDTH * Math.ceil(N / WIDTH / Math.min(wanted, Math.ceil(N / WIDTH)))
  return {
    rowBlocks,
    rowsEach: Math.ceil(M / rowBlocks / 4) * 4,
    columns,
    columnBlocks: Math.ceil(N / columns),
    packed: a.along !== 1 && Math.min(columns, N) >= MIN_COLUMNS_TO_PACK,
  }
}

/** Where a block is, and what of it is done: locals. */
interface Place {
  /** Where the block's matrices begin. */
  readonly a: Local
  readonly b: Local
  readonly y: Local
  /** Its rows, row … toRow−1, and the one that is done. */
  readonly row: Local
  readonly toRow: Local
  readonly m: Local
  /** Its first column that is done, or, while A is packed, the step from k on. */
  readonly j: Local
  /** The part of K: it begins at k, and has so many steps. */
  readonly k: Local
  readonly depth: Local
}
const atMost = (l: Local, size: number): Code => select(get(l), i32.const(size), i32.ltU(get(l), i32.const(size)))
const packedA = i32.add(get(SCRATCH), i32.const(PART_OF_B))

/** Where row m of A's part of K begins. */
const partOfA = ({ a }: ProductLayout, place: Place, m: Local): Code =>
  i32.add(i32.add(get(place.a), times(m, a.across * FLOAT)), times(place.k, a.along * FLOAT))

/** Packs the part of K of all rows of a block of A, a row after the other. */
const packRows = (layout: ProductLayout, place: Place, writer: KernelWriter): Code => {
  const { a, K } = layout
  const { j, row, toRow, depth } = place
  const steps = (count: number): Code =>
    pack(
      {
        from: i32.add(partOfA(layout, place, row), times(j, a.along * FLOAT)),
        to: i32.add(packedA, times(j, FLOAT)),
        depth: i32.sub(get(toRow), get(row)),
        step: a.across * FLOAT,
        side: a.along * FLOAT,
        count,
        pitch: DEPTH * FLOAT,
      },
      writer,
    )
  return [
    set(j, i32.const(0)),
    upTo(j, i32.and(get(depth), i32.const(-WIDTH)), WIDTH, steps(WIDTH)),
    K % WIDTH > 0 ? when(i32.ltU(get(j), get(depth)), steps(K % WIDTH)) : [],
  ]
}

/** A panel of Y: all rows of a block by so many columns. */
const panel = (layout: ProductLayout, place: Place, packed: boolean, count: number, writer: KernelWriter): Code => {
  const { M, N, a, b } = layout
  const { m, row, toRow, j, k, depth } = place
  const [several, one] = tilesFor(count)
  const [down, along] = packed ? [DEPTH * FLOAT, FLOAT] : [a.across * FLOAT, a.along * FLOAT]
  const tile = (which: typeof one): Code =>
    call(
      writer.helper(nameOf(which)),
      packed ? i32.add(packedA, i32.mul(i32.sub(get(m), get(row)), i32.const(down))) : partOfA(layout, place, m),
      get(SCRATCH),
      i32.add(i32.add(get(place.y), times(m, N * FLOAT)), times(j, FLOAT)),
      get(depth),
      i32.const(down),
      i32.const(along),
      i32.const(N * FLOAT),
      get(k),
    )
  const [step, side] = [b.along * FLOAT, b.across * FLOAT]
  const from = i32.add(i32.add(get(place.b), times(k, step)), times(j, side))
  return [
    pack({ from, to: get(SCRATCH), depth: get(depth), step, side, count }, writer),
    set(m, get(row)),
    M >= several.rows ? upTo(m, i32.sub(get(toRow), i32.const(several.rows - 1)), several.rows, tile(several)) : [],
    M % several.rows > 0 ? upTo(m, get(toRow), 1, tile(one)) : [],
  ]
}

/** The code of all blocks that a thread takes. */
const blocksCode = (layout: ProductLayout, blocks: Blocks, reads: readonly number[], writer: KernelWriter): Code => {
  const { M, N, K, batch, a, b } = layout
  const { rowBlocks, rowsEach, columns, columnBlocks, packed } = blocks
  const local = (): Local => writer.local('i32')
  const place: Place = { a: local(), b: local(), y: local(), row: local(), toRow: local(), m: local(), j: local(), k: local(), depth: local() } // prettier-ignore
  const [matrix, column, toColumn] = [local(), local(), local()]
  const { row, toRow, j, k, depth } = place
  const index = unravel(matrix, batch.sizes)
  const start = ({ array, offset }: typeof a, stride: readonly number[]): Code =>
    addressOf(argument(reads.indexOf(array)), { offset, stride }, index)
  const rest = N % WIDTH
  return upTo(
    FROM,
    get(TO),
    1,
    set(row, i32.mul(i32.remU(get(FROM), i32.const(rowBlocks)), i32.const(rowsEach))),
    set(toRow, i32.add(get(row), i32.const(rowsEach))),
    set(toRow, atMost(toRow, M)),
    set(matrix, i32.divU(get(FROM), i32.const(rowBlocks))),
    set(column, i32.mul(i32.remU(get(matrix), i32.const(columnBlocks)), i32.const(columns))),
    set(toColumn, i32.add(get(column), i32.const(columns))),
    set(matrix, i32.divU(get(matrix), i32.const(columnBlocks))),
    set(place.a, start(a, batch.a)),
    set(place.b, start(b, batch.b)),
    set(place.y, i32.add(argument(reads.length), times(matrix, M * N * FLOAT))),
    set(k, i32.const(0)),
    upTo(
      k,
      i32.const(K),
      DEPTH,
      set(depth, i32.sub(i32.const(K), get(k))),
      set(depth, atMost(depth, DEPTH)),
      packed ? packRows(layout, place, writer) : [],
      set(j, get(column)),
      N >= WIDTH ? upTo(j, atMost(toColumn, N - rest), WIDTH, panel(layout, place, packed, WIDTH, writer)) : [],
      rest > 0 ? when(i32.geU(get(toColumn), i32.const(N)), panel(layout, place, packed, rest, writer)) : [],
    ),
  )
}

export interface ProductKernel extends WasmKernel {
  /** The tiles that its function calls upon. */
  readonly tiles: readonly Tile[]
}
/** A kernel that computes a product.
 *  @param reads the arrays that are its arguments, in order
 *  @param threads how many will share the work
 *  @param multiplyAdd how an element is added to a sum */
export const productKernel = (
  { space, left, right }: Product,
  reads: readonly number[],
  threads: number,
  multiplyAdd: MultiplyAdd,
): ProductKernel => {
  const layout = productLayout(space, left, right)
  const blocks = blocksOf(layout, threads)
  const { N, batch } = layout
  const counts = [...(N >= WIDTH ? [WIDTH] : []), ...(N % WIDTH > 0 ? [N % WIDTH] : [])]
  const tiles = counts.flatMap(tilesFor)
  return {
    units: sizeOf(batch.sizes) * blocks.columnBlocks * blocks.rowBlocks,
    body: writer => blocksCode(layout, blocks, reads, writer),
    tiles,
    helpers: Object.fromEntries(tiles.map(tile => [nameOf(tile), tileFunction(tile, multiplyAdd)])),
  }
}
