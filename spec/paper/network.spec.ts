/** The network of Figure 1: what its switches and readings do, and what may not depend on what. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  baseline,
  block,
  broadcastTo,
  concat,
  type Config,
  configure,
  entries,
  featureAggregation,
  flat,
  forward,
  full,
  grad,
  leaves,
  mapTree,
  mean,
  mul,
  network,
  type Parameters,
  patches,
  reshape,
  scale,
  ShapeError,
  slice,
  type Tensor,
  total,
  toTime,
  valueAndGrad,
  variants,
  zeros,
} from '../../lib'
import { dtypeOf } from '../../lib/tensor'
import { configs, drawing, randomClips, randomParameters } from '../laws/networks'
import { expectClose, expectSame } from '../laws/values'

const RUNS = { numRuns: 15 }

/** A property of random networks with random parameters and two clips. */
const forAll = (
  fixed: Partial<Config>,
  holds: (config: Config, parameters: Parameters, X: Tensor, draw: ReturnType<typeof drawing>) => void,
): void =>
  fc.assert(
    fc.property(configs(fixed), fc.nat(), (config, seed) =>
      holds(config, randomParameters(config, seed), randomClips(config, 2, seed), drawing(seed)),
    ),
    RUNS,
  )
const clip = (X: Tensor, b: number): Tensor => slice(X, 0, b, b + 1)

describe('Network', () => {
  it('runs in the shapes that the paper gives', () =>
    forAll({}, (config, parameters, X) => {
      const { frames: T, dim, heads, STB, TTB, classes } = config
      const [B, S] = [2, 1 + patches(config)]
      const result = forward(config, parameters, X)
      const shape = (key: 'V' | 'V_0' | 'Y' | 'y' | 'logits') => result[key].shape
      expect(shape('V')).to.deep.equal([B * T, S - 1, dim])
      expect(shape('V_0')).to.deep.equal([B * T, S, dim])
      expect(shape('Y')).to.deep.equal([B * S, T, dim])
      expect(shape('y')).to.deep.equal([B, dim])
      expect(shape('logits')).to.deep.equal([B, classes])
      expect([result.STB.length, result.TTB.length]).to.deep.equal([STB, TTB])
      for (const [stage, n, s] of [
        ['STB', B * T, S],
        ['TTB', B * S, T],
      ] as const)
        for (const { V, V_mid, A, map, fused } of result[stage]) {
          for (const x of [V, V_mid]) expect(x.shape).to.deep.equal([n, s, dim])
          for (const x of [A, map, fused]) expect(x.shape).to.deep.equal([n, heads, s, s])
        }
    }))

  it('runs forwards and backwards under every combination of switches, to finite numbers', () => {
    const on = [true, false]
    const choices = {
      cssa: on,
      fam: on,
      spatialPosition: on,
      temporalPosition: on,
      scores: ['raw', 'accumulated'],
      aggregation: ['network', 'stage'],
      pool: ['class', 'mean'],
    } as const
    const combinations = Object.entries(choices).reduce<Partial<Config>[]>(
      (all, [key, values]) => all.flatMap(c => values.map(value => ({ ...c, [key]: value }))),
      [{ channels: 1, frames: 2, height: 2, width: 4, patch: 2, dim: 4, heads: 2, STB: 2, TTB: 2, classes: 2 }],
    )
    expect(combinations.length).to.equal(2 ** 7)
    for (const [seed, values] of combinations.entries()) {
      const config = configure(values)
      const [parameters, X] = [randomParameters(config, seed), randomClips(config, 1, seed)]
      const f = (p: Parameters) => {
        const logits = network(config, p, X)
        return { loss: total(mul(logits, logits)), logits }
      }
      const { value, gradient } = valueAndGrad(f)(parameters)
      const shapes = (tree: unknown) => entries(tree).map(([path, x]) => [path, x.shape])
      expect(shapes(gradient)).to.deep.equal(shapes(parameters))
      for (const x of [...leaves(value), ...leaves(gradient)])
        expect([...flat(x)].every(Number.isFinite), JSON.stringify(values)).to.equal(true)
    }
  })

  it('computes in the element type it is given', () => {
    const config = variants.digits
    for (const dtype of ['float32', 'float64'] as const) {
      const result = forward(config, randomParameters(config, 1, dtype), randomClips(config, 1, 1, dtype))
      expect(new Set(leaves(result).map(dtypeOf))).to.deep.equal(new Set([dtype]))
    }
  })

  it('refuses clips of other sizes than its own, and names them', () => {
    const parameters = randomParameters(variants.digits, 1)
    for (const shape of [
      [2, 3, 4, 16, 16],
      [2, 1, 8, 16, 16],
      [2, 1, 4, 16, 20],
      [1, 4, 16, 16],
    ])
      expect(() => network(variants.digits, parameters, zeros(shape, 'float64'))).to.throw(
        ShapeError,
        `X[B, C, T, H, W] must be [B, 1, 4, 16, 16], got [${shape.join(', ')}]`,
      )
  })

  it('sees every clip alone: one does not depend on the others of its batch', () =>
    forAll({}, (config, parameters, X, draw) => {
      const logits = network(config, parameters, X)
      const other = concat(0, clip(X, 0), draw([1, ...X.shape.slice(1)]))
      expectSame(clip(network(config, parameters, other), 0), clip(logits, 0), 'beside another clip')
      expectClose(network(config, parameters, clip(X, 1)), clip(logits, 1), 1e-12, 'alone')
      const swapped = network(config, parameters, concat(0, clip(X, 1), clip(X, 0)))
      expectSame(swapped, concat(0, clip(logits, 1), clip(logits, 0)), 'in another order')
    }))
})

