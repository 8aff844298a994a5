import { expect } from 'chai'
import fc from 'fast-check'
import { add, exp, log, matmul, mul, scale, softmax, sub, sum, total } from '../../lib/primitives'
import { fromArray, full, randomStream, toArray, truncatedNormal, UserError, type Tensor } from '../../lib/tensor'
import { abstract, entries, equation, evaluateNodes, leaves, trace } from '../../lib/trace'
import { grad, valueAndGrad } from '../../lib/transforms'
import { elements, expectNear, expectSame, snapshot } from '../laws/values'

const vector = (...values: number[]): Tensor<['N']> => fromArray(values, [values.length], 'float64') as Tensor<['N']>
const normal = (name: string, ...shape: number[]): Tensor => truncatedNormal(randomStream(7, name), shape, 1, 'float64')
const half = (x: Tensor): Tensor<[]> => scale(total(mul(x, x)), 0.5)

describe('A gradient', () => {
  const parameters = {
    embed: normal('embed', 3, 4),
    layers: [
      { W: normal('W0', 4, 4), b: normal('b0', 4) },
      { W: normal('W1', 4, 4), b: normal('b1', 4) },
    ],
    unused: { scale: normal('s', 2, 1), list: [normal('l', 3)] },
    heads: 2,
  }
  type Parameters = typeof parameters
  const network = (p: Parameters, X: Tensor): Tensor =>
    p.layers.reduce((V, { W, b }) => softmax(add(matmul(V, W), b)), matmul(X, p.embed))
  const loss = (p: Parameters, X: Tensor): Tensor<[]> => half(sub(network(p, X), full(0.3, [], 'float64')))
  const X = normal('X', 5, 3)

  it('has the form of the parameters: nested records, lists, and what is no tensor', () => {
    const gradient = grad(loss)(parameters, X)
    expect(entries(gradient).map(([path, g]) => [path, g.shape])).to.deep.equal(
      entries(parameters).map(([path, x]) => [path, x.shape]),
    )
    expect(gradient.heads).to.equal(2)
  })

  it('is that of central differences, for every parameter', () => {
    const gradient = leaves(grad(loss)(parameters, X))
    const xs = leaves(parameters)
    const h = 1e-5
    xs.forEach((x, i) =>
      x.data.forEach((v, k) => {
        const moved = (by: number): number => {
          x.data[k] = v + by
          const y = loss(parameters, X).get()
          x.data[k] = v
          return y
        }
        expect(gradient[i]!.get(...at(x, k))).to.be.closeTo((moved(h) - moved(-h)) / (2 * h), 1e-9)
      }),
    )
  })

  it('is zeros for a parameter that is not used', () => {
    const { unused } = grad(loss)(parameters, X)
    expect([unused.scale, unused.list[0]!].map(toArray)).to.deep.equal([
      [[0], [0]],
      [0, 0, 0],
    ])
    expect(unused.scale.dtype).to.equal('float64')
  })

  it('is zeros where the loss depends on no parameter', () => {
    expect(toArray(grad((_: Tensor) => full(3, [], 'float64'))(vector(1, 2)))).to.deep.equal([0, 0])
    expect(toArray(grad((_: Tensor, y: Tensor) => half(y))(vector(1, 2), vector(3)))).to.deep.equal([0, 0])
  })

  it('is of the first argument alone', () => {
    expect(toArray(grad((x: Tensor, y: Tensor) => total(mul(x, y)))(vector(1, 2), vector(3, 4)))).to.deep.equal([3, 4])
  })

  it('adds up over every use of a parameter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: -5, max: 5 }), (times, v) => {
        const power = (x: Tensor): Tensor<[]> =>
          total(
            Array<Tensor>(times)
              .fill(x)
              .reduce((a, b) => mul(a, b)),
          )
        expectNear(elements(grad(power)(vector(v))), [times * v ** (times - 1)], 0, `x^${times}`)
      }),
    )
  })

  it('goes through a scalar that is a parameter itself', () => {
    expect(grad((x: Tensor<[]>) => x)(full(5)).get()).to.equal(1)
  })

  it('goes to two parameters that are one tensor, to each its own', () => {
    const x = vector(2)
    const { a, b } = grad((p: { a: Tensor; b: Tensor }) => total(mul(p.a, mul(p.b, p.b))))({ a: x, b: x })
    expect([toArray(a), toArray(b)]).to.deep.equal([[4], [8]])
  })

  it('does not write to the parameters, and does not share what it made with them', () => {
    const before = snapshot(leaves(parameters))
    const gradient = leaves(grad(loss)(parameters, X))
    expect(snapshot(leaves(parameters))).to.deep.equal(before)
    const own = new Set<unknown>(leaves(parameters).map(x => x.data))
    expect(gradient.filter(g => own.has(g.data))).to.deep.equal([])
  })

  it('is the same when it is traced and evaluated, to the bit', () => {
    const eager = leaves(grad(loss)(parameters, X))
    const { graph } = trace(grad(loss), parameters, X)
    const values = evaluateNodes(graph, leaves([parameters, X]))
    graph.outputs.forEach((o, i) => expectSame(values[o]!, eager[i]!, `output ${i}`))
  })

  it('can be taken inside of a traced function, of tracers', () => {
    // One step of gradient descent as a function, and its derivative by the rate.
    const after = (rate: Tensor<[]>, w: Tensor): Tensor<[]> =>
      half(exp(sub(w, mul(rate, grad((v: Tensor) => half(exp(v)))(w)))))
    const [rate, w] = [full(0.1, [], 'float64'), vector(0.3, -0.2)]
    const { graph } = trace(after, rate, w)
    const values = evaluateNodes(graph, [rate, w])
    expectSame(values[graph.outputs[0]!]!, after(rate, w), 'the step')
    const h = 1e-5
    const at = (r: number): number => after(full(r, [], 'float64'), w).get()
    expect(grad(after)(rate, w).get()).to.be.closeTo((at(0.1 + h) - at(0.1 - h)) / (2 * h), 1e-9)
  })

  it('records only what the parameters need: not the gradients of data', () => {
    const { graph } = trace(
      grad((W: Tensor, Y: Tensor) => half(matmul(Y, W))),
      abstract([3, 4]),
      abstract([5, 3]),
    )
    const products = graph.nodes.filter(n => n.kind === 'operation' && n.primitive.name === 'matmul')
    expect(products.length).to.equal(2)
  })

  it('is named by the equation of which it is the gradient', () => {
    const f = equation('Half square', 'X[N] -> []', half)
    const { graph } = trace(grad(f), abstract([3]))
    const scopes = graph.nodes.flatMap(n => (n.kind === 'operation' ? [n.scope] : []))
    expect(scopes.length).to.be.greaterThan(0)
    for (const scope of scopes) expect(scope[0]).to.equal('Half square')
    expect(scopes.some(scope => scope[1] === 'gradient')).to.equal(true)
  })
})

