/** Agreement with an independent model of the paper, written in PyTorch: see fixtures/golden. */
import { expect } from 'chai'
import {
  type Batch,
  clipByGlobalNorm,
  crossEntropy,
  adamw,
  type Optimizer,
  sgd,
  type State,
  type StepResult,
  trainingStep,
} from '../../lib/training'
import {
  block,
  cast,
  type Config,
  entries,
  flat,
  forward,
  full,
  initialParameters,
  mul,
  type Parameters,
  type Tensor,
  total,
  valueAndGrad,
} from '../../lib'
import { dtypeOf } from '../../lib/tensor'
import { golden, goldenCases, goldenNetwork, type Named, under } from '../golden'
import { itWhere } from '../laws/skips'
import { seed } from '../setup'
import { compute, ways } from '../laws/ways'

const TOLERANCE = { float32: 1e-4, float64: 1e-9 }

const largest = (xs: Iterable<Tensor>): number =>
  [...xs].flatMap(x => [...flat(x)]).reduce((most, v) => Math.max(most, Math.abs(v)), 0)

/** The same names and shapes, and values that differ by at most the tolerance.
 *  @param scale what deviations are measured against; without it, the largest value of each tensor
 *  @param weighed whether a tensor's values count */
const expectAgreement = (
  tree: unknown,
  expected: Named,
  scale?: number,
  weighed: (name: string) => boolean = () => true,
): void => {
  const found = new Map(entries(tree))
  expect([...found.keys()].sort(), 'names').to.deep.equal([...expected.keys()].sort())
  for (const [name, y] of expected) {
    const x = found.get(name)!
    expect(x.shape, `the shape of ${name}`).to.deep.equal(y.shape)
    if (!weighed(name)) continue
    const a = flat(x)
    const worst = [...flat(y)].reduce((most, v, i) => Math.max(most, Math.abs(a[i]! - v)), 0)
    expect(worst / (scale ?? largest([y])), `the deviation of ${name}`).to.be.at.most(TOLERANCE[dtypeOf(x)])
  }
}

/** The loss of a batch, with everything that the golden files hold of a forward pass, under their names. */
const everything = (config: Config, parameters: Parameters, { X, labels }: Batch) => {
  const { logits, V, V_0, STB, TTB, Y, y } = forward(config, parameters, X)
  const blocks = [...STB, ...TTB].flatMap(({ A, map, V_mid, V: V_i }, i) => [
    [`A.${i + 1}`, A],
    [`S.${i + 1}`, map],
    [`Vmid.${i + 1}`, V_mid],
    [`V.${i + 1}`, V_i],
  ])
  return { loss: crossEntropy(logits, labels), logits, mid: { V, V_0, ...Object.fromEntries(blocks), Y, y } }
}

/** Whether a case is one of the share that a way is tried on: the default one, and others that are other ones with another seed. */
const isTried = (name: string, share: number): boolean => {
  const place = (goldenCases.indexOf(name) + Math.abs(seed)) % goldenCases.length
  return name === 'default' || Math.floor((place + 1) * share) > Math.floor(place * share)
}

/** Declares that the cases agree.
 *  @param part of the graphs that engines are tried on, between 0 and 1; every case is computed eagerly */