describe('Scores that cross (decisions D1, D2, D17)', () => {
  /** What goes into the softmax of every block. */
  const fusedOf = (config: Config, parameters: Parameters, X: Tensor): readonly Tensor[] =>
    forward(config, parameters, X).STB.map(b => b.fused)

  it('D1: the raw scores A_{i−1} of the block before cross, not what that block fused', () =>
    forAll({ STB: 4, cssa: true, scores: 'raw' }, (config, parameters, X) => {
      const { STB } = forward(config, parameters, X)
      STB.forEach(({ A, fused }, i) =>
        expectSame(fused, i ? add(A, mul(parameters.STB[i]!.alpha!, STB[i - 1]!.A)) : A, `block ${i + 1}`),
      )
    }))

  it('D1: with accumulated scores, A_i + α_i·(A_{i−1} + α_{i−1}·(…)) does', () =>
    forAll({ STB: 4, cssa: true, scores: 'accumulated' }, (config, parameters, X) => {
      const { STB } = forward(config, parameters, X)
      STB.forEach(({ A, fused }, i) =>
        expectSame(fused, i ? add(A, mul(parameters.STB[i]!.alpha!, STB[i - 1]!.fused)) : A, `block ${i + 1}`),
      )
    }))

  it('D1: the two readings are one up to the second block of a stage, and differ from the third on', () => {
    const config = configure({ ...variants.digits, STB: 3, TTB: 0, scores: 'raw' })
    const [parameters, X] = [randomParameters(config, 5), randomClips(config, 1, 5)]
    const [raw, accumulated] = (['raw', 'accumulated'] as const).map(scores =>
      fusedOf({ ...config, scores }, parameters, X),
    )
    for (const i of [0, 1]) expectSame(accumulated![i]!, raw![i]!, `block ${i + 1}`)
    expect([...flat(accumulated![2]!)]).not.to.deep.equal([...flat(raw![2]!)])
    // What a third block gets more is α_3·α_2·A_1.
    const [, alpha_2, alpha_3] = parameters.STB.map(W => W.alpha)
    const { A } = forward(config, parameters, X).STB[0]!
    expectClose(accumulated![2]!, add(raw![2]!, mul(mul(alpha_3!, alpha_2!), A)), 1e-12, 'block 3')
  })

  it('D2: scores stay in their stage, even where T = 1 + P gives them one shape in both', () =>
    forAll({ frames: 3, patch: 1, height: 1, width: 2, cssa: true, STB: 2, TTB: 2 }, (config, parameters, X) => {
      const { STB, TTB } = forward(config, parameters, X)
      expect(TTB[0]!.A.shape).to.deep.equal(STB[1]!.A.shape)
      expectSame(TTB[0]!.fused, TTB[0]!.A, 'the first TTB')
      expectSame(STB[0]!.fused, STB[0]!.A, 'the first STB')
      expect([...flat(TTB[1]!.fused)]).not.to.deep.equal([...flat(TTB[1]!.A)])
    }))

  it('D3: without CSSA the network is the same, to the bit, as with every α = 0', () =>
    forAll({ cssa: true }, (config, parameters, X) => {
      const off = mapTree((x, _, path) => (path.endsWith('.alpha') ? full(0, x.shape, 'float64') : x), parameters)
      expectSame(network(config, off, X), network({ ...config, cssa: false }, parameters, X), 'logits')
    }))

  it('every α is used: each has a gradient', () => {
    const config = configure({ ...variants.digits, STB: 3, TTB: 3, pool: 'mean' })
    const [parameters, X] = [randomParameters(config, 2), randomClips(config, 1, 2)]
    const gradient = grad((p: Parameters) => total(network(config, p, X)))(parameters)
    const alphas = entries(gradient).filter(([path]) => path.endsWith('.alpha'))
    expect(alphas.length).to.equal(4)
    for (const [path, g] of alphas) expect(Math.abs(flat(g)[0]!), path).to.be.above(1e-9)
  })
})