describe('A gradient of a gradient', () => {
  const cube = (x: Tensor): Tensor<[]> => total(mul(x, mul(x, x)))
  it('is the second derivative, and a third is the third', () => {
    const second = (x: Tensor): Tensor<[]> => total(grad(cube)(x))
    const third = (x: Tensor): Tensor<[]> => total(grad(second)(x))
    expect(toArray(grad(second)(vector(1, 2, -3)))).to.deep.equal([6, 12, -18])
    expect(toArray(grad(third)(vector(1, 2, -3)))).to.deep.equal([6, 6, 6])
  })

  it('crosses variables: ∂/∂y ∂/∂x (x²·y³) = 6·x·y²', () => {
    const f = (x: Tensor, y: Tensor): Tensor<[]> => total(mul(mul(x, x), mul(y, mul(y, y))))
    const g = (y: Tensor, x: Tensor): Tensor<[]> => total(grad(f)(x, y))
    expect(toArray(grad(g)(vector(3), vector(2)))).to.deep.equal([6 * 2 * 9])
  })

  it('keeps the variables of inner and outer gradients apart', () => {
    // d/dx (x · d/dy (x + y)) = 1, where a confusion of the two would give 2.
    const f = (x: Tensor<[]>): Tensor<[]> => mul(x, grad((y: Tensor<[]>) => add(x, y))(full(1, [], 'float64')))
    expect(grad(f)(full(1, [], 'float64')).get()).to.equal(1)
  })

  it('is a row of the Hessian, which is symmetric', () => {
    const f = (x: Tensor): Tensor<[]> => total(exp(mul(softmax(x), x)))
    const x = vector(0.3, -0.7, 1.1)
    const rows = [0, 1, 2].map(i =>
      elements(grad((v: Tensor) => total(mul(grad(f)(v), vector(...[0, 1, 2].map(j => Number(i === j))))))(x)),
    )
    rows.forEach((row, i) => row.forEach((v, j) => expect(v).to.be.closeTo(rows[j]![i]!, 1e-14)))
  })
})

describe('A value and its gradient', () => {
  it('are of one evaluation', () => {
    const { value, gradient } = valueAndGrad((x: Tensor) => half(x))(vector(3, 4))
    expect(value.get()).to.equal(12.5)
    expect(toArray(gradient)).to.deep.equal([3, 4])
  })

  it('come with whatever else the function returns beside its loss', () => {
    const f = (x: Tensor, name: string) => ({ loss: half(x), parts: [exp(x), sum(x, [0])], name })
    const { value, gradient } = valueAndGrad(f)(vector(0, 2), 'x')
    expect([value.loss.get(), value.parts.map(toArray), value.name]).to.deep.equal([2, [[1, Math.exp(2)], [2]], 'x'])
    expect(toArray(gradient)).to.deep.equal([0, 2])
  })

  it('are of the loss alone: what comes beside it adds nothing, costs nothing, and may have no derivative', () => {
    const x = vector(0, 2)
    const twice = (v: Tensor) => {
      const loss = half(v)
      return { loss, again: loss, entropy: log(v) }
    }
    expect(toArray(valueAndGrad(twice)(x).gradient)).to.deep.equal([0, 2])
    const nodes = (f: (v: Tensor) => Tensor<[]> | { loss: Tensor<[]> }): number => trace(grad(f), x).graph.nodes.length
    expect(nodes(v => ({ loss: half(v), aside: exp(v) }))).to.equal(nodes(half))
  })

  it('ask for a scalar loss', () => {
    for (const [f, shape] of [
      [(x: Tensor) => exp(x), '2'],
      [(x: Tensor) => sum(x, [0]), '1'],
      [(x: Tensor) => ({ loss: log(x) }), '2'],
    ] as const)
      expect(() => valueAndGrad(f as (x: Tensor) => Tensor<[]>)(vector(1, 2)))
        .to.throw(UserError)
        .with.property('message', `grad: the loss must be a scalar, got a tensor of shape [${shape}]`)
  })
})

/** The index of the k-th element in row-major order. */
const at = (x: Tensor, k: number): number[] =>
  x.shape.map((n, axis) => Math.floor(k / x.shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n)
