/** Primitives at their ends, at their kinks, and against formulas written without regard for speed, on every engine. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  abs,
  argmax,
  cos,
  cumsum,
  gather,
  gelu,
  greater,
  layerNorm,
  maximum,
  minimum,
  mul,
  pad,
  pow,
  relu,
  roll,
  sigmoid,
  sin,
  softmax,
  stopGradient,
  sum,
  tanh,
  total,
  where,
} from '../../lib/primitives'
import { flat, fromArray, full, type Tensor, toArray, UserError } from '../../lib/tensor'
import { leaves, trace } from '../../lib/trace'
import { grad } from '../../lib/transforms'
import { type EngineUnderTest, engines } from '../laws/engines'
import { itWhere } from '../laws/skips'
import { elements, expectNear } from '../laws/values'

const vector = (...values: number[]): Tensor<['N']> => fromArray(values, [values.length], 'float64') as Tensor<['N']>
const single = (...values: number[]): Tensor => fromArray(values)
const gradient = (f: (x: Tensor) => Tensor, x: Tensor): number[] => elements(grad((v: Tensor) => total(f(v)))(x))

/** Declares a test on every engine, in float32. */
const onEngines = (title: string, holds: (engine: EngineUnderTest) => Promise<void>): void => {
  for (const engine of engines) itWhere(engine.skip)(`${title}, on ${engine.name}`, () => holds(engine))
}
/** WGSL lets an implementation take every number for finite: mode webgpu does not keep NaN. */
const keepsNaN = ({ name }: EngineUnderTest): boolean => !name.includes('webgpu')

/** What a function makes on an engine. */
const made = async (engine: EngineUnderTest, f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): Promise<number[][]> =>
  (await engine.run(trace(f, ...xs).graph, xs)).map(y => [...flat(y)])

describe('gelu', () => {
  onEngines('is good to a millionth', async engine => {
    const x = Array.from({ length: 401 }, (_, i) => Math.fround((i - 200) / 40))
    const [y] = await made(engine, gelu, single(...x))
    expectNear(y!, elements(gelu(vector(...x))), 1e-6 / 5, 'gelu')
  })
})

describe('layerNorm', () => {
  for (const engine of engines.filter(e => e.name !== 'onnx'))
    itWhere(engine.skip)(`loses few digits far from 0, as E[x²] − μ² would, on ${engine.name}`, async () => {
      const [one, none] = [single(1, 1, 1, 1), single(0, 0, 0, 0)]
      const far = single(4001, 4002, 4003, 4004)
      const [y] = await made(engine, layerNorm, far, one, none)
      expectNear(y!, elements(layerNorm(single(1, 2, 3, 4), one, none)), 1e-5, 'far from 0')
    })
})

describe('sum', () => {
  onEngines('has every row, of few and of many', async engine => {
    for (const rows of [1, 2, 63, 64, 65, 67, 130]) {
      const x = fromArray(
        Array.from({ length: rows * 3 }, (_, i) => i % 5),
        [rows, 3],
      )
      expect(await made(engine, v => [sum(v, [0]), sum(v, [0, 1])], x), `${rows} rows`).to.deep.equal(
        [sum(x, [0]), sum(x, [0, 1])].map(elements),
      )
    }
  })
})

describe('sigmoid and tanh', () => {
  it('have a gradient at their ends', () => {
    expectNear(gradient(sigmoid, vector(-100, 100)), [Math.exp(-100), Math.exp(-100)], 0, 'σ′')
    for (const g of gradient(tanh, vector(-100, 100))) expect(g / (4 * Math.exp(-200))).to.be.closeTo(1, 1e-14)
    expect(gradient(sigmoid, vector(-1000, 1000)).every(Number.isFinite)).to.equal(true)
  })
  it('are between their ends, and odd around their middle', () =>
    fc.assert(
      fc.property(fc.double({ noNaN: true }), v => {
        const [s, t] = [sigmoid, tanh].map(f => elements(f(vector(v, -v)))) as [number[], number[]]
        expect(s[0]! + s[1]!).to.be.closeTo(1, 1e-15)
        expect(t[0]).to.equal(-t[1]!)
        expect(Math.abs(t[0]!) <= 1 && s[0]! >= 0 && s[0]! <= 1).to.equal(true)
      }),
    ))
  onEngines('are 0, ±1 and NaN where they should be, and exact near 0', async engine => {
    const x = single(-Infinity, -200, 200, Infinity, 1e-6, NaN)
    const [s, t] = await made(engine, v => [sigmoid(v), tanh(v)], x)
    expect(s!.slice(0, 4)).to.deep.equal([0, s![1]!, 1, 1])
    expect(s![1]).to.be.within(0, 1e-38)
    expect(t!.slice(0, 4)).to.deep.equal([-1, -1, 1, 1])
    expect(t![4]! / 1e-6).to.be.closeTo(1, 1e-5)
    if (keepsNaN(engine)) expect([s![5], t![5]]).to.deep.equal([NaN, NaN])
  })
})