describe('Aggregation (decisions D4, D5)', () => {
  it('D4: one FAM takes the outputs of all blocks, in the temporal layout', () =>
    forAll({ fam: true, aggregation: 'network' }, (config, parameters, X) => {
      const { STB, TTB, Y } = forward(config, parameters, X)
      const V = [...STB.map(b => toTime(b.V, config.frames)), ...TTB.map(b => b.V)]
      expectSame(Y, featureAggregation(V.slice(0, -1), V.at(-1)!, parameters.FAM!.network!), 'Y')
    }))

  it('D4: or each stage has its own, and the spatial Y feeds the temporal stage', () =>
    forAll({ fam: true, aggregation: 'stage', STB: 2, TTB: 3 }, (config, parameters, X) => {
      const { STB, TTB, Y } = forward(config, parameters, X)
      const { FAM } = parameters
      const V = STB.map(b => toTime(b.V, config.frames))
      const spatial = featureAggregation([V[0]!], V[1]!, FAM!.STB!)
      const none = full(0, [], 'float64')
      expectSame(TTB[0]!.V, block(spatial, none, none, config.heads, parameters.TTB[0]!).V, 'the first TTB')
      expectSame(Y, featureAggregation([TTB[0]!.V, TTB[1]!.V], TTB[2]!.V, FAM!.TTB!), 'Y')
    }))

  it('D4: without FAM, Y is the output of the last block, under either aggregation', () =>
    forAll({ fam: false }, (config, parameters, X) => {
      const { STB, TTB, Y } = forward(config, parameters, X)
      expectSame(Y, TTB.at(-1)?.V ?? toTime(STB.at(-1)!.V, config.frames), 'Y')
      const other = { ...config, aggregation: config.aggregation === 'stage' ? 'network' : 'stage' } as const
      expectSame(network(other, parameters, X), network(config, parameters, X), 'logits')
    }))

  it('is the identity with a single block', () =>
    forAll({ STB: 0, TTB: 1, fam: true }, (config, parameters, X) =>
      expectSame(network(config, parameters, X), network({ ...config, fam: false }, parameters, X), 'logits'),
    ))

  it('D5: twice the β of every block moves the logits by rounding and ε alone', () => {
    const config = variants.digits
    // ε is felt where β·V is small: β is what it starts as.
    const ones = (x: Tensor, _: Tensor[], path: string): Tensor =>
      path.endsWith('.beta') ? full(1, x.shape, 'float64') : x
    const [parameters, X] = [mapTree(ones, randomParameters(config, 4)), randomClips(config, 2, 4)]
    const doubled = mapTree((x, _, path) => (path.endsWith('.beta') ? scale(x, 2) : x), parameters)
    expectClose(network(config, doubled, X), network(config, parameters, X), 1e-5, 'logits')
    const gradient = grad((p: Parameters) => total(network(config, p, X)))(parameters)
    const beta = entries(gradient).filter(([path]) => path.endsWith('.beta'))
    const gains = entries(gradient).filter(([path]) => /^FAM\..*gain$/.test(path))
    const most = (xs: [string, Tensor][]): number => Math.max(...xs.flatMap(([, x]) => [...flat(x)].map(Math.abs)))
    expect(most(beta)).to.be.below(1e-4 * most(gains))
  })

  it('the baseline is the plain network: no score crosses, no feature is aggregated', () =>
    forAll({ STB: 3, TTB: 2 }, (config, parameters, X) => {
      const { STB, TTB, Y } = forward(baseline(config), parameters, X)
      for (const { A, fused } of [...STB, ...TTB]) expectSame(fused, A, 'fused')
      expectSame(Y, TTB[1]!.V, 'Y')
    }))
})

