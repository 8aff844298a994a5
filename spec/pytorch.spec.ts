/** The PyTorch example: the same logits, and steps of training on two processes that are our own steps. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  configure,
  type DType,
  type Engine,
  entries,
  flat,
  fromArray,
  initialParameters,
  ndarrayEngine,
  network,
  type Tensor,
} from '../lib'
import { type Batch, type Checkpoint, digitsRecipe, type Recipe, startState, train } from '../lib/training'
import { loadCheckpoint, saveCheckpoint, saveSafetensors } from '../lib/training/node'
import { concatAll, slice } from '../lib/primitives'
import { randomStream, truncatedNormal } from '../lib/tensor'
import { goldenCases, goldenNetwork } from './golden'
import { expectNear } from './laws/values'

const example = resolve(__dirname, '../examples/pytorch')
/** A Python that has PyTorch; Debian's packages are seen by its own alone. */
const python = ['python3', '/usr/bin/python3'].find(
  name =>
    spawnSync(name, [
      '-c',
      'import sys, importlib.util as u; sys.exit(not (u.find_spec("torch") and u.find_spec("numpy")))',
    ]).status === 0,
)

/** No redirection of a process that is not there: with PyTorch 1.13 under Python 3.11, none at all cannot be said. */
const asIs = ['--redirects=9:1', '--tee=9:1']

const run = (...args: string[]): string => {
  const env = { ...process.env, OMP_NUM_THREADS: '1', GLOO_SOCKET_IFNAME: 'lo', PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout, stderr, status } = spawnSync(python!, args, { cwd: example, encoding: 'utf8', env })
  expect(status, stderr).to.equal(0)
  return stdout
}

/** PyTorch alone takes seconds to start, and on a busy machine many. */
const SLOW = 180_000

