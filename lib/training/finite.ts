/** What no step may see or make: clips, losses, gradients and parameters that are not finite, and labels that are no class. */
import { checkLabels } from './labels'
import { flat, type Tensor, UserError } from '../tensor'
import type { Engine } from '../engines'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { entries, leaves, trace } from '../trace'
import { trainedOf } from './freeze'
import { againBy, type StepOptions } from './parts'
import type { Recipe } from './recipe'
import { type Batch, gradientOf, type Logits, type State, stateEntries } from './step'

/** Training cannot go on: something that a step made is not finite. */
export class DivergedError extends UserError {
  override name = 'DivergedError'
}

/** The first number of a tensor that is not finite, if one is not, and its place. */
export const notFinite = (x: Tensor): { readonly value: number; readonly at: number } | undefined => {
  const values = flat(x)
  const at = values.findIndex(value => !Number.isFinite(value))
  return at < 0 ? undefined : { value: values[at]!, at }
}

/** Checks what a step (counted from 1) is given. Throws UserError that names the step and the clip. */
export const checkBatch = ({ X, labels }: Batch, { classes }: NetworkConfig, step: number): void => {
  const found = notFinite(X)
  const perClip = X.shape.slice(1).reduce((a, b) => a * b, 1)
  if (found)
    throw new UserError(`step ${step}: clip ${Math.floor(found.at / perClip)} must be finite, got ${found.value}`)
  checkLabels(labels, classes, `step ${step}: `)
}

/** Checks what a step has made of a state. Throws DivergedError that names the step and the tensor. */
export const checkState = (state: State, step: number): State => {
  for (const [path, x] of stateEntries(state)) {
    const found = notFinite(x)
    if (found) throw new DivergedError(`step ${step}: '${path}' must be finite after it, got ${found.value}`)
  }
  return state
}

/** Why a step cannot be gone on from: its loss, or its gradient, with the first parameter whose gradient is not finite. The
 *  gradient is computed once more to find that one, unclipped, of one part after the other until a part's is not finite.
 *  @param remaining what is frozen, what makes logits, where those are of features of clips, and whether blocks are computed
 *  again */
export const divergence = async <H>(
  engine: Engine<H>,
  config: NetworkConfig,
  parameters: Parameters,
  parts: readonly Batch[],
  { step, loss, norm }: { readonly step: number; readonly loss: number; readonly norm: number },
  remaining: Pick<Recipe, 'freeze' | 'rematerialise'> &
    Pick<StepOptions, 'rematerialised'> & { readonly logits?: Logits | undefined } = {},
): Promise<DivergedError> => {
  const [trained, frozen] = trainedOf(remaining, parameters)
  const gradients = (p: Parameters, given: Batch, others: Parameters) =>
    gradientOf(config, { attention: engine.attention, logits: remaining.logits })(p, given, others).gradient
  const again = againBy(remaining, remaining.rematerialised)
  const run = await engine.compile(trace(again(gradients), trained, parts[0]!, frozen).graph)
  const [before, after] = [trained, frozen].map(tree => leaves(tree).map(engine.upload)) as [H[], H[]]
  const paths = entries(trained).map(([path]) => path)
  let first: string | undefined
  for (const part of parts) {
    const given = leaves(part).map(engine.upload)
    const made = await run([...before, ...given, ...after])
    for (const [i, handle] of made.entries()) if (notFinite(await engine.download(handle))) first ??= paths[i]
    engine.release([...given, ...made])
    if (first !== undefined) break
  }
  engine.release([...before, ...after])
  const what = Number.isFinite(loss) ? `the norm of the gradient must be finite, got ${norm}` : `the loss must be finite, got ${loss}` // prettier-ignore
  return new DivergedError(
    `step ${step}: ${what}${first === undefined ? '' : `; the first gradient that is not finite is that of '${first}'`}`,
  )
}
