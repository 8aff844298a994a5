/** A run that goes on: whether the flags are those of its beginning, and for how long it does. */
import type { Command } from 'commander'
import type { Config } from '../../paper'
import { UserError } from '../../tensor'
import type { Checkpoint, Recipe } from '../../training'
import { commandLine } from '../../format/text'
import { isGiven } from '../flags/given'
import { givenConfigFlags, variantOf } from '../flags/network'
import { givenRecipeFlags, recipeOf } from '../flags/recipe'
import { clipsOf } from '../flags/clips'
import type { Settings } from './folder'
import type { TrainFlags } from '../flags/train'

/** Flags of a recipe that a run may go on with others of: for how long, and in how much memory, which changes results by their
 *  rounding alone, as another engine does. */
const CHANGEABLE = ['--steps', '--accumulate', '--rematerialise']

/** Checks that the given flags say what a run was started with. Throws UserError that names the first that does not. */
export const checkSameRun = (
  command: Command,
  flags: TrainFlags,
  folder: string,
  { checkpoint, settings }: { readonly checkpoint: Checkpoint; readonly settings: Settings },
): void => {
  const { config, recipe, seed } = checkpoint
  const check = (flag: string, expected: unknown, found: unknown): void => {
    if (JSON.stringify(expected) === JSON.stringify(found)) return
    throw new UserError(
      typeof found === 'boolean'
        ? `${flag} must be left out to go on with ${folder}`
        : `${flag} must be ${String(expected)} to go on with ${folder}, got ${String(found)}`,
    )
  }
  if (isGiven(command, 'variant')) check('--variant', settings.variant, variantOf(command))
  for (const { flag, key, value } of givenConfigFlags(command)) check(flag, (config as Partial<Config>)[key], value)
  for (const { flag, value, get } of givenRecipeFlags(command))
    if (!CHANGEABLE.includes(flag)) check(flag, get(recipe), value)
  for (const key of [
    'data',
    'videos',
    'classNames',
    'validation',
    'split',
    'validationSplit',
    'heldOutPart',
    'augmentViews',
  ] as const)
    if (isGiven(command, key)) check(flagOf(command, key), settings.videos?.[key] ?? 'left out', flags[key])
  const format = clipsOf(flags, config, [])
  for (const key of ['stride', 'fps', 'shortSide', 'mean', 'deviation'] as const)
    if (isGiven(command, key)) check(flagOf(command, key), checkpoint.clips?.[key] ?? 'left out', format[key])
  if (isGiven(command, 'jitter')) check('--jitter', settings.videos?.jitter.shortSide ?? 'left out', flags.jitter)
  if (isGiven(command, 'seed')) check('--seed', seed, flags.seed)
  if (isGiven(command, 'alpha')) check('--alpha', settings.alpha, flags.alpha)
}

/** The recipe of a run that goes on: for as many steps or epochs as are asked for now, in the parts that are. A rate that falls along a cosine does so
 *  over all of them from where it is. Throws UserError where more are done already.
 *  @param perEpoch steps, where the run has epochs */
export const recipeToGoOn = (
  command: Command,
  { epochs }: TrainFlags,
  folder: string,
  { recipe: before, step }: Pick<Checkpoint, 'recipe' | 'step'>,
  perEpoch: number | undefined,
): Recipe => {
  const recipe = recipeOf(command, before)
  const least = (flag: string, done: number, found: number): void => {
    if (found < done) throw new UserError(`${flag} must be at least ${done} to go on with ${folder}, where as many are done, got ${found}`) // prettier-ignore
  }
  if (isGiven(command, 'steps')) {
    least('--steps', step, recipe.steps)
    return recipe
  }
  if (!isGiven(command, 'epochs')) return recipe
  if (perEpoch === undefined)
    throw new UserError('--epochs is of videos: --steps expected to go on with digits in motion')
  least('--epochs', Math.ceil(step / perEpoch), epochs!)
  return { ...recipe, steps: epochs! * perEpoch }
}

/** What is said of a run that goes on, with the steps or epochs and the held-out clips of now. */
export const goneOn = (command: Command, settings: Settings, recipe: Recipe, heldOut: number): Settings => {
  const given = (['steps', 'epochs', 'accumulate', 'rematerialise'] as const).filter(name => isGiven(command, name))
  const isLength = (name: string): boolean => name === 'steps' || name === 'epochs'
  const others = Object.entries(settings.flags ?? {}).filter(([name]) => !isLength(name) || !given.some(isLength))
  const flags = given.length === 0 ? settings.flags : Object.fromEntries([...others, ...given.map(name => [name, command.getOptionValue(name) as unknown])]) // prettier-ignore
  return { ...settings, recipe, ...(settings.videos ? {} : { heldOut }), ...(flags && { flags }) }
}

const flagOf = (command: Command, name: string): string =>
  command.options.find(option => option.attributeName() === name)!.long!

/** What a run does not remember of its flags, and what changes a bit, a measurement or how it is made: said again to go on. */
const SAID_AGAIN = ['engine', 'mode', 'deadWork', 'attention', 'every', 'workers', 'timeLimit', 'cache'] as const

/** How to go on with a run, as a shell takes it, so that it ends as it would have. */
export const howToGoOn = (command: Command, name: string, runs: string): string => {
  const started = process.env['npm_lifecycle_event'] === 'start' ? ['npm', 'start', '--'] : ['cstransformer', 'train']
  const again = SAID_AGAIN.filter(key => isGiven(command, key)).flatMap(key => [
    flagOf(command, key),
    String(command.getOptionValue(key)),
  ])
  return commandLine([...started, '--resume', '--name', name, ...(runs === 'runs' ? [] : ['--runs', runs]), ...again])
}
