/** From flags to a run: a new one, or one to go on with. */
import type { Command } from 'commander'
import { parse } from 'node:path'
import { UserError } from '../tensor'
import { type Config, initialParameters, type Parameters, variants } from '../paper'
import { type Checkpoint, digitsRecipe, fromViT, loadSafetensors, type Pretrained, startState } from '../training'
import { checkDigits } from './clips'
import { configOf, givenConfigFlags, variantOf } from './config-flags'
import { givenRecipeFlags, recipeOf } from './recipe-flags'
import type { Settings } from './run-folder'

/** What the command line of `train` says, its defaults filled in. */
export interface TrainFlags {
  readonly seed: number
  readonly alpha: number
  /** A file of a pretrained ViT. */
  readonly init: string | undefined
  readonly engine: string
  readonly mode?: string
  readonly runs: string
  readonly name?: string
  readonly resume?: true
  readonly overwrite?: true
  /** Clips that the result is measured with. */
  readonly heldOut: number
  readonly quiet?: true
}

const isGiven = (command: Command, name: string): boolean => command.getOptionValueSource(name) === 'cli'

/** The name of a run that has not been given one: all that sets it apart from the standard run, and its seed. */
export const defaultName = (command: Command, { seed, alpha, init }: TrainFlags): string => {
  const variant = variantOf(command)
  const standard: Config = variants[variant]
  const words = [
    ...givenConfigFlags(command)
      .filter(({ key, value }) => value !== standard[key])
      .map(({ flag, value }) => (typeof value === 'boolean' ? flag.slice(2) : `${flag.slice(2)}-${value}`)),
    ...givenRecipeFlags(command, digitsRecipe)
      .filter(({ value, get }) => value !== get(digitsRecipe))
      .map(({ flag, value }) => `${flag.slice(2)}-${value}`),
    ...(alpha === 0 ? [] : [`alpha-${alpha}`]),
    ...(init === undefined ? [] : [`init-${parse(init).name}`]),
  ]
  return [variant, ...words, 'seed', seed].join('-')
}

/** A run from the start. Throws UserError where the flags do not fit together, or not to the pretrained weights. */
export const newRun = (
  command: Command,
  flags: TrainFlags,
): {
  readonly checkpoint: Checkpoint
  readonly settings: Omit<Settings, 'engine' | 'command' | 'versions'>
  readonly pretrained: Pretrained | undefined
} => {
  const [config, recipe, variant] = [configOf(command), recipeOf(command, digitsRecipe), variantOf(command)]
  const { seed, alpha, init } = flags
  checkDigits(variant, config)
  const initial = initialParameters(config, seed, { sigma: recipe.sigma, alpha })
  const pretrained = init === undefined ? undefined : pretrainedBy(init, config, initial)
  return {
    checkpoint: { config, recipe, seed, step: 0, state: startState(recipe, pretrained?.parameters ?? initial) },
    settings: { name: flags.name ?? defaultName(command, flags), variant, seed, alpha, config, recipe },
    pretrained,
  }
}

const pretrainedBy = (file: string, config: Config, initial: Parameters): Pretrained =>
  fromViT(config, initial, loadSafetensors(file, { passOver: true }), file)

/** Checks that the given flags say what a run was started with. Throws UserError that names the first that does not. */
export const checkSameRun = (
  command: Command,
  flags: TrainFlags,
  folder: string,
  { checkpoint, settings }: { readonly checkpoint: Checkpoint; readonly settings: Settings },
): void => {
  const { config, recipe, seed } = checkpoint
  const check = (flag: string, expected: unknown, found: unknown): void => {
    if (expected === found) return
    throw new UserError(
      typeof found === 'boolean'
        ? `${flag} should be left out to go on with ${folder}, but is given`
        : `${flag} should be ${String(expected)} to go on with ${folder}, but is ${String(found)}`,
    )
  }
  if (isGiven(command, 'variant')) check('--variant', settings.variant, variantOf(command))
  for (const { flag, key, value } of givenConfigFlags(command)) check(flag, config[key], value)
  for (const { flag, value, get } of givenRecipeFlags(command, digitsRecipe)) check(flag, get(recipe), value)
  if (isGiven(command, 'seed')) check('--seed', seed, flags.seed)
  if (isGiven(command, 'alpha')) check('--alpha', settings.alpha, flags.alpha)
}
