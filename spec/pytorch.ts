/** The PyTorch example as a process, and its training beside our own. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { configure, type DType, type Engine, entries, flat, fromArray, initialParameters, ndarrayEngine, type Tensor } from '../lib' // prettier-ignore
import { type Batch, type Checkpoint, digitsRecipe, type Recipe, startState, train } from '../lib/training'
import { loadCheckpoint, saveCheckpoint, saveSafetensors } from '../lib/training/node'
import { concatAll, slice } from '../lib/primitives'
import { randomStream, truncatedNormal } from '../lib/tensor'
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
/** Why the example cannot run here, where it cannot. */
export const noTorch = python === undefined ? 'no python3 with torch and numpy here' : undefined

/** No redirection of a process that is not there: with PyTorch 1.13 under Python 3.11, none at all cannot be said. */
const asIs = ['--redirects=9:1', '--tee=9:1']

export const run = (...args: string[]): string => {
  const env = { ...process.env, OMP_NUM_THREADS: '1', GLOO_SOCKET_IFNAME: 'lo', PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout, stderr, status } = spawnSync(python!, args, { cwd: example, encoding: 'utf8', env })
  expect(status, stderr).to.equal(0)
  return stdout
}

/** PyTorch alone takes seconds to start, and on a busy machine many. */
export const SLOW = 180_000

// ---- training -------------------------------------------------------------------------------------------------------

const config = configure({
  ...{ channels: 1, frames: 2, height: 4, width: 6, patch: 2, dim: 8, heads: 2, STB: 2, TTB: 2, classes: 3 },
})
const N = 10
const numbers = { sigma: 0.3, batch: 4, steps: 8 }
const recipes = {
  'AdamW, clipped, warm-up and cosine': {
    ...digitsRecipe,
    ...numbers,
    schedule: { kind: 'warm-up and cosine', warmup: 3 },
  },
  'SGD with momentum, rates in steps': {
    ...numbers,
    optimizer: { kind: 'SGD', momentum: 0.9, decay: 0.01 },
    rate: 0.05,
    schedule: { kind: 'steps', drops: [2], factor: 0.1, stepsPerEpoch: 3 },
  },
} satisfies Readonly<Record<string, Recipe>>
const tolerances = { float32: 1e-5, float64: 1e-9 }

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

/** @param at the path of a file of some name */
export const goesOnWithOurs = (at: (name: string) => string, name: keyof typeof recipes, dtype: DType): unknown => {
  const recipe: Recipe = recipes[name]
  const tolerance = tolerances[dtype]
  return it(`goes on with our training on two processes, and we with its: ${name}, ${dtype}`, async () => {
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
          Array.from({ length: recipe.batch }, (_, j) => (step * recipe.batch + j) % N).map(i => slice(x, 0, i, i + 1)),
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
}
