import fc from 'fast-check'
import { closeAll } from './open'

/** The seed of every run in CI: a change that breaks a law there breaks it on every try. */
const seedInCI = 20230

const fromEnvironment = (text: string): number => {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new RangeError(`SEED: expected a whole number, found '${text}'`)
  return Number(text) | 0
}

const chosen = (): number => {
  const { SEED, CI } = process.env
  if (SEED !== undefined && SEED !== '') return fromEnvironment(SEED)
  return CI === undefined || CI === '' || CI === 'false' ? Date.now() | 0 : seedInCI
}

/**
 * The seed of the properties: `SEED` where it is set, the fixed one in CI, and a new one at each run elsewhere, so that
 * the laws meet new cases on every developer's machine. It is printed first, and again after a failure.
 */
export const seed = chosen()

// Mocha's workers, should there be any, inherit the choice.
process.env['SEED'] = String(seed)

fc.configureGlobal({ seed })

// Tests that load ONNX Runtime by themselves keep it as quiet as the engine does.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1'

export const mochaGlobalSetup = (): void => {
  console.log(`Seed ${seed}`)
}

// Mocha binds the run to `this`, except where it watches files and runs them again.
export const mochaGlobalTeardown = function (this: Partial<Mocha.Runner>): void {
  if (this.failures !== 0) console.log(`The same cases again: SEED=${seed} npm test`)
}

/** Runs after each file, in every worker. */
export const mochaHooks = { afterAll: closeAll }
