import { expect } from 'chai'
import fc from 'fast-check'
import ndarray from 'ndarray'
import {
  cast,
  dtypeOf,
  DTypeError,
  flat,
  fromArray,
  full,
  isTensor,
  repeated,
  reshaped,
  sameShape,
  ShapeError,
  sizeOf,
  strides,
  type Tensor,
  toArray,
  uniform,
  zeros,
} from '../../lib/tensor'
import { elements, indices, laidOut, layouts } from '../laws/values'

/** A view that lies anyhow in its storage, its elements 0, 1, 2, … where nothing repeats. */
const views: fc.Arbitrary<Tensor> = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
  .chain(shape =>
    layouts(shape.length).map(layout => laidOut(fromArray([...Array(sizeOf(shape)).keys()], shape), layout)),
  )

describe('A view', () => {
  it('is flat in row-major order', () => {
    fc.assert(fc.property(views, x => void expect([...flat(x)]).to.deep.equal(elements(x))))
  })

  it('is one number where all elements are, which is found without a look at each where one is repeated', () => {
    const numbers = fc.constantFrom(0, -0, 1, NaN, Infinity)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }), numbers, numbers, (shape, a, b) => {
        const x = full(a, shape)
        const copy = fromArray(elements(x), shape)
        for (const one of [x, copy]) expect(uniform(one)).to.deep.equal(sizeOf(shape) === 0 ? undefined : a)
        if (sizeOf(shape) < 2 || Object.is(a, b)) return
        copy.data[copy.size - 1] = b
        expect(uniform(copy)).to.equal(undefined)
      }),
    )
    expect(uniform(full(2, [1e5, 1e5, 1e5]))).to.equal(2)
    expect(uniform(full(2, [3, 0]))).to.equal(undefined)
  })

  it('is flat without a copy where it is in order already', () => {
    const x = fromArray([0, 1, 2, 3, 4, 5], [3, 2])
    expect(flat(x)).to.equal(x.data)
    const rows = flat(x.lo(1, 0))
    expect([rows.buffer, [...rows]]).to.deep.equal([x.data.buffer, [2, 3, 4, 5]])
  })

  it('keeps its elements under another shape', () => {
    fc.assert(
      fc.property(views, x => {
        for (const shape of [[sizeOf(x.shape)], [1, ...x.shape, 1], [...x.shape].reverse()]) {
          const y = reshaped(x, shape)
          expect(y.shape).to.deep.equal(shape)
          expect(elements(y)).to.deep.equal(elements(x))
        }
      }),
    )
  })

  it('repeats where its size is 1 or missing', () => {
    fc.assert(
      fc.property(views, fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), fc.nat(3), (x, lead, times) => {
        const shape = [...lead, ...x.shape.map(n => (n === 1 ? 1 + times : n))]
        const y = repeated(x, shape)
        expect(y.shape).to.deep.equal(shape)
        expect(y.data).to.equal(x.data)
        const index = (at: readonly number[]): number[] =>
          at.slice(lead.length).map((i, k) => (x.shape[k] === 1 ? 0 : i))
        const all = elements(y)
        let next = 0
        for (const at of indices(shape)) expect(all[next++]).to.equal(x.get(...index(at)))
      }),
    )
  })

  it('keeps its elements in another element type, and itself in its own', () => {
    fc.assert(
      fc.property(views, x => {
        const y = cast(x, 'float64')
        expect(dtypeOf(y)).to.equal('float64')
        expect(elements(y)).to.deep.equal(elements(x))
        expect(cast(x, 'float32')).to.equal(x)
      }),
    )
  })

  it('is nested arrays to look at', () => {
    expect(toArray(fromArray([1, 2, 3, 4, 5, 6], [2, 3]).transpose(1, 0))).to.deep.equal([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    expect(toArray(full(7))).to.equal(7)
    fc.assert(fc.property(views, x => void expect([toArray(x)].flat(Infinity)).to.deep.equal(elements(x))))
  })
})

describe('A new tensor', () => {
  it('has row-major strides', () => expect(strides([2, 3, 4])).to.deep.equal([12, 4, 1]))

  it('is of zeros, of one value, or of given values', () => {
    expect(toArray(zeros([2, 2]))).to.deep.equal([
      [0, 0],
      [0, 0],
    ])
    const x = full(3, [1000, 1000])
    expect([x.get(999, 999), x.size, x.data.length]).to.deep.equal([3, 1e6, 1])
    expect(toArray(fromArray([1, 2]))).to.deep.equal([1, 2])
    for (const dtype of ['float32', 'float64'] as const)
      expect([zeros([1], dtype), full(0, [1], dtype), fromArray([0], [1], dtype)].map(dtypeOf)).to.deep.equal(
        Array(3).fill(dtype),
      )
  })

  it('has a shape of whole numbers', () => {
    const says = (f: () => unknown, message: string): void =>
      void expect(f).to.throw(ShapeError).with.property('message', message)
    says(() => zeros([1.5]), 'zeros: the shape must be a list of whole numbers of at least 0, got [1.5]')
    says(() => zeros([2, NaN]), 'zeros: the shape must be a list of whole numbers of at least 0, got [2, NaN]')
    says(() => zeros(3 as never), 'zeros: the shape must be a list of whole numbers of at least 0, got 3')
    says(() => full(1, [-1]), 'full: the shape must be a list of whole numbers of at least 0, got [-1]')
    says(
      () => fromArray([1], [0.5, 2]),
      'fromArray: the shape must be a list of whole numbers of at least 0, got [0.5, 2]',
    )
    expect(zeros([0, 2]).size).to.equal(0)
  })

  it('copies the values it is made from', () => {
    const values = new Float32Array([1, 2])
    const x = fromArray(values)
    values[0] = 9
    expect(x.get(0)).to.equal(1)
  })

  it('has as many values as its shape asks for', () => {
    expect(() => fromArray([1, 2, 3], [2, 2]))
      .to.throw(ShapeError)
      .with.property('message', 'a tensor of shape [2, 2] must have 4 elements, got 3')
  })
})

describe('A tensor', () => {
  it('is any ndarray, and nothing else', () => {
    expect(isTensor(ndarray(new Float64Array(4), [2, 2]))).to.equal(true)
    for (const other of [null, undefined, 1, 'x', [1], { shape: [1] }, new Float32Array(1)])
      expect(isTensor(other)).to.equal(false)
  })

  it('holds float32 or float64', () => {
    expect(() => dtypeOf(ndarray([1, 2]) as unknown as Tensor))
      .to.throw(DTypeError)
      .with.property('message', 'a tensor must hold float32 or float64, got an ndarray of array')
  })

  it('has the shape of another by its sizes alone', () => {
    expect(sameShape(full(0, [2, 3]), full(1, [2, 3], 'float64'))).to.equal(true)
    for (const shape of [[2], [3, 2], [2, 3, 1]]) expect(sameShape(full(0, [2, 3]), full(0, shape))).to.equal(false)
  })
})
