/** What a recipe may add to the loss and to the weights: each is nothing at its neutral value, and PyTorch's where it has it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { configure, initialParameters, network } from '../../lib/paper'
import { flat, fromArray, full, over, randomStream, type Tensor, truncatedNormal } from '../../lib/tensor'
import { entries, leaves } from '../../lib/trace'
import { oneHot } from '../../lib/primitives'
import {
  adamw,
  averaged,
  branchFactors,
  crossEntropy,
  layered,
  mixedPairs,
  mixingOf,
  type Optimizer,
  sgd,
  stepSchedule,
  targetCrossEntropy,
  targetsOf,
  weightsOf,
  withBranchFactors,
} from '../../lib/training'
import { expectClose, expectSame } from '../laws/values'

const stream = randomStream(3, 'regularisation')
const normal = (...shape: number[]): Tensor => truncatedNormal(stream, shape, 1, 'float64')
const number = (x: Tensor): number => flat(x)[0]!
const loss = (logits: Tensor, targets: Tensor): number =>
  number(targetCrossEntropy(logits as Tensor<['B', 'K']>, targets as Tensor<['B', 'K']>))

/** Cases for both sides. */
const [B, K] = [5, 4]
const logits = normal(B, K)
const labels = fromArray([0, 3, 1, 1, 2], [B], 'float64')
const [epsilon, lambda, weights] = [0.1, 0.3, [1, 2, 0.5, 3]]
const w0 = { patch: { W: normal(2, 3) }, STB: [{ W: normal(3) }, { W: normal(3) }], head: { W: normal(2) } }
const steps = Array.from({ length: 3 }, () => leaves(w0).map(x => normal(...x.shape)))
const gradients = (g: readonly Tensor[]): typeof w0 => ({
  patch: { W: g[0]! }, STB: [{ W: g[1]! }, { W: g[2]! }], head: { W: g[3]! },
}) // prettier-ignore
const factor = [0.75 ** 3, 0.75 ** 2, 0.75, 1]

const script = `
import json, sys, torch
import torch.nn.functional as F
d = json.load(sys.stdin)
t = lambda x: torch.tensor(x, dtype=torch.float64)
z, y, w = t(d['logits']), torch.tensor(d['labels']), t(d['weights'])
out = {
  'smoothed': F.cross_entropy(z, y, label_smoothing=d['epsilon']).item(),
  'weighted': F.cross_entropy(z, y, weight=w, label_smoothing=d['epsilon']).item(),
  'mixed': (d['lambda'] * F.cross_entropy(z, y) + (1 - d['lambda']) * F.cross_entropy(z, y.flip(0))).item(),
}
for name in ('SGD', 'AdamW'):
  ps = [torch.nn.Parameter(t(x)) for x in d['w0']]
  groups = [{'params': [p], 'lr': 0.1 * f} for p, f in zip(ps, d['factor'])]
  opt = torch.optim.SGD(groups, lr=0.1, momentum=0.9, weight_decay=0.01) if name == 'SGD' else torch.optim.AdamW(groups, lr=0.1, weight_decay=0.01)
  model = torch.nn.ParameterList(ps)
  ema = torch.optim.swa_utils.AveragedModel(model, avg_fn=lambda a, w, n: 0.8 * a + 0.2 * w)
  ema.update_parameters(model)
  for gs in d['steps']:
    for p, g in zip(ps, gs): p.grad = t(g).reshape(p.shape)
    opt.step()
    ema.update_parameters(model)
  out[name] = [p.detach().flatten().tolist() for p in ps]
  out[name + ' average'] = [p.detach().flatten().tolist() for p in ema.module]
p = torch.nn.Parameter(t([0.0]))
opt = torch.optim.SGD([p], lr=0.5)
sched = torch.optim.lr_scheduler.ChainedScheduler([
  torch.optim.lr_scheduler.LinearLR(opt, start_factor=1/4, end_factor=1, total_iters=3),
  torch.optim.lr_scheduler.MultiStepLR(opt, milestones=[2, 6], gamma=0.1)])
out['rates'] = []
for _ in range(9):
  out['rates'].append(opt.param_groups[0]['lr']); opt.step(); sched.step()
print(json.dumps(out))
`
const rows = (x: Tensor): number[][] => Array.from({ length: x.shape[0]! }, (_, i) => [...flat(x)].slice(i * x.shape[1]!, (i + 1) * x.shape[1]!)) // prettier-ignore
const lists = (xs: readonly Tensor[]): number[][] => xs.map(x => [...flat(x)])
const input = {
  logits: rows(logits), labels: [...flat(labels)], weights, epsilon, lambda, w0: lists(leaves(w0)), factor,
  steps: steps.map(lists),
} // prettier-ignore
const python = spawnSync('/usr/bin/python3', ['-c', script], { input: JSON.stringify(input), encoding: 'utf8' })
const torch =
  python.status === 0 ? (JSON.parse(python.stdout) as Record<string, number & number[] & number[][]>) : undefined

