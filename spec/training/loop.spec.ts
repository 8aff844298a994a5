/** The training loop: it is the pure step again and again, wherever it starts and stops. */
import { expect } from 'chai'
import { flat, full, over, type Tensor, UserError } from '../../lib/tensor'
import { ndarrayEngine } from '../../lib/engines'
import { configure, initialParameters, network } from '../../lib/paper'
import { sub } from '../../lib/primitives'
import { entries, leaves, mapTree } from '../../lib/trace'
import {
  type Batch,
  checkRecipe,
  DivergedError,
  digitsRecipe,
  globalNorm,
  optimizerOf,
  paperRecipe,
  predict,
  type Recipe,
  scheduleOf,
  startState,
  type State,
  train,
  trainingStep,
} from '../../lib/training'
import { configureSystem, initialNetwork, logitsBy } from '../../lib/systems'
import { rematerialised } from '../../lib/transforms'
import { classNames, digitsInMotion, paperJitter, vitNormalisation } from '../../lib/video'
import { readDigits } from '../../lib/video/node'
import { counting } from '../laws/counting'
import { expectClose, expectSame, snapshot } from '../laws/values'

const config = configure({
  channels: 1, frames: 2, height: 8, width: 8, patch: 4, dim: 4, heads: 2, STB: 2, TTB: 2, classes: classNames.length,
}) // prettier-ignore
const recipe: Recipe = { ...digitsRecipe, steps: 4, batch: 3, schedule: { kind: 'warm-up and cosine', warmup: 2 } }
const digits = readDigits().train
const batch = (step: number): Batch =>
  digitsInMotion(1, { digits, clips: recipe.batch, first: step * recipe.batch, frames: 2, size: 8 })
const start = (): State => startState(recipe, initialParameters(config, 1, { sigma: 0.2 }))
const expectState = (actual: State, expected: State): void => {
  const others = new Map(entries(expected))
  for (const [path, x] of entries(actual)) expectSame(x, others.get(path)!, path)
}

/** Runs the loop, and returns the losses and the last state. */
const run = async (state: State, from = 0, until = recipe.steps): Promise<{ losses: number[]; state: State }> => {
  const losses: number[] = []
  for await (const progress of train({ engine: ndarrayEngine, config, recipe, state, from, batch })) {
    losses.push(progress.loss)
    if (progress.step === until) return { losses, state: await progress.state() }
  }
  return { losses, state }
}

/** What is refused, at once or later, in these words. */
const expectRefused = async (make: () => Promise<unknown>, words: RegExp): Promise<void> => {
  const error: unknown = await Promise.resolve()
    .then(make)
    .catch((reason: unknown) => reason)
  expect(error).to.be.instanceOf(UserError).with.property('message').that.matches(words)
}