export const agreesWithPyTorch = ({ part }: { readonly part: number }): void => {
  it('come in number: one for each switch and reading', () => expect(goldenCases.length).to.be.at.least(18))

  for (const name of goldenCases)
    describe(name, () => {
      it('has the parameters that the configuration asks for, no more and no fewer', () => {
        const { config, tensors } = goldenNetwork(name, 'float64')
        const shapes = (named: Iterable<readonly [string, Tensor]>) =>
          Object.fromEntries([...named].map(([path, x]) => [path, x.shape]))
        expect(shapes(entries(initialParameters(config, 0)))).to.deep.equal(shapes(under(tensors, 'param')))
      })

      for (const way of ways.filter(({ name: by, share }) => isTried(name, by === 'eagerly' ? 1 : part * share)))
        for (const dtype of way.dtypes) {
          const { tensors, config, train, X, labels, parameters } = goldenNetwork(name, dtype)
          const batch: Batch = { X, labels }
          const test = itWhere(way.skip)

          test(`has every intermediate value, the loss and every gradient, ${way.name} in ${dtype}`, async () => {
            const f = valueAndGrad((p: Parameters, b: Batch) => everything(config, p, b))
            const { value, gradient } = await compute(way, f, parameters, batch)
            expectAgreement(value.mid, under(tensors, 'mid'))
            for (const key of ['loss', 'logits'] as const)
              expectAgreement({ [key]: value[key] }, new Map([[key, tensors.get(`out.${key}`)!]]))
            const gradients = under(tensors, 'grad')
            expectAgreement(gradient, gradients, largest(gradients.values()))
          })

          const steps = async <S>(optimizer: Optimizer<S>, rate: number, count: number) => {
            const start: State<S> = { parameters, optimizer: optimizer.start(parameters) }
            const args: [State<S>, Batch, Tensor<[]>] = [start, batch, full(rate, [], dtype)]
            return way.using(trainingStep(config, optimizer), args, async step => {
              const results: StepResult<S>[] = []
              for (let i = 0; i < count; i++) results.push(await step(results.at(-1)?.state ?? start, args[1], args[2]))
              return results
            })
          }

          test(`D11: has the parameters after one and three steps of SGD, ${way.name} in ${dtype}`, async () => {
            const results = await steps(sgd(train), train.rate, 3)
            for (const [i, key] of [
              [0, 'sgd1'],
              [2, 'sgd3'],
            ] as const) {
              const expected = under(tensors, key)
              expectAgreement(results[i]!.state.parameters, expected, largest(expected.values()))
            }
            const losses = flat(tensors.get('out.losses')!)
            results.forEach(({ loss }, i) =>
              expect(flat(loss)[0]).to.be.closeTo(losses[i]!, TOLERANCE[dtype] * losses[i]!),
            )
          })

          const moved = under(tensors, 'adamw3')
          if (moved.size > 0)
            test(`has the parameters after three steps of AdamW, ${way.name} in ${dtype}`, async () => {
              const results = await steps(adamw({ decay: 0.01 }), 1e-3, 3)
              // AdamW divides by the size of a gradient: where that is rounding alone, so is the step.
              const told = (path: string): boolean => dtype === 'float64' || !/\.(b_K|beta)$/.test(path)
              expectAgreement(results[2]!.state.parameters, moved, largest(moved.values()), told)
            })

          const clipped = under(tensors, 'clip')
          if (clipped.size > 0)
            test(`has the gradients clipped to a global norm of 1, ${way.name} in ${dtype}`, async () => {
              const f = (p: Parameters, b: Batch) => {
                const { gradient } = valueAndGrad((q: Parameters) => everything(config, q, b))(p)
                return clipByGlobalNorm(gradient, 1)
              }
              const { gradients, norm } = await compute(way, f, parameters, batch)
              expectAgreement(gradients, clipped, largest(clipped.values()))
              expectAgreement({ norm }, new Map([['norm', tensors.get('out.norm')!]]))
              expect(flat(norm)[0], 'the norm before').to.be.above(1)
            })
        }
    })

  describe('encoder-layer: a block with A_0 = 0 is PyTorch’s own TransformerEncoderLayer', () => {
    const { tensors, json } = golden('encoder-layer')
    for (const way of ways)
      for (const dtype of way.dtypes)
        itWhere(way.skip)(`in its output and every gradient, ${way.name} in ${dtype}`, async () => {
          const given = (x: Tensor): Tensor => cast(x, dtype)
          const W = Object.fromEntries([...under(tensors, 'param')].map(([path, x]) => [path, given(x)]))
          const zero = full(0, [], dtype)
          const f = (p: { V: Tensor; W: typeof W }, R: Tensor) => {
            const { V } = block(p.V, zero, zero, json('config')['heads']!, p.W as unknown as Parameters['STB'][number])
            return { loss: total(mul(V, R)), V }
          }
          const [V, R] = [given(tensors.get('in.V')!), given(tensors.get('in.R')!)]
          const { value, gradient } = await compute(way, valueAndGrad(f), { V, W }, R)
          expectAgreement({ V: value.V }, under(tensors, 'out'))
          const gradients = under(tensors, 'grad')
          expectAgreement({ V: gradient.V, ...gradient.W }, gradients, largest(gradients.values()))
        })
  })
}
