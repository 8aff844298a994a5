/** GELU's approximation, and functions with it in the place of GELU. */
import { expect } from 'chai'
import {
  add,
  flat,
  fromArray,
  gelu,
  grad,
  matmul,
  mul,
  randomStream,
  type Tensor,
  total,
  truncatedNormal,
} from '../../lib'
import { trace } from '../../lib/trace'
import { tanhGelu, withTanhGelu } from '../../lib/transforms'
import { expectClose } from '../laws/values'

describe("GELU's approximation by tanh", () => {
  const x = fromArray([-4, -1, -0.5, 0, 0.5, 1, 4], [7], 'float64')

  it('is its formula', () => {
    const expected = [...flat(x)].map(v => (v / 2) * (1 + Math.tanh(0.7978845608028654 * (v + 0.044715 * v ** 3))))
    expectClose(tanhGelu(x), fromArray(expected, [7], 'float64'), 1e-12, 'tanhGelu')
  })

  it('is at most 5·10⁻⁴ from GELU, and somewhere more than 10⁻⁴', () => {
    const far = Array.from({ length: 801 }, (_, i) => (i - 400) / 100)
    const [a, b] = [tanhGelu(fromArray(far, [801], 'float64')), gelu(fromArray(far, [801], 'float64'))].map(y =>
      flat(y),
    )
    const apart = Math.max(...a!.map((v, i) => Math.abs(v - b![i]!)))
    expect(apart).to.be.within(1e-4, 5e-4)
  })

  it('stands in the place of every GELU of a function, and of nothing else; gradients go through it', () => {
    const f = (g: (y: Tensor) => Tensor) => (p: { readonly W: Tensor }, y: Tensor) => add(g(matmul(g(y), p.W)), y)
    const W = truncatedNormal(randomStream(1, 'W'), [3, 3], 1, 'float64')
    const y = truncatedNormal(randomStream(1, 'y'), [2, 3], 1, 'float64')
    const replaced = withTanhGelu(f(gelu as (y: Tensor) => Tensor))
    expectClose(replaced({ W }, y), f(tanhGelu)({ W }, y), 1e-12, 'values')
    const squares = (g: (p: { readonly W: Tensor }, z: Tensor) => Tensor) => (p: { readonly W: Tensor }) =>
      total(mul(g(p, y), g(p, y)))
    expectClose(grad(squares(replaced))({ W }).W, grad(squares(f(tanhGelu)))({ W }).W, 1e-10, 'gradients')
    const { graph } = trace(replaced, { W }, y)
    const names = graph.nodes.flatMap(n => (n.kind === 'operation' ? [n.primitive.name] : []))
    expect(names).to.not.include('gelu')
    expect(names.filter(name => name === 'tanh')).to.have.lengthOf(2)
  })
})