describe('What a recipe adds', () => {
  it('one-hot targets are labels: smoothing 0, equal weights and λ = 1 change nothing', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(K - 1), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        (ks, w) => {
          // prettier-ignore
          const [z, y] = [normal(ks.length, K), fromArray(ks, [ks.length], 'float64')]
          expectSame(targetsOf(y, K), oneHot(y as Tensor<['B']>, K), 'one-hot')
          expectSame(targetsOf(y, K, { smoothing: 0 }), targetsOf(y, K), 'ε = 0')
          expectClose(
            targetsOf(y, K, { classWeights: new Array<number>(K).fill(w) }),
            targetsOf(y, K),
            1e-14,
            'equal weights',
          )
          expect(loss(z, targetsOf(y, K))).to.be.closeTo(number(crossEntropy(z as Tensor<['B', 'K']>, y as Tensor<['B']>)), 1e-13) // prettier-ignore
          expect(mixedPairs(z, 1)).to.equal(z)
          expectSame(mixedPairs(mixedPairs(z, 0), 0), z, 'turned twice')
        },
      ),
    ))

  it('targets hold as much as there are clips, smoothed and mixed or not', () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (e, l) => {
        const t = mixedPairs(targetsOf(labels, K, { smoothing: e }), l)
        expect([...flat(t)].reduce((a, b) => a + b)).to.be.closeTo(B, 1e-12)
      }),
    ))

  it('λ of mixup is drawn in [0, 1] with mean ½ and the variance of Beta(α, α), and is 1 for α = 0', () => {
    for (const alpha of [0.2, 1, 4]) {
      const drawn = Array.from({ length: 4000 }, (_, step) => mixingOf(alpha, 1, step))
      const mean = drawn.reduce((a, b) => a + b) / drawn.length
      const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length
      expect(Math.min(...drawn)).to.be.at.least(0)
      expect(Math.max(...drawn)).to.be.at.most(1)
      expect(mean).to.be.closeTo(0.5, 0.03)
      expect(variance).to.be.closeTo(1 / (4 * (2 * alpha + 1)), 0.01)
    }
    expect(mixingOf(0, 1, 1)).to.equal(1)
    expect(mixingOf(1, 1, 7)).to.equal(mixingOf(1, 1, 7))
  })

  it('dropped branches: none at rate 0, of mean 1, more towards the last block; a block without branches passes its input on', () => {
    expect([...flat(branchFactors(0, 3, 1, 1))]).to.deep.equal([1, 1, 1, 1, 1, 1])
    const drawn = Array.from({ length: 4000 }, (_, step) => [...flat(branchFactors(0.5, 2, 1, step))])
    ;[0.25, 0.25, 0.5, 0.5].forEach((p, i) => {
      expect(drawn.filter(factors => factors[i] === 0).length / drawn.length).to.be.closeTo(p, 0.03)
      expect(drawn.reduce((sum, factors) => sum + factors[i]!, 0) / drawn.length).to.be.closeTo(1, 0.06)
    })
    const sizes = { channels: 1, frames: 2, height: 8, width: 8, patch: 4, dim: 4, heads: 2, classes: 3, cssa: false, fam: false } // prettier-ignore
    const config = configure({ ...sizes, STB: 2, TTB: 1 })
    const parameters = initialParameters(config, 1, { sigma: 0.3, dtype: 'float64' })
    const X = normal(2, 1, 2, 8, 8) as Tensor<['B', 'C', 'T', 'H', 'W']>
    const ones = full(1, [6], 'float64')
    expectSame(network(config, withBranchFactors(parameters, ones), X), network(config, parameters, X), 'factors of 1')
    // Without the first block's branches it is the network without that block.
    const without = withBranchFactors(parameters, fromArray([0, 0, 1, 1, 1, 1], [6], 'float64'))
    const shorter = { ...parameters, STB: parameters.STB.slice(1) }
    expectClose(
      network(config, without, X),
      network(configure({ ...sizes, STB: 1, TTB: 1 }), shorter, X),
      1e-13,
      'without a block',
    )
  })

  it('an average with d = 0 is the last weights, to the bit; the steps are those without it', () => {
    const bare = sgd({ momentum: 0.9, decay: 0.01 })
    const rate = full(0.1, [], 'float64')
    const [none, some] = [averaged(bare, 0), averaged(bare, 0.8)]
    const a = none.update(w0, none.start(w0), gradients(steps[0]!), rate)
    const b = some.update(w0, some.start(w0), gradients(steps[0]!), rate)
    const c = bare.update(w0, bare.start(w0), gradients(steps[0]!), rate)
    const used = weightsOf({ parameters: a.parameters, optimizer: a.state } as never)
    for (const [i, x] of leaves(c.parameters).entries()) {
      expectSame(leaves(used)[i]!, x, 'd = 0')
      expectSame(leaves(b.parameters)[i]!, x, 'd = 0.8')
    }
    expect(weightsOf({ parameters: c.parameters, optimizer: c.state } as never)).to.equal(c.parameters)
    // An average moves a fifth of the way that the weights do.
    const slow = leaves(weightsOf({ parameters: b.parameters, optimizer: b.state } as never))
    leaves(w0).forEach((from, i) => {
      const [now, then] = [slow[i]!, leaves(b.parameters)[i]!].map(x => number(x) - number(from)) as [number, number]
      expect(now / then).to.be.closeTo(0.2, 1e-9)
    })
  })

  it('rates by layer are one rate for γ = 1, and fall towards the patches', () => {
    const rate = full(0.1, [], 'float64')
    for (const bare of [sgd({ momentum: 0.9, decay: 0.01 }), adamw({ decay: 0.01 })] as readonly Optimizer<unknown>[]) {
      const run = (optimizer: Optimizer<unknown>) =>
        optimizer.update(w0, optimizer.start(w0), gradients(steps[0]!), rate).parameters
      leaves(run(layered(bare, 1))).forEach((x, i) => expectSame(x, leaves(run(bare))[i]!, 'γ = 1'))
      const moved = (optimizer: Optimizer<unknown>): number[] =>
        entries(run(optimizer)).map(([, x], i) => Math.abs(flat(x)[0]! - flat(leaves(w0)[i]!)[0]!))
      const [slow, fast] = [moved(layered(bare, 0.5)), moved(bare)]
      ;[1 / 8, 1 / 4, 1 / 2, 1].forEach((f, i) => expect(slow[i]! / fast[i]!).to.be.closeTo(f, 1e-9))
    }
  })

  it('rates by layer of a system are those of the blocks in their order, and of head and aggregation the whole rate', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 }), (space, time) => {
        const blocks = (n: number) => Array.from({ length: n }, () => ({ W: full(1, [], 'float64') }))
        const both = { head: { W: full(1, [], 'float64') }, patch: { W: full(1, [], 'float64') } }
        const FAM = { STB: blocks(1), TTB: blocks(1) }
        const ratesOf = (tree: object): Record<string, number> => {
          const rates: Record<string, number> = {}
          const note: Optimizer<null> = {
            start: () => null,
            update: (parameters, state, _, rate) => {
              for (const [path] of entries(parameters))
                rates[path] = number(typeof rate === 'function' ? rate(path) : rate)
              return { parameters, state }
            },
          }
          layered(note, 0.5).update(tree, null, tree, full(1, [], 'float64'))
          return rates
        }
        const ours = ratesOf({ ...both, FAM, STB: blocks(space), TTB: blocks(time) })
        const theirs = ratesOf({
          ...both,
          space: { blocks: blocks(space), FAM: blocks(1) },
          time: { blocks: blocks(time), FAM: blocks(1) },
        })
        const inOrder = [...blocks(space).map((_, i) => `STB.${i}.W`), ...blocks(time).map((_, i) => `TTB.${i}.W`)]
        inOrder.forEach((path, i) => expect(ours[path], path).to.equal(0.5 ** (inOrder.length - i)))
        for (const [path, rate] of Object.entries(ours)) if (/^(head|FAM)/.test(path)) expect(rate, path).to.equal(1)
        expect(ours['patch.W']).to.equal(0.5 ** (space + time + 1))
        for (const [path, rate] of Object.entries(theirs)) {
          const same = path.replace('space.blocks', 'STB').replace('time.blocks', 'TTB')
          expect(rate, path).to.equal(path.includes('FAM') ? 1 : ours[same])
        }
      }),
    ))

  it('a warm-up rises evenly to the rate in steps; 0 steps are none', () => {
    const steps = { drops: [2], factor: 0.1, stepsPerEpoch: 6 }
    const [warm, cold] = [stepSchedule(1, { ...steps, warmup: 4 }), stepSchedule(1, steps)]
    expect([0, 1, 2, 3].map(warm)).to.deep.equal([0.25, 0.5, 0.75, 1])
    for (let s = 4; s < 12; s++) expect(warm(s)).to.equal(cold(s))
    for (let s = 0; s < 12; s++) expect(stepSchedule(1, { ...steps, warmup: 0 })(s)).to.equal(cold(s))
  })
})