describe('The training loop', () => {
  it('is the pure step, called with the batch and the rate of each step', async () => {
    const step = trainingStep(config, optimizerOf(recipe), recipe.clip)
    let state = start()
    const losses: number[] = []
    for (let s = 0; s < recipe.steps; s++) {
      const result = step(state, batch(s), full(scheduleOf(recipe)(s), []))
      losses.push(flat(result.loss)[0]!)
      state = result.state
    }
    const looped = await run(start())
    expect(looped.losses).to.deep.equal(losses)
    expectState(looped.state, state)
  })

  it('asks for the batch of every step once, in their order, and for no other', async () => {
    for (const from of [0, 2, 4]) {
      const asked: number[] = []
      const noted = (step: number): Batch => {
        asked.push(step)
        return batch(step)
      }
      const steps: number[] = []
      for await (const { step } of train({ engine: ndarrayEngine, config, recipe, state: start(), from, batch: noted }))
        steps.push(step)
      expect(asked).to.deep.equal([0, 1, 2, 3].slice(from))
      expect(steps).to.deep.equal([1, 2, 3, 4].slice(from))
    }
  })

  it('gives back what it took of the engine, wherever it ends', async () => {
    for (const last of [1, 3, recipe.steps]) {
      const { engine, held } = counting(ndarrayEngine)
      for await (const { step } of train({ engine, config, recipe, state: start(), batch })) {
        expect(held(), 'parameters and optimizer state').to.equal(leaves(start()).length)
        if (step === last) break
      }
      expect(held()).to.equal(0)
    }
  })

  it('goes on bit for bit from where it was left', async () => {
    const whole = await run(start())
    const half = await run(start(), 0, 2)
    const rest = await run(half.state, 2)
    expect([...half.losses, ...rest.losses]).to.deep.equal(whole.losses)
    expectState(rest.state, whole.state)
  })

  it('changes nothing that it was given', async () => {
    const state = start()
    const before = snapshot(leaves(state))
    await run(state)
    expect(snapshot(leaves(state))).to.deep.equal(before)
  })

  describe('stops where a number is not finite', () => {
    const refused = async (change: object): Promise<unknown> => {
      try {
        for await (const { state } of train({
          engine: ndarrayEngine,
          config,
          recipe,
          state: start(),
          batch,
          ...change,
        }))
          await state()
      } catch (error) {
        return error
      }
      return undefined
    }
    const spoilt = (state: State, at: string, value: number): State => {
      const parameters = mapTree((x, _, path) => (path === at ? full(value, x.shape) : x), state.parameters)
      return { ...state, parameters }
    }
    const spoiltBatch = (step: number): Batch => {
      const { X, labels } = batch(step)
      if (step !== 1) return { X, labels }
      const values = Float32Array.from(flat(X))
      values[values.length - 1] = Infinity
      return { X: over(values, X.shape), labels }
    }

    it('in a clip, before the step, and names the clip', async () => {
      const error = await refused({ batch: spoiltBatch })
      expect(error).to.be.instanceOf(UserError).with.property('message', 'step 2: clip 2 must be finite, got Infinity')
    })

    it('for a label that is no class', async () => {
      for (const wrong of [-1, classNames.length, 0.5, NaN]) {
        const error = await refused({
          batch: (step: number) => ({ ...batch(step), labels: over(Float32Array.of(0, 1, wrong), [3]) }),
        })
        const text = `step 1: label 2 must be a whole number from 0 to ${classNames.length - 1}, got ${wrong}`
        expect(error).to.be.instanceOf(UserError).with.property('message', text)
      }
    })

    for (const clip of [1, undefined])
      it(`in a loss, and names a parameter, ${clip ? 'also where clipping spreads it' : 'without clipping'}`, async () => {
        const { clip: _, ...unclipped } = recipe
        const state = spoilt(start(), entries(start().parameters).at(-1)![0], NaN)
        const error = await refused({ state, recipe: clip ? { ...unclipped, clip } : unclipped })
        expect(error).to.be.instanceOf(DivergedError)
        const [first] = entries(state.parameters)[0]!
        expect((error as Error).message).to.equal(
          `step 1: the loss must be finite, got NaN; the first gradient that is not finite is that of '${first}'`,
        )
      })

    it('in what a step makes: no state that is not finite is given out', async () => {
      const error = await refused({
        recipe: {
          ...recipe,
          optimizer: { kind: 'SGD', momentum: 0, decay: 0 },
          rate: 1e308,
          schedule: { kind: 'warm-up and cosine', warmup: 0 },
        },
        state: startState({ ...recipe, optimizer: { kind: 'SGD', momentum: 0, decay: 0 } }, start().parameters),
      })
      expect(error).to.be.instanceOf(DivergedError)
      expect((error as Error).message).to.match(/^step 1: '\S+' must be finite after it, got (NaN|-?Infinity)$/)
    })
  })

  it('computes blocks again by what it is given, to the same losses, and says what is lacking', async () => {
    const again = { engine: ndarrayEngine, config, recipe: { ...recipe, rematerialise: true }, state: start(), batch }
    const losses: number[] = []
    for await (const { loss } of train({ ...again, rematerialised })) losses.push(loss)
    expect(losses).to.deep.equal((await run(start())).losses)
    await expectRefused(
      () => train(again).next(),
      /^rematerialised must be given with a recipe that has rematerialise, got none: import .* train\(\{ …, rematerialised \}\)$/,
    )
  })

  it('is of another system by the logits that it is given, as prediction is, and says what is lacking', async () => {
    const { channels, frames, height, width, patch, dim, heads, classes } = config
    const sizes = { channels, frames, height, width, patch, dim, heads, classes }
    const other = configureSystem({ system: 'timesformer', attention: 'divided', blocks: 1, ratio: 2, cssa: true, fam: true, ...sizes }) // prettier-ignore
    const parameters = initialNetwork(other, 1, { sigma: 0.2 })
    const given = { engine: ndarrayEngine, config: other, recipe, state: startState(recipe, parameters), batch }
    const logits = logitsBy(other)
    const [{ value }] = [await train({ ...given, logits }).next()]
    expect(value?.loss).to.be.closeTo(Math.log(classes), 1)
    const lacks =
      /^logits must be given for timesformer, got none: logitsBy\(config\), of cstransformer\/systems, makes them$/
    await expectRefused(() => train(given).next(), lacks)
    const { X } = batch(0)
    expectSame(await predict(ndarrayEngine, other, parameters, X as Tensor, 2, logits), logits(parameters, X), 'logits')
    await expectRefused(() => predict(ndarrayEngine, other, parameters, X as Tensor, 2), lacks)
  })

  it('does nothing when all steps are done', async () =>
    expect((await run(start(), recipe.steps)).losses).to.deep.equal([]))

  it('learns: the loss of a batch that it sees again and again falls', async () => {
    const again: number[] = []
    const same = { engine: ndarrayEngine, config, recipe: { ...recipe, steps: 30, rate: 0.02 }, state: start() }
    for await (const { loss } of train({ ...same, batch: () => batch(0) })) again.push(loss)
    expect(again.at(-1)).to.be.below(0.5 * again[0]!)
  })
})

