/** Views and copies of tensors, which may be strided, offset, transposed, reversed or repeated (stride 0). */
import { anyTensor, dtype, listOf, optional, strict, tensor, text } from './given'
import { printed } from './print'
import {
  type DType,
  dtypeOf,
  fromArray,
  isTensor,
  type Labels,
  laid,
  over,
  type Real,
  type Shape,
  sizeOf,
  storage,
  type Tensor,
} from './tensor'
import { ShapeError } from './errors'
import { shown } from './words'

/** Row-major strides: `[L, S, C'] -> [S*C', C', 1]`. */
export const strides = (shape: Shape): number[] => {
  const s = new Array<number>(shape.length)
  for (let i = shape.length - 1, n = 1; i >= 0; n *= shape[i]!, i--) s[i] = n
  return s
}

/** Whether the elements lie in row-major order without gaps. */
const isContiguous = (x: Tensor): boolean => {
  const s = strides(x.shape)
  return x.shape.every((n, i) => n === 1 || x.stride[i] === s[i])
}

/** The elements in row-major order: the very storage where it is already so (do not write to it), else a copy. */
export const flat = strict('flat', (x: Tensor): Real => {
  if (!isTensor(x)) throw new ShapeError(`flat: x must be a tensor, got ${shown(x)}`)
  const n = sizeOf(x.shape)
  if (isContiguous(x)) return x.offset === 0 && x.data.length === n ? x.data : x.data.subarray(x.offset, x.offset + n)
  const { shape, stride, data } = x
  const copy = storage(n, dtypeOf(x))
  if (stride.every(step => step === 0)) return copy.fill(data[x.offset]!)
  let to = 0
  const walk = (axis: number, at: number): void => {
    const [size, step] = [shape[axis]!, stride[axis]!]
    if (axis < shape.length - 1) for (let i = 0; i < size; i++) walk(axis + 1, at + i * step)
    else for (let i = 0; i < size; i++) copy[to++] = data[at + i * step]!
  }
  walk(0, x.offset)
  return copy
})

/** The number that all elements are, where they are one: at once, where a single one is repeated. */
export const uniform = (x: Tensor): number | undefined => {
  if (sizeOf(x.shape) === 0) return undefined
  if (x.shape.every((n, i) => n === 1 || x.stride[i] === 0)) return x.data[x.offset]
  const values = flat(x)
  return values.every(v => Object.is(v, values[0])) ? values[0] : undefined
}

/** The same elements under another shape of the same size; a view where the storage allows it. */
export const reshaped = (x: Tensor, shape: Shape): Tensor =>
  isContiguous(x) ? laid(x.data, shape, strides(shape), x.offset) : over(flat(x), shape)

/** The strides under which the elements of `x` repeat along the dimensions where its size is 1 or missing (numpy's rule). */
export const repeatedStrides = (
  x: { readonly shape: Shape; readonly stride: readonly number[] },
  shape: Shape,
): number[] => {
  const lead = shape.length - x.shape.length
  return shape.map((n, i) => (i < lead || x.shape[i - lead] !== n ? 0 : x.stride[i - lead]!))
}

/** A view that repeats `x` along the dimensions where its size is 1 or missing. */
export const repeated = (x: Tensor, shape: Shape): Tensor => laid(x.data, shape, repeatedStrides(x, shape), x.offset)

/** The same numbers in another element type. */
export const cast = strict('cast', { x: tensor, dtype }, <S extends Labels>(x: Tensor<S>, dtype: DType): Tensor<S> =>
  dtypeOf(x) === dtype ? x : fromArray(flat(x), x.shape, dtype),
)

/** The elements as nested JavaScript arrays, to look at. */
export const toArray = strict('toArray', { x: tensor }, (x: Tensor): unknown => {
  const nest = (at: number, depth: number): unknown =>
    depth === x.shape.length
      ? x.data[at]
      : Array.from({ length: x.shape[depth]! }, (_, i) => nest(at + i * x.stride[depth]!, depth + 1))
  return nest(x.offset, 0)
})

/** A tensor in words, as `String(x)` and `console.log(x)` have it: shape, element type, and values, those in the middle of long
 *  axes left out. Throws ShapeError for another number of labels than the tensor has dimensions.
 *  @param labels what its dimensions are called, which is of its type alone, so that it does not know it when it runs */
export const toText = strict(
  'toText',
  { x: anyTensor, labels: optional(listOf(text)) },
  <S extends Labels>(x: Tensor<S>, labels?: NoInfer<S>): string => {
    if (labels && labels.length !== x.shape.length)
      throw new ShapeError(`toText: the labels must be ${x.shape.length}, got ${labels.length}: [${labels.join(', ')}]`)
    return printed(x, labels)
  },
)
