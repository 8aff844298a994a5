/** A tensor is a scijs ndarray of float32 or float64 numbers whose type carries the labels of its dimensions. */
import ndarray, { type NdArray } from 'ndarray'
import { atMost } from './arguments'
import { DTypeError, must, ShapeError, UserError } from './errors'
import { checkMemory } from './memory'
import { printing, prints } from './print'
import { shown } from './words'

/** What holds the elements of a tensor. */
export type Real = Float32Array | Float64Array
/** The type of the elements of a tensor. */
export type DType = 'float32' | 'float64'
/** The sizes of the dimensions, e.g. `[16, 5, 32]`. */
export type Shape = readonly number[]
/** Dimension labels, e.g. `['B*T', '1+P', "C'"]`. */
export type Labels = readonly string[]

declare const labels: unique symbol
/** `Tensor<['B*T', 'P', 'C']>` names its dimensions; `Tensor` alone has a shape known only when it runs.
 *  The brand is optional, so that a plain ndarray is accepted wherever a tensor is, and checked when it runs. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` is what lets an unlabelled tensor fit every label
export interface Tensor<S extends Labels = any> extends NdArray<Real> {
  readonly [labels]?: S | undefined
}

/** The labels of a tensor of which a shape is known: as many as a literal shape has sizes, `[2, 3]`, each of which fits every other. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Ranked<S extends Shape> = number extends S['length'] ? any : { -readonly [K in keyof S]: any }

/** The number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

/** Whether two shapes have the same rank and sizes. */
export const sameSizes = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i])

/** Whether two tensors have the same rank and sizes. */
export const sameShape = <S extends Labels>(a: Tensor<S>, b: Tensor): b is Tensor<S> => sameSizes(a.shape, b.shape)

/** Whether a value is an ndarray or something that behaves like one (a tracer does). */
export const isTensor = (x: unknown): x is Tensor =>
  typeof x === 'object' && x !== null && 'shape' in x && 'stride' in x && 'data' in x

/** The element type of a tensor. Throws DTypeError for an ndarray of anything but float32 or float64. */
export const dtypeOf = (x: Tensor): DType => {
  if (!isTensor(x)) throw new DTypeError(`a tensor must hold float32 or float64, got ${shown(x)}`)
  const { dtype } = x
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`a tensor must hold float32 or float64, got an ndarray of ${String(dtype)}`)
  return dtype
}

// ---- construction ----------------------------------------------------------------------------------------------------

/** Storage for `n` elements, all 0. Throws ShapeError where there is less memory than they need. */
export const storage = (n: number, dtype: DType): Real => {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`the type of a tensor must be float32 or float64, got ${shown(dtype)}`)
  if (!(Number.isSafeInteger(n) && n >= 0))
    throw new ShapeError(`a tensor must have a number of elements, got ${shown(n)}`)
  const bytes = n * (dtype === 'float32' ? 4 : 8)
  if (bytes > LARGE) checkMemory(`a tensor of ${n} elements`, bytes)
  try {
    return dtype === 'float32' ? new Float32Array(n) : new Float64Array(n)
  } catch (error) {
    throw new ShapeError(`a tensor of ${n} elements must fit into memory, got none for its ${bytes} bytes`, {
      cause: error,
    })
  }
}
/** Bytes that every machine has. */
const LARGE = 2 ** 24

/** A tensor whose elements lie anyhow in existing storage; in row-major order where no strides are given. */
export const laid = <S extends Labels>(
  data: Real,
  shape: Shape,
  stride?: readonly number[],
  offset?: number,
): Tensor<S> => {
  const x = ndarray<Real>(data, [...shape], stride && [...stride], offset)
  // Those of lower ranks are its views.
  if (!prints(x)) printing(Array.from({ length: shape.length + 1 }, (_, rank) => ndarray(data, Array(rank).fill(0))))
  return x
}

/** A tensor over existing storage, in row-major order. */
export const over = <S extends Labels>(data: Real, shape: Shape): Tensor<S> => laid(data, shape)

/** A shape, where it is one. Throws ShapeError for anything else than a list of whole numbers of at least 0, whose product is
 *  below 2^53. */
export const checkedShape = (who: string, shape: Shape): Shape => {
  if (!Array.isArray(shape) || !shape.every(n => Number.isSafeInteger(n) && n >= 0))
    throw new ShapeError(`${who}: the shape must be a list of whole numbers of at least 0, got ${shown(shape)}`)
  const size = sizeOf(shape)
  if (!(size < 2 ** 53))
    throw new ShapeError(`${who}: the shape must hold fewer than 2^53 elements, got ${shown(shape)}`)
  return shape
}

/** A tensor of zeros with its own storage; of a literal shape, the compiler knows the rank. Throws ShapeError for a shape that is
 *  none. */
export const zeros = atMost(
  'zeros',
  2,
  <const S extends Shape>(shape: S, dtype: DType = 'float32'): Tensor<Ranked<S>> =>
    over(storage(sizeOf(checkedShape('zeros', shape)), dtype), shape),
)

/** A tensor with one value everywhere: a view of a single element, so even a large one takes no memory.
 *  Throws ShapeError for a shape that is none, UserError for a value that is no number. */
export const full = atMost(
  'full',
  3,
  <const S extends Shape = []>(
    value: number,
    shape: S = [] as Shape as S,
    dtype: DType = 'float32',
  ): Tensor<Ranked<S>> => {
    must('full: the value', 'a number', value, typeof value === 'number')
    const strides = checkedShape('full', shape).map(() => 0)
    return laid(storage(1, dtype).fill(value), shape, strides, 0)
  },
)

/** A tensor from numbers in row-major order. Throws ShapeError for a shape that is none, and when it holds another number of
 *  elements; UserError for what is no list of numbers. */
export const fromArray = atMost(
  'fromArray',
  3,
  <const S extends Shape = [number]>(
    values: ArrayLike<number>,
    given?: S,
    dtype: DType = 'float32',
  ): Tensor<Ranked<S>> => {
    const length: unknown = (values as ArrayLike<number> | undefined | null)?.length
    if (typeof values !== 'object' || typeof length !== 'number')
      throw new UserError(`fromArray: the values must be a list of numbers, got ${shown(values)}`)
    const shape = given === undefined ? [length] : given
    if (values.length !== sizeOf(checkedShape('fromArray', shape)))
      throw new ShapeError(
        `a tensor of shape [${shape.join(', ')}] must have ${sizeOf(shape)} elements, got ${values.length}`,
      )
    if (Array.isArray(values)) {
      const stray = values.findIndex(value => typeof value !== 'number')
      if (stray >= 0) throw new UserError(`fromArray: value ${stray} must be a number, got ${shown(values[stray])}`)
    }
    const data = storage(values.length, dtype)
    data.set(values)
    return over(data, shape)
  },
)
