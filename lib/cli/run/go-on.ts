/** Going on with a run: what must be as it was, and what is to be said again. */
import type { Command } from 'commander'
import { UserError } from '../../tensor'
import type { Checkpoint } from '../../training'
import { commandLine } from '../../format/text'
import { givenConfigFlags, variantOf } from '../flags/network'
import { isGiven } from '../flags/given'
import { givenRecipeFlags } from '../flags/recipe'
import { clipsOf } from '../flags/videos'
import type { Settings } from './folder'
import type { TrainFlags } from './settings'

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
  for (const { flag, key, value } of givenConfigFlags(command)) check(flag, config[key], value)
  for (const { flag, value, get } of givenRecipeFlags(command)) check(flag, get(recipe), value)
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
  const { steps, schedule } = recipe
  if (isGiven(command, 'epochs'))
    check('--epochs', schedule.kind === 'steps' ? steps / schedule.stepsPerEpoch : 'left out', flags.epochs)
  if (isGiven(command, 'seed')) check('--seed', seed, flags.seed)
  if (isGiven(command, 'alpha')) check('--alpha', settings.alpha, flags.alpha)
}

const flagOf = (command: Command, name: string): string =>
  command.options.find(option => option.attributeName() === name)!.long!

/** What a run does not remember of its flags, and what changes a bit, a measurement or how it is made: said again to go on. */
const SAID_AGAIN = ['engine', 'mode', 'deadWork', 'heldOut', 'every', 'workers', 'timeLimit', 'cache'] as const

/** How to go on with a run, as a shell takes it, so that it ends as it would have. */
export const howToGoOn = (command: Command, name: string, runs: string): string => {
  const started = process.env['npm_lifecycle_event'] === 'start' ? ['npm', 'start', '--'] : ['cstransformer', 'train']
  const again = SAID_AGAIN.filter(key => isGiven(command, key)).flatMap(key => [
    flagOf(command, key),
    String(command.getOptionValue(key)),
  ])
  return commandLine([...started, '--resume', '--name', name, ...(runs === 'runs' ? [] : ['--runs', runs]), ...again])
}