describe('Positions (Table 1b)', () => {
  for (const [key, name] of [
    ['spatialPosition', 'P_s'],
    ['temporalPosition', 'P_t'],
  ] as const)
    it(`without ${key} the network is as with ${name} = 0`, () =>
      forAll({ [key]: true }, (config, parameters, X) => {
        const none = { ...parameters, [name]: full(0, parameters[name]!.shape, 'float64') }
        const { [name]: _, ...without } = parameters
        expectSame(network({ ...config, [key]: false }, without, X), network(config, none, X), 'logits')
      }))

  it('without P_t the order of the frames does not matter', () =>
    forAll({ frames: 2, temporalPosition: false }, (config, parameters, X) => {
      const reversed = concat(2, slice(X, 2, 1, 2), slice(X, 2, 0, 1))
      expectClose(network(config, parameters, reversed), network(config, parameters, X), 1e-9, 'logits')
    }))
})

describe('Pooling (decision D6)', () => {
  const ofPatches = (config: Config, parameters: Parameters, X: Tensor): Tensor =>
    grad((x: Tensor) => total(network(config, parameters, x)))(X)

  it('D6: class pooling averages the class token of Y over the frames; mean pooling averages all tokens', () =>
    forAll({}, (config, parameters, X) => {
      const { Y, y } = forward(config, parameters, X)
      const [B, S] = [2, 1 + patches(config)]
      const tokens = reshape(Y, [B, S, config.frames, config.dim])
      const pooled = config.pool === 'class' ? slice(tokens, 1, 0, 1) : tokens
      expectClose(y, reshape(mean(pooled, [1, 2]), [B, config.dim]), 1e-12, 'y')
    }))

  it('D6: under class pooling, patch tokens that enter the temporal stage touch no logit and get no gradient', () =>
    forAll({ STB: 0, TTB: 3, pool: 'class' }, (config, parameters, X, draw) => {
      // Without an STB, the patches reach the temporal stage as they are embedded.
      expectSame(network(config, parameters, draw(X.shape)), network(config, parameters, X), 'logits of other patches')
      expectSame(ofPatches(config, parameters, X), zeros(X.shape, 'float64'), 'the gradient of the patches')
    }))

  it('D6: an STB lets them touch the logits, and so does mean pooling', () => {
    for (const values of [
      { STB: 1, TTB: 2, pool: 'class' },
      { STB: 0, TTB: 3, pool: 'mean' },
    ] as const) {
      const config = configure({ ...variants.digits, ...values })
      const [parameters, X] = [randomParameters(config, 6), randomClips(config, 1, 6)]
      expect(Math.max(...flat(ofPatches(config, parameters, X)))).to.be.above(0)
    }
  })

  it('D6: under class pooling, the last STB needs only keys and values of its patches', () => {
    const config = configure({ ...variants.digits, STB: 1, TTB: 1, fam: false })
    const [parameters, X] = [randomParameters(config, 8), randomClips(config, 1, 8)]
    const { V_0, STB } = forward(config, parameters, X)
    // Only the class token's row of V_1 goes on: the rows of the patches can be anything.
    const [S, N] = [1 + patches(config), config.frames]
    const rows = concat(1, full(1, [N, 1, 1], 'float64'), full(0, [N, S - 1, 1], 'float64'))
    const kept = mul(STB[0]!.V, broadcastTo(rows, V_0.shape))
    const none = full(0, [], 'float64')
    const [whole, masked] = [STB[0]!.V, kept].map(
      V => block(toTime(V, config.frames), none, none, config.heads, parameters.TTB[0]!).V,
    )
    expectSame(slice(masked!, 0, 0, 1), slice(whole!, 0, 0, 1), 'the class token after the TTB')
  })
})