describe('maximum, minimum, relu and abs', () => {
  it('share the gradient where two are equal, and have none on one side', () => {
    const b = vector(1, 1, 1)
    expect(gradient(x => maximum(x, b), vector(0, 1, 2))).to.deep.equal([0, 0.5, 1])
    expect(gradient(x => minimum(x, b), vector(0, 1, 2))).to.deep.equal([1, 0.5, 0])
    expect(gradient(x => maximum(b, x), vector(0, 1, 2))).to.deep.equal([0, 0.5, 1])
    expect(gradient(relu, vector(-2, 0, 2))).to.deep.equal([0, 0, 1])
    expect(gradient(abs, vector(-2, 0, 2))).to.deep.equal([-1, 0, 1])
  })
  onEngines('choose the right one, and keep NaN', async engine => {
    const [a, b] = [single(1, 2, -3, NaN, 1), single(1, 1, -4, 1, NaN)]
    const values = await made(engine, (x, y) => [maximum(x, y), minimum(x, y), relu(x), greater(x, y)], a, b)
    const expected = [
      [1, 2, -3, NaN, NaN],
      [1, 1, -4, NaN, NaN],
      [1, 2, 0, NaN, 1],
      [0, 1, 1, 0, 0],
    ]
    const compared = keepsNaN(engine) ? 5 : 3
    expect(values.map(v => v.slice(0, compared))).to.deep.equal(expected.map(v => v.slice(0, compared)))
  })
})

describe('where', () => {
  onEngines('chooses, and what it does not choose may be anything', async engine => {
    const [c, a, b] = [single(1, 0, -2), single(1, NaN, 3), single(Infinity, 6, NaN)]
    expect(await made(engine, where, c, a, b)).to.deep.equal([[1, 6, 3]])
  })
  it('masks scores: what is masked has no weight and no gradient', () => {
    const mask = vector(1, 0, 1)
    const f = (x: Tensor): Tensor => mul(softmax(where(mask, x, full(-Infinity, [], 'float64'))), vector(3, 5, 7))
    const x = vector(1, 2, 3)
    expect(elements(f(x))[1]).to.equal(0)
    const g = gradient(f, x)
    expect(g[1]).to.equal(0)
    expect(g[0]).to.be.closeTo(-g[2]!, 1e-15)
  })
})

describe('pow', () => {
  const exponents = [-9, -2, -1, -0.5, 0, 0.5, 1, 2, 2.5, 3, 8, 9, 10]
  onEngines('is the power of numbers of either sign', async engine => {
    const x = [-2, -1, -0.5, 0.5, 1, 2, 3]
    const values = await made(engine, v => exponents.map(c => pow(v, c)), single(...x))
    exponents.forEach((c, i) => {
      // Other powers than whole ones of negative numbers are NaN.
      const from = Number.isInteger(c) || keepsNaN(engine) ? 0 : 3
      expectNear(values[i]!.slice(from), x.map(v => v ** c).slice(from), 1e-5, `x^${c}`)
    })
  })
  onEngines('has its values at 0', async engine => {
    const values = await made(engine, v => exponents.map(c => pow(v, c)), single(0))
    expect(values.flat()).to.deep.equal(exponents.map(c => 0 ** c))
  })
  it('has a gradient at 0 of every whole power', () => {
    for (const c of [0, 1, 2, 3]) {
      expect(
        gradient(x => pow(x, c), vector(0)),
        `x^${c}`,
      ).to.deep.equal([c === 1 ? 1 : 0])
      expect(
        gradient(x => mul(x, pow(x, c)), vector(0)),
        `x·x^${c}`,
      ).to.deep.equal([c === 0 ? 1 : 0])
    }
  })
})

describe('sin and cos', () => {
  onEngines('are those of numbers up to 10,000', async engine => {
    const x = Array.from({ length: 2001 }, (_, i) => Math.fround((i - 1000) * 9.98765))
    const [s, c] = await made(engine, v => [sin(v), cos(v)], single(...x))
    expectNear(s!, x.map(Math.sin), 1e-6, 'sin')
    expectNear(c!, x.map(Math.cos), 1e-6, 'cos')
  })
})

