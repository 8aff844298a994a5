/** Attention in WebAssembly without a matrix of scores. A thread takes some rows (queries; for the gradients of keys and values,
 *  keys) and goes through blocks of the columns: scores, and what is made of them, stay within the cache. The output is rescaled
 *  where a larger score is found, an online softmax; gradients compute scores again, with the logarithm of each row's sum. */
import { attentionSizes, attentionTable } from '../../plan/attention'
import type { Attention } from '../../plan/work'
import { type Code, get, i32, type Local, select, set, times, upTo } from '../assembler/instructions'
import type { MultiplyAdd } from '../assembler/multiply-add'
import { bodyOf } from './attention-blocks'
import { blockTiles, MOST } from './block-product'
import { addressOf, argument, FLOAT, FROM, type KernelWriter, TO, unravel, type WasmKernel } from './kernel'
import { nameOf, tileFunction } from './tile'

/** The fewest rows that a thread takes. */
const MIN_ROWS = 16

/** A number in even parts of at most so many, which are whole multiples of another number. */
const evenly = (n: number, most: number, multiple: number): number =>
  Math.min(n, Math.ceil(n / Math.ceil(n / most) / multiple) * multiple)

/** A kernel that computes attention, or a gradient of it.
 *  @param reads the arrays that are its arguments, in order
 *  @param threads how many will share the work
 *  @param multiplyAdd how an element is added to a sum */
export const attentionKernel = (
  work: Attention,
  reads: readonly number[],
  threads: number,
  multiplyAdd: MultiplyAdd,
): WasmKernel => {
  const { of, operands } = work
  const { d, e } = attentionSizes(operands)
  const { matrices, rows, columns, width } = attentionTable(work)
  const wanted = Math.max(MIN_ROWS, Math.ceil((matrices * rows) / (4 * threads)))
  const rowsEach = evenly(rows, Math.min(MOST, wanted), 4)
  const rowBlocks = Math.ceil(rows / rowsEach)
  const columnsEach = evenly(columns, MOST, 16)
  const rest = columns % columnsEach
  const batch = operands[0]!.at.shape.slice(0, -2)

  const body = (writer: KernelWriter): Code => {
    const local = (): Local => writer.local('i32')
    const [matrix, row, count, block, y] = [local(), local(), local(), local(), local()]
    const bases = operands.map(local)
    const index = unravel(matrix, batch)
    const { inBlock, inTheEnd } = bodyOf(work, { bases, row, count, block, y }, writer)
    return upTo(
      FROM,
      get(TO),
      1,
      set(row, i32.mul(i32.remU(get(FROM), i32.const(rowBlocks)), i32.const(rowsEach))),
      set(count, i32.sub(i32.const(rows), get(row))),
      set(count, select(get(count), i32.const(rowsEach), i32.ltU(get(count), i32.const(rowsEach)))),
      set(matrix, i32.divU(get(FROM), i32.const(rowBlocks))),
      operands.map(({ array, at: { offset, stride } }, i) =>
        set(bases[i]!, addressOf(argument(reads.indexOf(array)), { offset, stride: stride.slice(0, -2) }, index)),
      ),
      set(y, i32.mul(i32.add(times(matrix, rows), get(row)), i32.const(width * FLOAT))),
      set(y, i32.add(argument(reads.length), get(y))),
      set(block, i32.const(0)),
      upTo(block, i32.const(columns - rest), columnsEach, inBlock(columnsEach)),
      rest > 0 ? inBlock(rest) : [],
      inTheEnd,
    )
  }
  const tiles = [columnsEach, rest, ...(of === 'output' ? [] : [d]), e].flatMap(blockTiles)
  return {
    units: matrices * rowBlocks,
    body,
    helpers: Object.fromEntries(tiles.map(tile => [nameOf(tile), tileFunction(tile, multiplyAdd)])),
  }
}
