/** Positions of some places for others, as PyTorch's `interpolate(align_corners=False)` resizes pictures. */
import { count, optional, strict, tensor, word } from '../tensor/given'
import { dtypeOf, fromArray, storage, type Tensor, UserError } from '../tensor'
import { concat, matmul, reshape, split } from '../primitives'

/** How a place between others is made of them. */
export type Resizing = 'bicubic' | 'linear' | 'nearest'
const how = optional(word('bicubic', 'linear', 'nearest'))

/** The cubic convolution kernel with a = −3/4: how much of a pixel at distance t a new one takes. */
const cubic = (t: number): number => {
  const [a, x] = [-0.75, Math.abs(t)]
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
}

/** What of each old place a new one takes, `[to, from]`: places are aligned by their edges, and those at the border are
 *  repeated beyond it. */
const weights = (how: Resizing, to: number, from: number, like: Tensor): Tensor => {
  const matrix = storage(to * from, 'float64')
  const take = (i: number, j: number, part: number): void => {
    matrix[i * from + Math.min(Math.max(j, 0), from - 1)]! += part
  }
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5
    const first = Math.floor(centre)
    // The ratio is of single precision there, which counts where a place lies on an edge.
    if (how === 'nearest') take(i, Math.floor(Math.fround(i * Math.fround(from / to))), 1)
    else if (how === 'linear') for (const j of [first, first + 1]) take(i, j, 1 - Math.abs(centre - j))
    else for (let j = first - 1; j <= first + 2; j++) take(i, j, cubic(centre - j))
  }
  return fromArray(matrix, [to, from], dtypeOf(like))
}

/** Temporal positions `[T, 1, C']` for another number of frames. */
export const resizeFrames = strict(
  'resizeFrames',
  { P_t: tensor, frames: count, how },
  (P_t: Tensor, frames: number, how: Resizing = 'linear'): Tensor => {
    const [T, , C] = P_t.shape as [number, number, number]
    return reshape(matmul(weights(how, frames, T, P_t), reshape(P_t, [T, C])), [frames, 1, C])
  },
)

/** A position embedding `[1, 1+P, C']` of a square grid of patches for another grid: the class token's is kept, the
 *  patches' are resized.
 *  Throws UserError where P is no square. */
export const resizePosition = strict(
  'resizePosition',
  { P_s: tensor, rows: count, columns: count, how },
  (P_s: Tensor, rows: number, columns: number, how: Resizing = 'bicubic'): Tensor => {
    const [P, C] = [P_s.shape[1]! - 1, P_s.shape[2]!]
    const side = Math.sqrt(P)
    if (!Number.isInteger(side) || side === 0)
      throw new UserError(`a position embedding must be of a square grid, got ${P} patches`)
    const [P_cls, P_V] = split(P_s, 1, [1, P])
    const down = matmul(weights(how, rows, side, P_s), reshape(P_V, [side, side * C])) // [rows, side*C']
    const across = matmul(weights(how, columns, side, P_s), reshape(down, [rows, side, C])) // [rows, columns, C']
    return concat(1, P_cls, reshape(across, [1, rows * columns, C]))
  },
)

/** A position embedding `[1, 1+T·P, C']` of square grids, one for each of T times, for other grids and times: each place is
 *  resized along time, linearly, then each grid as a picture. */
export const resizeTubelets = (
  P: Tensor,
  times: number,
  to: { readonly times: number; readonly rows: number; readonly columns: number },
): Tensor => {
  const [N, C] = [P.shape[1]! - 1, P.shape[2]!]
  const side = Math.sqrt(N / times)
  const { rows, columns } = to
  const [P_cls, P_V] = split(P, 1, [1, N])
  const along = matmul(weights('linear', to.times, times, P), reshape(P_V, [times, side * side * C]))
  const down = matmul(weights('bicubic', rows, side, P), reshape(along, [to.times, side, side * C]))
  const across = matmul(weights('bicubic', columns, side, P), reshape(down, [to.times, rows, side, C]))
  return concat(1, P_cls, reshape(across, [1, to.times * rows * columns, C]))
}
