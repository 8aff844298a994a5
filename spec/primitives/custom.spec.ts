/** Primitives that users define outside the library: they are as good as its own. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  apply,
  cost,
  div,
  exp,
  flat,
  fromArray,
  mul,
  onnxModel,
  operation,
  type Primitive,
  scale,
  shift,
  slice,
  type Tensor,
  total,
  trace,
  valueAndGrad,
  withoutDeadWork,
} from '../../lib'
import { dtypeOf, sizeOf } from '../../lib/tensor'
import { emit } from '../../lib/engines'
import type { OnnxNode } from '../../lib/trace'
import { simplify } from '../../lib/transforms'
import { type Case, obeysTheLaws, sameOn } from '../laws/laws'
import { engines } from '../laws/engines'
import { keepsResults } from '../laws/rewrites'
import { itWhere } from '../laws/skips'
import { expectSame, operandsOf } from '../laws/values'

const mapped = (x: Tensor, f: (v: number) => number): Tensor => fromArray(Array.from(flat(x), f), x.shape, dtypeOf(x))

/** ONNX Runtime has no `Softplus` in float64. */
const power: OnnxNode = { op: 'Exp', inputs: [{ op: 'Neg', inputs: [{ op: 'Abs', inputs: [0] }] }] }
const logarithm: OnnxNode = { op: 'Log', inputs: [{ op: 'Add', inputs: [power, { scalar: 1 }] }] }
const softplusNode: OnnxNode = { op: 'Add', inputs: [{ op: 'Relu', inputs: [0] }, logarithm] }

/** y = ln(1 + eˣ).  ∂x = ȳ/(1 + e⁻ˣ). */
const primitive: Primitive = {
  name: 'softplus',
  shape: (_, x) => [...x],
  reference: (_, x) => mapped(x, v => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
  vjp: (_, ct, _y, x) => [div(ct, shift(exp(scale(x, -1)), 1))],
  flops: (_, y) => 5 * sizeOf(y),
  onnx: () => softplusNode,
  kernel: () => ({ each: '(x0 > 0.0 ? x0 : 0.0) + Math.log(1.0 + Math.exp(-Math.abs(x0)))' }),
  needs: (_, part) => [part],
}
const softplus = operation(primitive, (x: Tensor): Tensor => apply(primitive, {}, x))

/** y = 2ˣ, under the name of another primitive. */
const impostor: Primitive = {
  ...primitive,
  name: 'exp',
  reference: (_, x) => mapped(x, v => 2 ** v),
  vjp: (_, ct, y) => [scale(mul(ct, y), Math.LN2)],
  onnx: () => ({ op: 'Exp', inputs: [{ op: 'Mul', inputs: [0, { scalar: Math.LN2 }] }] }),
  kernel: () => ({ each: 'Math.exp(0.6931471805599453 * x0)' }),
}
/** y = c·x, by a parameter that JSON cannot tell from others. */
const scaling: Primitive<{ readonly c: number }> = {
  name: 'scaling',
  shape: (_, x) => [...x],
  reference: ({ c }, x) => mapped(x, v => c * v),
  vjp: ({ c }, ct) => [apply(scaling, { c }, ct)],
  flops: (_, y) => sizeOf(y),
  onnx: ({ c }) => ({ op: 'Mul', inputs: [0, { scalar: c }] }),
  kernel: ({ c }) => ({ each: `${c} * x0` }),
  needs: (_, part) => [part],
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
const calls = (f: (x: Tensor) => Tensor): Case =>
  shapes.map(shape => ({ f, operands: [{ shape, range: 'any' } as const] }))

describe('A primitive that a user defines', () => {
  obeysTheLaws('softplus', calls(softplus), { numRuns: 60 })

  it('is what it says, far from 0 too', () => {
    const x = fromArray([-1000, 0, 1000], [3], 'float64')
    expect([...flat(softplus(x))]).to.deep.equal([0, Math.LN2, 1000])
    const { gradient } = valueAndGrad((v: Tensor) => total(softplus(v)))(x)
    expect([...flat(gradient)]).to.deep.equal([0, 0.5, 1])
  })

  it('keeps its results when the graph is simplified, with its gradient', () => {
    const holds = keepsResults({ rewrite: simplify, tolerance: 1e-13 })
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const xs = operandsOf([{ shape, range: 'any' }], seed, 'float64')
        const f = (x: Tensor) => total(mul(softplus(scale(x, 3)), softplus(scale(x, 3))))
        const { graph } = trace(valueAndGrad(f), ...(xs as [Tensor]))
        holds(graph, xs)
        const made = simplify(graph).nodes.filter(n => n.kind === 'operation' && n.primitive === primitive)
        expect(made.length, 'the same call, made once').to.equal(1)
      }),
    )
  })

  it('is left out where nobody reads it, and costs what it says', () => {
    const f = (x: Tensor): Tensor => slice(softplus(x), 0, 1, 3)
    const [x] = operandsOf([{ shape: [4, 5], range: 'any' }], 1, 'float64') as [Tensor]
    expectSame(withoutDeadWork(f)(x), f(x), 'a part')
    expect(cost(f, x).flops).to.deep.equal({ products: 0, rest: 5 * 20 })
    expect(cost(withoutDeadWork(f), x).flops).to.deep.equal({ products: 0, rest: 5 * 10 })
  })

  it('is exported to ONNX as the nodes that it names', () => {
    const { graph } = trace(softplus, fromArray([1, 2]))
    for (const model of [emit(graph), onnxModel(graph)])
      expect(model.graph.node.map(n => n.opType)).to.deep.equal(['Relu', 'Abs', 'Neg', 'Exp', 'Add', 'Log', 'Add'])
  })

  for (const engine of engines)
    itWhere(engine.skip)(`is not taken for another one of its name on ${engine.name}`, () =>
      sameOn(
        calls(x => add(apply(impostor, {}, x), exp(x))),
        engine,
        'float32',
        { numRuns: 5 },
      ),
    )

  it('is made once for each of its params', () => {
    const values = [0, -0, 1, NaN, Infinity, -Infinity]
    const f = (x: Tensor): Tensor[] => [...values, ...values].map(c => apply(scaling, { c }, x))
    const { graph } = trace(f, fromArray([2], [1], 'float64'))
    expect(graph.outputs.length).to.equal(12)
    const { outputs } = simplify(graph)
    expect(new Set(outputs).size).to.equal(values.length)
    expect(outputs.slice(values.length)).to.deep.equal(outputs.slice(0, values.length))
  })
})