describe('Steps', () => {
  it('without a limit the gradient is as it is; with one, its norm is at most that', () => {
    // With rate 1, no momentum and no decay, a step is the gradient.
    const plain: Recipe = { ...recipe, optimizer: { kind: 'SGD', momentum: 0, decay: 0 } }
    const { parameters } = start()
    const stepped = (clip?: number) => {
      const step = trainingStep(config, optimizerOf(plain), clip)
      const { state, norm } = step(startState(plain, parameters), batch(0), full(1, []))
      return { norm, taken: globalNorm(mapTree((x, [y]) => sub(x, y!), parameters, state.parameters)) }
    }
    const [free, clipped] = [stepped(), stepped(1e-3)]
    expectSame(free.norm, clipped.norm, 'the norm before clipping')
    expectClose(free.taken, free.norm, 1e-4, 'the norm of a free step')
    expect(clipped.taken.get()).to.be.closeTo(1e-3, 1e-5)
  })
})

describe('predict', () => {
  it('gives the logits of all clips, whatever the size of a batch', async () => {
    const { parameters } = start()
    const { X } = digitsInMotion(2, { digits, clips: 5, frames: 2, size: 8 })
    const expected = network(config, parameters, X)
    for (const size of [1, 2, 5, 9])
      expectClose(await predict(ndarrayEngine, config, parameters, X, size), expected, 1e-6, `batches of ${size}`)
  })

  it('gives back what it took of the engine, also where a clip does not fit', async () => {
    const { engine, held } = counting(ndarrayEngine)
    const { parameters } = start()
    const { X } = digitsInMotion(2, { digits, clips: 3, frames: 2, size: 8 })
    await predict(engine, config, parameters, X, 2)
    expect(held()).to.equal(0)
    const larger = digitsInMotion(2, { digits, clips: 3, frames: 2, size: 12 }).X
    await predict(engine, config, parameters, larger, 2).then(
      () => expect.fail('clips of another size'),
      () => expect(held()).to.equal(0),
    )
  })
})

describe('Recipes', () => {
  const inSteps = { kind: 'steps', drops: [2], factor: 0.1, stepsPerEpoch: 3 } as const

  it('of the paper resize and crop as its clips are made (decision D12)', () => {
    expect(paperRecipe).to.deep.include({ shortSide: paperJitter.shortSide, crop: paperJitter.crop })
    expect(paperRecipe).to.deep.include(vitNormalisation)
  })

  for (const [change, text] of [
    [{ rate: -1 }, 'rate must be a number above 0, got -1'],
    [{ rate: NaN }, 'rate must be a number above 0, got NaN'],
    [{ sigma: 0 }, 'sigma must be a number above 0, got 0'],
    [{ clip: 0 }, 'clip must be a number above 0, got 0'],
    [{ batch: 0 }, 'batch must be a whole number of at least 1, got 0'],
    [{ steps: 1.5 }, 'steps must be a whole number of at least 1, got 1.5'],
    [{ optimizer: { kind: 'SGD', momentum: 0.9, decay: -1 } }, 'decay must be a number of at least 0, got -1'],
    [{ schedule: { kind: 'warm-up and cosine', warmup: -1 } }, 'warmup must be a number of at least 0, got -1'],
    [{ schedule: { kind: 'warm-up and cosine' } }, 'warmup must be a number of at least 0, got missing'],
    [{ schedule: { ...inSteps, warmup: NaN } }, 'warmup must be a number of at least 0, got NaN'],
    [{ schedule: { ...inSteps, stepsPerEpoch: 0 } }, 'stepsPerEpoch must be a whole number of at least 1, got 0'],
    [{ schedule: { ...inSteps, stepsPerEpoch: 1.5 } }, 'stepsPerEpoch must be a whole number of at least 1, got 1.5'],
    [{ schedule: { ...inSteps, factor: 0 } }, 'factor must be a number above 0, got 0'],
    [{ schedule: { ...inSteps, drops: [1.5] } }, 'schedule.drops[0] must be a whole number of at least 1, got 1.5'],
    [{ parts: 3 }, 'parts must be a divisor of the batch (32), got 3'],
    [{ parts: 0 }, 'parts must be a divisor of the batch (32), got 0'],
    [{ smoothing: 1 }, 'smoothing must be a number of at least 0 and below 1, got 1'],
    [{ dropPath: -0.1 }, 'dropPath must be a number of at least 0 and below 1, got -0.1'],
    [{ ema: 1 }, 'ema must be a number of at least 0 and below 1, got 1'],
    [{ mixup: -1 }, 'mixup must be a number of at least 0, got -1'],
    [{ layerDecay: 0 }, 'layerDecay must be a number above 0 and at most 1, got 0'],
    [{ layerDecay: 1.1 }, 'layerDecay must be a number above 0 and at most 1, got 1.1'],
    [{ patience: 0 }, 'patience must be a whole number of at least 1, got 0'],
    [{ classWeights: [1, 0] }, 'classWeights[1] must be a number above 0, got 0'],
    [{ classWeights: [Infinity] }, 'classWeights[0] must be a number above 0, got Infinity'],
  ] as const)
    it(`refuse ${JSON.stringify(change)}`, () =>
      expect(() => checkRecipe({ ...digitsRecipe, ...change } as Recipe)).to.throw(text))
})
