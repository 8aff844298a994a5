/** An experiment: what it is trained on, what it is measured on, and that it ends where it is told to. */
import { expect } from 'chai'
import { measuredSteps, runExperiment } from '../../lib/ablation'
import { configure } from '../../lib/paper'
import { ndarrayEngine } from '../../lib/engines'
import { digitsRecipe } from '../../lib/training'
import { classNames, type Digits } from '../../lib/video'
import { readDigits } from '../../lib/video/node'

describe('An experiment', () => {
  const config = configure({
    ...{ channels: 1, frames: 2, height: 8, width: 8, patch: 4, dim: 4, heads: 2, STB: 1, TTB: 1 },
    classes: classNames.length,
  })
  const recipe = { ...digitsRecipe, steps: 4, batch: 8, sigma: 0.5 }
  const experiment = { config, recipe, alpha: 0, beta: 1, task: {} }
  const digits = readDigits()
  const run = (test: Digits, stop?: (step: number) => boolean) =>
    runExperiment(ndarrayEngine, experiment, 1, { digits: { ...digits, test }, heldOut: 64, ...(stop && { stop }) })

  it('is measured on the digits that it is not trained on: blank ones look alike, and one class in eight is right', async () => {
    const blank = { ...digits.test, images: digits.test.images.map(image => new Uint8Array(image.length)) }
    const [guessed, seen] = [await run(blank), await run(digits.test)]
    const points = measuredSteps(recipe.steps)
    expect(guessed!.curve).to.deep.equal(points.map(step => ({ step, accuracy: 1 / classNames.length })))
    expect(guessed!.accuracy).to.equal(1 / classNames.length)
    expect(seen!.curve.map(({ accuracy }) => accuracy)).to.not.deep.equal(
      guessed!.curve.map(({ accuracy }) => accuracy),
    )
    // What it was trained on is the same.
    expect(seen!.alpha).to.deep.equal(guessed!.alpha)
  })

  it('ends after the step at which it is told to, without a result', async () => {
    const steps: number[] = []
    const stop = (step: number): boolean => {
      steps.push(step)
      return step === 2
    }
    expect(await run(digits.test, stop)).to.equal(undefined)
    expect(steps).to.deep.equal([1, 2])
  })
})