describe(`The PyTorch example${python === undefined ? ' (skipped: no python3 with torch and numpy here)' : ''}`, () => {
  before(function () {
    if (python === undefined) this.skip()
  })
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-'))
  const at = (name: string): string => join(folder, `${name}.safetensors`)
  after(() => rmSync(folder, { recursive: true, force: true }))

  it("has the logits and gradients of kept scores with PyTorch's attention that keeps none, or one of the same meaning where PyTorch has none", () => {
    for (const name of goldenCases) {
      const { config, parameters, X } = goldenNetwork(name, 'float64')
      const state = startState(digitsRecipe, parameters)
      saveCheckpoint(at(`${name}-fused`), { config, recipe: digitsRecipe, seed: 0, step: 0, state })
      saveSafetensors(at(`${name}-fused-clips`), { tensors: new Map([['X', X]]), metadata: {} })
    }
    const program = `
import json, sys, torch
import cstransformer
from cstransformer import load, read_tensors
calls = []
def same_meaning(Q, K, V):
    return torch.softmax(Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5, -1) @ V
def counted(*operands):
    calls.append(operands[0].shape[-1])
    return (kernel or same_meaning)(*operands)
kernel = cstransformer.fused_attention
for name in sys.argv[2:]:
    path = sys.argv[1] + '/' + name
    clips, _ = read_tensors(path + '-clips.safetensors')
    made = []
    for attention in (None, counted):
        calls.clear()
        cstransformer.fused_attention = attention
        model = load(path + '.safetensors')[0]
        logits = model(clips['X'])
        torch.sin(logits).sum().backward()
        made.append([logits.detach()] + [p.grad for p in model.parameters()])
    none = lambda x, y: x if x is not None else torch.zeros_like(y)
    worst = max(float((none(a, b) - b).abs().max()) for a, b in zip(*made) if b is not None)
    print(json.dumps({'name': name, 'worst': worst, 'widths': sorted(set(calls)), 'calls': len(calls)}))
`
    const lines = run('-c', program, folder, ...goldenCases.map(name => `${name}-fused`)).trim().split('\n') // prettier-ignore
    for (const [i, line] of lines.entries()) {
      const { config } = goldenNetwork(goldenCases[i]!, 'float64')
      const found = JSON.parse(line) as { worst: number; widths: number[]; calls: number }
      const [d, blocks] = [config.dim / config.heads, config.STB + config.TTB]
      const crosses = config.cssa && Math.max(config.STB, config.TTB) > 1
      expect(found.calls, line).to.equal(config.scores === 'raw' ? blocks : 0)
      expect(found.widths, line).to.deep.equal(config.scores === 'raw' ? [d, ...(crosses ? [2 * d] : [])] : [])
      expect(found.worst, line).to.be.below(1e-10)
    }
  }).timeout(SLOW)

  it('gives our logits, with every switch', () => {
    const dtypes = ['float32', 'float64'] as const
    const expected = goldenCases.flatMap(name =>
      dtypes.map(dtype => {
        const { config, parameters, X } = goldenNetwork(name, dtype)
        const file = `${name}-${dtype}`
        const state = startState(digitsRecipe, parameters)
        saveCheckpoint(at(file), { config, recipe: digitsRecipe, seed: 0, step: 0, state })
        saveSafetensors(at(`${file}-clips`), { tensors: new Map([['X', X]]), metadata: {} })
        return { file, dtype, logits: network(config, parameters, X) }
      }),
    )
    const program = `
import json, sys
import cstransformer
from cstransformer import load, read_tensors
assert cstransformer.fused_attention is getattr(cstransformer.F, 'scaled_dot_product_attention', None)
for name in sys.argv[2:]:
    path = sys.argv[1] + '/' + name
    clips, _ = read_tensors(path + '-clips.safetensors')
    print(json.dumps(load(path + '.safetensors')[0](clips['X']).tolist()))
`
    const lines = run('-c', program, folder, ...expected.map(({ file }) => file))
      .trim()
      .split('\n')
    expect(lines).to.have.length(expected.length)
    expected.forEach(({ file, dtype, logits }, i) => {
      const theirs = (JSON.parse(lines[i]!) as number[][]).flat()
      expectNear(theirs, flat(logits), dtype === 'float32' ? 1e-4 : 1e-9, file)
    })
  }).timeout(SLOW)

  // ---- training --------------------------------------------------------------------------------------------------------

  const config = configure({
    ...{ channels: 1, frames: 2, height: 4, width: 6, patch: 2, dim: 8, heads: 2, STB: 2, TTB: 2, classes: 3 },
  })
  const N = 10
  const numbers = { sigma: 0.3, batch: 4, steps: 8 }
  const adamw: Recipe = { ...digitsRecipe, ...numbers, schedule: { kind: 'warm-up and cosine', warmup: 3 } }
  const sgd: Recipe = {
    ...numbers,
    optimizer: { kind: 'SGD', momentum: 0.9, decay: 0.01 },
    rate: 0.05,
    schedule: { kind: 'steps', drops: [2], factor: 0.1, stepsPerEpoch: 3 },
  }

  /** Our own training: the checkpoint after some steps more, and their losses. */
  const goOn = async (from: Checkpoint, steps: number, batch: (step: number) => Batch) => {
    const recipe = { ...from.recipe, steps: from.step + steps }
    const losses: number[] = []
    let state = from.state
    const rates = { ...recipe, steps: from.recipe.steps }
    for await (const progress of train({
      engine: ndarrayEngine as Engine,
      batch,
      ...from,
      recipe: rates,
      from: from.step,
    })) {
      losses.push(progress.loss)
      if (progress.step < recipe.steps) continue
      state = await progress.state()
      break
    }
    return { losses, checkpoint: { ...from, step: recipe.steps, state } }
  }

  const cases: readonly (readonly [string, Recipe, DType, number])[] = [
    ['AdamW, clipped, warm-up and cosine', adamw, 'float64', 1e-9],
    ['SGD with momentum, rates in steps', sgd, 'float32', 1e-5],
  ]
  for (const [name, recipe, dtype, tolerance] of cases)
    it(`goes on with our training on two processes, and we with its: ${name}, ${dtype}`, async () => {
      const stream = randomStream(3, name)
      const X = truncatedNormal(stream, [N, 1, 2, 4, 6], 1, dtype)
      const labels = fromArray(
        Array.from({ length: N }, (_, i) => i % 3),
        [N],
        dtype,
      )
      const batch = (step: number): Batch => {
        const clips = (x: Tensor): Tensor =>
          concatAll(
            0,
            Array.from({ length: recipe.batch }, (_, j) => (step * recipe.batch + j) % N).map(i =>
              slice(x, 0, i, i + 1),
            ),
          )
        return { X: clips(X), labels: clips(labels) }
      }
      saveSafetensors(at('clips'), {
        tensors: new Map<string, Tensor>([
          ['X', X],
          ['labels', labels],
        ]),
        metadata: {},
      })

      const state = startState(recipe, initialParameters(config, 3, { dtype, sigma: recipe.sigma, alpha: 0.5 }))
      const ours = await goOn({ config, recipe, seed: 3, step: 0, state }, 2, batch)
      saveCheckpoint(at('ours'), ours.checkpoint)
      const further = await goOn(ours.checkpoint, 3, batch)

      const rendezvous = ['--nproc_per_node=2', '--rdzv_backend=c10d', '--rdzv_endpoint=localhost:0', ...asIs]
      const files = ['--checkpoint', at('ours'), '--clips', at('clips'), '--to', at('theirs')]
      const output = run('-m', 'torch.distributed.run', ...rendezvous, 'train_ddp.py', ...files, '--steps', '3')
      const told = output
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { step: number; loss: number })
      expect(told.map(({ step }) => step)).to.deep.equal([3, 4, 5])
      expectNear(
        told.map(({ loss }) => loss),
        further.losses,
        tolerance,
        'losses',
      )

      const theirs = loadCheckpoint(at('theirs'))
      expect(theirs).to.include({ step: 5, seed: 3 })
      expect({ ...theirs.config }).to.deep.equal(config)
      expect(theirs.recipe).to.deep.equal(recipe)
      const found = new Map(entries(theirs.state))
      for (const [path, x] of entries(further.checkpoint.state))
        expectNear(flat(found.get(path)!), flat(x), tolerance, path)

      const [last, expected] = [await goOn(theirs, 1, batch), await goOn(further.checkpoint, 1, batch)]
      expectNear(last.losses, expected.losses, tolerance, 'the loss after')
    }).timeout(SLOW)
})