describe('cumsum', () => {
  it('is the sum of all before', () => {
    const x = fromArray([1, 2, 3, 4, 5, 6], [2, 3], 'float64')
    expect(toArray(cumsum(x, 1))).to.deep.equal([
      [1, 3, 6],
      [4, 9, 15],
    ])
    expect(toArray(cumsum(x, 0))).to.deep.equal([
      [1, 2, 3],
      [5, 7, 9],
    ])
    expect(gradient(v => mul(cumsum(v, 0), vector(1, 10, 100)), vector(0, 0, 0))).to.deep.equal([111, 110, 100])
  })
  onEngines('is so of long rows', async engine => {
    const x = Array.from({ length: 1000 }, (_, i) => (i % 7) - 2)
    let sum = 0
    expect(await made(engine, v => cumsum(v, 0), single(...x))).to.deep.equal([x.map(v => (sum += v))])
  })
})

describe('gather', () => {
  const table = fromArray([1, 2, 3, 4, 5, 6], [3, 2])
  onEngines('takes rows, at indices that are an input', async engine => {
    const indices = fromArray([2, 0, 0, 1], [2, 2])
    expect(await made(engine, gather, table, indices)).to.deep.equal([[5, 6, 1, 2, 1, 2, 3, 4]])
    const [g] = await made(
      engine,
      (t, i) => grad((T: Tensor) => total(mul(gather(T, i), gather(T, i))))(t),
      table,
      indices,
    )
    expect(g).to.deep.equal([4, 8, 6, 8, 10, 12])
  })
  it('refuses indices that are not there', async () => {
    for (const k of [3, -1, 0.5, NaN])
      expect(() => gather(table, single(k)))
        .to.throw(UserError)
        .with.property('message', `gather: the indices must be whole numbers from 0 to 2, got ${k}`)
    const onnx = engines.find(e => e.name === 'onnx')!
    for (const k of [3, -1]) {
      const error = await made(onnx, gather, table, single(k)).then(() => 'nothing', String)
      expect(error, `${k}`).to.match(/indices element out of data bounds/)
    }
  })
})

describe('argmax', () => {
  onEngines('is the first of the largest', async engine => {
    const x = fromArray([1, 3, 3, -5, -5, -6, -Infinity, -Infinity, -Infinity], [3, 3])
    expect(await made(engine, v => [argmax(v, 1), argmax(v, 0)], x)).to.deep.equal([
      [1, 0, 0],
      [0, 0, 0],
    ])
  })
  it('has no gradient', () => expect(gradient(x => mul(x, argmax(x, 0)), vector(1, 5, 2))).to.deep.equal([1, 1, 1]))
})

describe('stopGradient', () => {
  onEngines('lets the value through, and no gradient', async engine => {
    const f = (x: Tensor): Tensor<[]> => total(mul(x, stopGradient(mul(x, x))))
    expect(await made(engine, x => [f(x), grad(f)(x)], single(2, 3))).to.deep.equal([[35], [4, 9]])
  })
  it('stops those of any order', () => {
    const f = (x: Tensor): Tensor<[]> => total(mul(mul(x, x), stopGradient(x)))
    const second = (x: Tensor): Tensor<[]> => total(grad(f)(x))
    expect(elements(grad(second)(vector(3)))).to.deep.equal([6])
  })
})

describe('pad and roll', () => {
  const x = fromArray([1, 2, 3, 4, 5, 6], [2, 3], 'float64')
  it('put values around, and move in a circle', () => {
    expect(toArray(pad(x, 1, 1, 2, -1))).to.deep.equal([
      [-1, 1, 2, 3, -1, -1],
      [-1, 4, 5, 6, -1, -1],
    ])
    expect(toArray(roll(x, 1, 1))).to.deep.equal([
      [3, 1, 2],
      [6, 4, 5],
    ])
  })
  it('undo themselves', () =>
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 9 }), fc.nat(1), (shift, axis) => {
        expect(toArray(roll(roll(x, axis, shift), axis, -shift))).to.deep.equal(toArray(x))
      }),
    ))
  it('make nothing where nothing changes', () => {
    const { graph } = trace((v: Tensor) => leaves([pad(v, 0, 0, 0), roll(v, 1, 3)]), x)
    expect(graph.nodes.length).to.equal(1)
  })
})
