import { expect } from 'chai'
import fc from 'fast-check'
import {
  abstract,
  abstractParameters,
  add,
  type Config,
  configure,
  cost,
  div,
  equal,
  equation,
  equations,
  exp,
  gelu,
  initialParameters,
  leaves,
  matmul,
  max,
  mul,
  network,
  type Parameters,
  patches,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  total,
  transpose,
  variants,
  zeros,
} from '../../lib'
import { greater, maximum, minimum } from '../../lib/primitives'
import { TracedValueError } from '../../lib/trace'
import { configs, randomClips } from '../laws/networks'

const RUNS = { numRuns: 30 }

/** The cost of a network's forward pass on B clips, from shapes alone. */
const costOf = (config: Config, B = 1) => {
  const { channels, frames, height, width } = config
  const X = abstract([B, channels, frames, height, width])
  return cost((p: Parameters, x: Tensor) => network(config, p, x), abstractParameters(config), X)
}

/** The products of a network by hand: 2·m·k·n for a product of m × k and k × n numbers. */
const productsOf = (config: Config, B = 1): number => {
  const { channels: C, frames: T, patch: M, dim: D, STB, TTB, ratioSTB, ratioTTB, classes: K } = config
  const P = patches(config)
  const product = (m: number, k: number, n: number): number => 2 * m * k * n
  // One block: four projections, scores and mixed values of all heads together, and the two layers of the MLP.
  const block = (N: number, S: number, ratio: number): number =>
    N * (4 * product(S, D, D) + product(S, D, S) + product(S, S, D) + 2 * product(S, D, ratio * D))
  const embedding = product(B * T * P, C * M * M, D)
  const spatial = STB * block(B * T, 1 + P, ratioSTB)
  const temporal = TTB * block(B * (1 + P), T, ratioTTB)
  return embedding + spatial + temporal + product(B, D, K)
}

describe('Cost of the network', () => {
  it('counts the products of the closed formula, for every configuration and batch', () =>
    fc.assert(
      fc.property(configs(), fc.integer({ min: 1, max: 3 }), (config, B) => {
        expect(costOf(config, B).flops.products).to.equal(productsOf(config, B))
      }),
      RUNS,
    ))

  it('counts Table 5’s networks at 8 × 224 × 224 by the same formula, and their parameters', () => {
    for (const config of [variants.V1, variants.V2, variants.V3]) {
      const { flops, parameters } = costOf(config)
      expect(flops.products).to.equal(productsOf(config))
      expect(parameters).to.equal(leaves(abstractParameters(config)).reduce((n, x) => n + x.size, 0))
      // Softmax, norms, activations and sums are below one hundredth of the products.
      expect(flops.rest).to.be.within(1, flops.products / 100)
    }
  })

  it('is the same from abstract tensors and from real ones', () =>
    fc.assert(
      fc.property(configs(), config => {
        const f = (p: Parameters, x: Tensor) => network(config, p, x)
        expect(cost(f, initialParameters(config, 1), randomClips(config, 1, 1, 'float32'))).to.deep.equal(
          costOf(config),
        )
      }),
      RUNS,
    ))

  it('adds up: what the equations cost is what the whole costs', () =>
    fc.assert(
      fc.property(configs(), config => {
        const { flops, parameters, byEquation } = costOf(config)
        const all = [...byEquation.values()]
        const sumOf = (key: 'products' | 'rest' | 'parameters') => all.reduce((n, c) => n + c[key], 0)
        expect([sumOf('products'), sumOf('rest')]).to.deep.equal([flops.products, flops.rest])
        // No parameter of a network is there in vain.
        expect(sumOf('parameters')).to.equal(parameters)
        const titles = new Set<string>(Object.values(equations).map(e => e.title))
        for (const name of byEquation.keys()) expect(titles.has(name), name).to.equal(true)
      }),
      RUNS,
    ))

  it('needs no arrays: a network of 65,536 channels, of which no weight would fit into memory', () => {
    const config = configure({ dim: 65536, heads: 64, STB: 2, TTB: 2 })
    expect(
      withCountedArrays(() => zeros([2, 3])),
      'that arrays are counted',
    ).to.equal(6)
    const allocated = withCountedArrays(() => expect(costOf(config).flops.products).to.equal(productsOf(config)))
    expect(allocated, 'the largest array').to.be.at.most(1) // a number such as 1/√d
    const { W_Q } = abstractParameters(config).STB[0]!
    expect(W_Q.size).to.equal(65536 ** 2)
    expect(() => W_Q.data).to.throw(TracedValueError)
  })

  /** The length of the largest array of numbers that is made meanwhile. */
  const withCountedArrays = (f: () => unknown): number => {
    let largest = 0
    const originals = { Float32Array, Float64Array }
    const watched = <A extends typeof Float32Array | typeof Float64Array>(array: A): A =>
      new Proxy(array, {
        construct: (target, args: [], like) => {
          const made = Reflect.construct(target, args, like) as Float32Array | Float64Array
          largest = Math.max(largest, made.length)
          return made
        },
      })
    Object.assign(globalThis, { Float32Array: watched(Float32Array), Float64Array: watched(Float64Array) })
    try {
      f()
    } finally {
      Object.assign(globalThis, originals)
    }
    return largest
  }
})

