/** Batches from a thread are the batches. */
import { expect } from 'chai'
import { ndarrayEngine } from '../../../lib/engines'
import { initialParameters, variants } from '../../../lib/paper'
import { type Batch, digitsRecipe, startState, train } from '../../../lib/training'
import { openBatches } from '../../../lib/cli/run/batches'
import { packagedDigits, trainingBatch } from '../../../lib/cli/run/clips'
import { expectSame } from '../../laws/values'

const config = { ...variants.digits, dim: 4, heads: 1, STB: 1, TTB: 1 }
const [batch, seed, steps] = [3, 5, 40]
const here = trainingBatch(config, batch, seed, packagedDigits())
const expectBatch = (found: Batch, step: number): void => {
  expectSame(found.X, here(step).X, `clips of step ${step}`)
  expectSame(found.labels, here(step).labels, `labels of step ${step}`)
}

describe('Batches made ahead', () => {
  it('are those of their steps, to the bit, before the thread runs, while it does, and in any order', async () => {
    const made = openBatches({ config, batch, seed }, steps)
    try {
      for (const step of [0, 1]) expectBatch(await made.batch(step), step)
      await made.ready
      for (const step of [2, 3, 4, 5, 6, 7, 39, 3, 3, 38]) expectBatch(await made.batch(step), step)
    } finally {
      await made.close()
    }
  })

  it('leave every loss as it is', async () => {
    const losses = async (source: (step: number) => Batch | Promise<Batch>): Promise<number[]> => {
      const found: number[] = []
      const recipe = { ...digitsRecipe, batch, steps: 6 }
      const state = startState(recipe, initialParameters(config, seed))
      for await (const { loss } of train({ engine: ndarrayEngine, config, recipe, state, batch: source }))
        found.push(loss)
      return found
    }
    const made = openBatches({ config, batch, seed }, 6)
    try {
      expect(await losses(made.batch)).to.deep.equal(await losses(here))
    } finally {
      await made.close()
    }
  })

  it('fail for whoever asks once the thread has ended', async () => {
    const made = openBatches({ config, batch, seed }, steps)
    await made.close()
    const error = await made.batch(1).then(
      () => undefined,
      (e: Error) => e.message,
    )
    expect(error).to.equal('no batch is made any more: the thread that makes them was ended')
  })

  it('end a run that they fail', async () => {
    const recipe = { ...digitsRecipe, batch, steps: 6 }
    const state = startState(recipe, initialParameters(config, seed))
    const failing = (step: number): Promise<Batch> =>
      step < 2 ? Promise.resolve(here(step)) : Promise.reject(new Error(`no batch of step ${step}`))
    let done = 0
    const error = await (async () => {
      for await (const { step } of train({ engine: ndarrayEngine, config, recipe, state, batch: failing })) done = step
    })().then(
      () => undefined,
      (e: Error) => e.message,
    )
    expect({ done, error }).to.deep.equal({ done: 2, error: 'no batch of step 2' })
  })
})