describe(`What a recipe adds, beside PyTorch in float64${torch ? '' : ' (skipped: no /usr/bin/python3 with torch here)'}`, () => {
  before(function () {
    if (!torch) this.skip()
  })

  it('label smoothing and class weights are cross_entropy’s', () => {
    expect(loss(logits, targetsOf(labels, K, { smoothing: epsilon }))).to.be.closeTo(torch!['smoothed']!, 1e-14)
    const weighted = targetsOf(labels, K, { smoothing: epsilon, classWeights: weights })
    expect(loss(logits, weighted)).to.be.closeTo(torch!['weighted']!, 1e-14)
  })

  it('mixed targets are the mixture of both losses', () =>
    expect(loss(logits, mixedPairs(targetsOf(labels, K), lambda))).to.be.closeTo(torch!['mixed']!, 1e-14))

  it('rates by layer are parameter groups, and the average is AveragedModel’s', () => {
    const rate = full(0.1, [], 'float64')
    for (const [name, bare] of [
      ['SGD', sgd({ momentum: 0.9, decay: 0.01 })],
      ['AdamW', adamw({ decay: 0.01 })],
    ] as const) {
      // prettier-ignore
      const optimizer = averaged(layered(bare as never, 0.75), 0.8)
      let [w, state] = [w0, optimizer.start(w0)]
      for (const g of steps) {
        const next = optimizer.update(w, state, gradients(g), rate)
        ;[w, state] = [next.parameters, next.state]
      }
      const near = (xs: readonly Tensor[], expected: number[][]): void =>
        xs.forEach((x, i) => expectClose(x, over(Float64Array.from(expected[i]!), x.shape), 1e-14, name))
      near(leaves(w), torch![name]!)
      near(leaves(state.average), torch![`${name} average`]!)
    }
  })

  it('a warm-up in steps is LinearLR with MultiStepLR', () => {
    const ours = stepSchedule(0.5, { drops: [2, 4], factor: 0.1, stepsPerEpoch: 2, warmup: 4 })
    ;(torch!['rates'] as number[]).forEach((rate, step) => expect(ours(step)).to.be.closeTo(rate, 1e-15))
  })
})
