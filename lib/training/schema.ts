/** What files say of a network, of its training and of its clips: every value with its type and its bounds, in one place. */
import { UserError } from '../tensor'
import { above0, choice, count, either, faultOf, flag, holding, type Kind, listOf, exactly, number, optional, record, text, word } from '../tensor/given' // prettier-ignore
import type { Config } from '../paper'
import { configValues } from '../paper/kinds'

export const real = (is: string, holds: (n: number) => boolean): Kind =>
  holding(is, x => typeof x === 'number' && Number.isFinite(x) && holds(x))
export const whole = (least: number, is = `a whole number of at least ${least}`): Kind =>
  real(is, n => Number.isSafeInteger(n) && n >= least)
export const atLeast0 = real('a number of at least 0', n => n >= 0)
const part = real('a number of at least 0 and below 1', n => n >= 0 && n < 1)
const upTo1 = real('a number above 0 and at most 1', n => n > 0 && n <= 1)

/** Every value of a configuration; one that is missing there does not compile. */
const networkValues = configValues satisfies Record<keyof Config, Kind>
/** That of CSTransformer, which names no system; what others have is for `configureSystem` to say. */
export const networkSchema: Kind = {
  ...record,
  within: (x, path) => ('system' in (x as object) ? undefined : exactly(networkValues).within!(x, path)),
}

/** Every value of a recipe; where one is missing here, `checkRecipe` does not compile. */
export const recipeValues = {
  optimizer: choice('kind', {
    SGD: { momentum: atLeast0, decay: atLeast0 },
    AdamW: { decay: atLeast0, beta1: optional(part), beta2: optional(part), epsilon: optional(above0) },
  }),
  rate: above0,
  schedule: choice('kind', {
    steps: { drops: listOf(count), factor: above0, stepsPerEpoch: count, warmup: optional(atLeast0) },
    'warm-up and cosine': { warmup: atLeast0 },
  }),
  ...{ batch: count, steps: count, clip: optional(above0), sigma: above0 },
  ...{ smoothing: optional(part), mixup: optional(atLeast0), dropPath: optional(part), ema: optional(part) },
  ...{ classWeights: optional(listOf(above0)), layerDecay: optional(upTo1), patience: optional(count) },
  // That parts divide the batch is for `checkRecipe` to say.
  ...{
    parts: optional(number),
    rematerialise: optional(flag),
    freeze: optional({ ...listOf(text, 1), is: 'a list of patterns' }),
  },
}
export const recipeSchema = exactly(recipeValues, 'a record of settings')

/** A number, or one for each channel. */
export const channelwise = (item: Kind, C: number): Kind =>
  holding(`${item.is}, or one for each of ${C} channels`, x =>
    Array.isArray(x) ? x.length === C && x.every(item.holds) : item.holds(x),
  )

/** Every value of the clips that a network takes; where one is missing here, `checkpointFrom` does not compile. */
export const clipValues = ({ classes: K, height, channels }: Pick<Config, 'classes' | 'height' | 'channels'>) => ({
  classes: holding(
    `${K} names, as its configuration has classes`,
    x => Array.isArray(x) && x.length === K && x.every(text.holds),
  ),
  stride: either(count, word('uniform')),
  fps: optional(above0),
  shortSide: whole(height, `a whole number of at least the frames' height, ${height}`),
  mean: channelwise(holding('a number', number.holds), channels),
  deviation: channelwise(above0, channels),
})

/** The value, where it is as a schema says. Throws UserError that names the first value that is not, what was expected and what
 *  was found.
 *  @param where what stands before the message, as a file's name
 *  @param name of the whole, where it is not a record whose values are known by their own names */
export const checked = <T>(schema: Kind, value: unknown, where = '', name = ''): T => {
  const fault = faultOf(schema, value, '')
  if (fault !== undefined) throw new UserError(`${where}${fault.startsWith(' ') ? `${name}${fault}`.trim() : fault}`)
  return value as T
}