describe('The paper’s GFLOPs (decision D16)', () => {
  const printed: readonly (readonly [string, Config, number, number])[] = [
    ['Table 1a, CSTransformer-V1', variants.V1, 345.2, 0.4],
    ['Table 1a, CSTransformer-V2', variants.V2, 339.6, 2.5],
    ['Table 1a, CSTransformer-V3', variants.V3, 365.6, 1.4],
    ['Table 1d, TTB ratio 1', configure({ ratioTTB: 1 }), 339.6, 2.5],
    ['Table 1d, TTB ratio 2', configure({ ratioTTB: 2 }), 359.9, 2.9],
    ['Table 1d, TTB ratio 4', configure({ ratioTTB: 4 }), 400.7, 3.6],
  ]
  for (const [name, config, paper, deviation] of printed)
    it(`D16: ${name}: the plain count is ${deviation} % above the printed ${paper}`, () => {
      const ours = costOf(config).flops.products / 1e9
      expect(Number(((ours / paper - 1) * 100).toFixed(1))).to.equal(deviation)
    })
})

describe('Cost of any function', () => {
  const [p, x] = [abstract([3, 3]), abstract([2, 3])]

  it('counts a multiply-add as two, and the rest apart', () => {
    const { flops, parameters } = cost((W: Tensor, v: Tensor) => add(matmul(v, W), matmul(v, W)), p, x)
    expect(flops).to.deep.equal({ products: 2 * (2 * 2 * 3 * 3), rest: 6 })
    expect(parameters).to.equal(9)
  })

  it('counts what every operation says of an element, a row or a product', () => {
    const shapes = { a: [4, 1, 3], b: [2, 3], W: [3, 7] } as const
    const [a, b, W] = Object.values(shapes).map(shape => abstract(shape)) as [Tensor, Tensor, Tensor]
    const flopsOf = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): number => {
      const { flops } = cost((first: Tensor, ...rest: Tensor[]) => f(first, ...rest), ...(xs as [Tensor, ...Tensor[]]))
      return flops.products + flops.rest
    }
    for (const f of [add, sub, mul, div, equal, greater, maximum, minimum]) {
      // Both repeat: the result has 4·2·3 elements.
      expect(flopsOf(f, a, b), f.primitive.name).to.equal(24)
      expect(flopsOf(f, b, a), f.primitive.name).to.equal(24)
    }
    expect(flopsOf(matmul, b, W)).to.equal(2 * 2 * 3 * 7)
    expect(flopsOf(matmul, a, W)).to.equal(2 * 4 * 3 * 7)
    expect(flopsOf(softmax, b)).to.equal(5 * 6)
    expect(flopsOf(gelu, b)).to.equal(12 * 6)
    for (const f of [sum, max]) {
      expect(
        flopsOf(x => f(x, [0]), b),
        f.primitive.name,
      ).to.equal(3)
      expect(
        flopsOf(x => f(x, [0, 1]), b),
        f.primitive.name,
      ).to.equal(5)
    }
    expect(flopsOf(x => reshape(transpose(x), [6]), b)).to.equal(0)
  })

  it('gives what an operation costs to the innermost equation, all of it', () => {
    const inner = equation('Inner', 'x[N] -> [N]', x => exp(exp(exp(x))))
    const outer = equation('Outer', 'x[N] -> [N]', x => exp(inner(exp(x))))
    const { byEquation } = cost(outer, abstract([5]))
    expect([...byEquation]).to.deep.equal([
      ['Outer', { products: 0, rest: 10, parameters: 5 }],
      ['Inner', { products: 0, rest: 15, parameters: 0 }],
    ])
  })

  it('does not count what no result needs', () => {
    const lean = (W: Tensor, v: Tensor): Tensor => matmul(v, W)
    const wasteful = (W: Tensor, v: Tensor): Tensor => {
      softmax(matmul(matmul(gelu(v), W), W))
      return lean(W, v)
    }
    expect(cost(wasteful, p, x)).to.deep.equal(cost(lean, p, x))
  })

  it('counts every parameter, read or not, and gives each to the equation that reads it first', () => {
    const { parameters, byEquation } = cost(
      ({ W }: { W: Tensor; unused: Tensor }, v: Tensor) => matmul(matmul(v, W), W),
      { W: p, unused: abstract([7]) },
      x,
    )
    expect(parameters).to.equal(16)
    expect([...byEquation]).to.deep.equal([['', { products: 72, rest: 0, parameters: 9 }]])
  })

  describe('The peak of activations, by hand', () => {
    const peak = (f: (W: Tensor, v: Tensor) => unknown, dtype: 'float32' | 'float64' = 'float32'): number =>
      cost(f, abstract([3, 3], dtype), abstract([2, 3], dtype)).peakActivationBytes

    it('does not count arguments', () => expect(peak((_, v) => v)).to.equal(0))

    it('counts operands and result of an operation together', () => {
      // a and b live while a·b is made: three times 6 numbers of 4 bytes; nothing later needs more.
      const f = (W: Tensor, v: Tensor): Tensor => {
        const a = exp(v)
        const b = matmul(v, W)
        return total(mul(a, b))
      }
      expect(peak(f)).to.equal(3 * 24)
      expect(peak(f, 'float64')).to.equal(3 * 48)
    })

    it('drops a value after its last use', () => {
      // A chain needs two values at a time, however long it is.
      expect(peak((_, v) => exp(exp(exp(exp(v)))))).to.equal(2 * 24)
    })

    it('keeps results', () => {
      // a is a result: it is there beside exp(a) and exp(exp(a)).
      expect(
        peak((_, v) => {
          const a = exp(v)
          return { a, b: exp(exp(a)) }
        }),
      ).to.equal(3 * 24)
    })

    it('counts no view, and keeps what a view shows', () => {
      // A transposed view of a is read last: a lives on beside the chain.
      expect(
        peak((_, v) => {
          const a = exp(v)
          const view = reshape(transpose(a), [2, 3])
          return add(exp(exp(a)), view)
        }),
      ).to.equal(3 * 24)
      expect(peak((_, v) => reshape(transpose(v), [6]))).to.equal(0)
    })

    it('holds a sum while what it adds up is still there', () =>
      // 6 numbers and their row sums, then the sums and the result.
      expect(peak((_, v) => exp(sum(exp(v), [1])))).to.equal(24 + 8))
  })

  it('grows with the batch: products by its size', () => {
    const [one, three] = [costOf(variants.digits, 1), costOf(variants.digits, 3)]
    expect(three.flops.products).to.equal(3 * one.flops.products)
    expect(three.parameters).to.equal(one.parameters)
  })
})
