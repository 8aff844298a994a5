/** From flags to a run: a new one, or one to go on with. */
import type { Command } from 'commander'
import { parse } from 'node:path'
import { UserError } from '../../tensor'
import { type Config, variants } from '../../paper'
import {
  abstractNetwork,
  configureNetwork,
  initialNetwork,
  type NetworkConfig,
  type NetworkParameters,
} from '../../systems'
import {
  branchBlocks,
  checkFreeze,
  type Checkpoint,
  checkpointFrom,
  type ClipFormat,
  digitsRecipe,
  fromCheckpoint,
  fromViT,
  type Pretrained,
  type Recipe,
  startState,
  type StepOptions,
  stepsPerEpoch,
  videoRecipe,
} from '../../training'
import { loadSafetensors } from '../../training/node'
import { checkStep } from '../../training/fits'
import { checkDigits } from './clips'
import { cutOfRun } from './features'
import { clipFlags, drawnFrom, openPublished, type Published, weightsIn } from './published'
import { configOf, givenConfigFlags, type VariantName, variantOf } from '../flags/network'
import { flagsOfRun } from '../flags/config-file'
import { isGiven } from '../flags/given'
import { deadWorkOf } from '../flags/dead-work'
import { givenRecipeFlags, recipeOf } from '../flags/recipe'
import type { Settings } from './folder'
import { type RunVideos, runVideos } from './dataset'
import { checkWeightsFlags } from './video-network'
import { checkVideoNetwork, clipsOf, videoSettings } from '../flags/clips'
import type { TrainFlags } from '../flags/train'
import type { VideoSettings } from '../flags/videos'

/** The name of a run that has not been given one: all that sets it apart from the standard run, and its seed. */
export const defaultName = (command: Command, flags: TrainFlags): string => {
  const { seed, alpha, init, data, epochs, system } = flags
  const variant = system ?? variantOf(command)
  const standard: Partial<Config> = system === undefined ? variants[variantOf(command)] : {}
  const words = [
    ...givenConfigFlags(command)
      .filter(({ key, value }) => value !== standard[key])
      .map(({ flag, value }) => (typeof value === 'boolean' ? flag.slice(2) : `${flag.slice(2)}-${value}`)),
    ...givenRecipeFlags(command)
      .filter(({ value, get }) => data !== undefined || value !== get(digitsRecipe))
      .map(({ flag, value }) => `${flag.slice(2)}-${String(value)}`),
    ...(epochs === undefined ? [] : [`epochs-${epochs}`]),
    ...(alpha === 0 ? [] : [`alpha-${alpha}`]),
    ...(init === undefined ? [] : [`init-${parse(init).name}`]),
  ]
  return [...(data === undefined ? [] : [parse(data).name || 'videos']), variant, ...words, 'seed', seed].join('-')
}

/** A run that has not begun. */
export interface NewRun {
  readonly checkpoint: Checkpoint
  readonly settings: Omit<Settings, 'engine' | 'command' | 'versions'>
  readonly pretrained: Pretrained | undefined
  readonly videos: RunVideos | undefined
}

/** What a run will be, before anything of its size is made. */
export interface Planned extends Made {
  readonly name: string
  readonly variant: VariantName | Published['config']['system']
  /** How its steps are computed. */
  readonly options: StepOptions
}

/** What the flags of a new run say. Throws UserError where they do not fit together, or to the videos. */
export const plannedRun = (command: Command, flags: TrainFlags): Planned => {
  const { data, system } = flags
  checkWeightsFlags({ system, weights: flags.weights })
  if (system !== undefined && data === undefined)
    throw new UserError('--weights are of videos: they need --data, which is not given')
  const variant = system ?? variantOf(command)
  const made = data === undefined ? digitsRun(command, variant) : videosRun(command, { ...flags, data })
  const { config, recipe } = made
  if ((recipe.dropPath ?? 0) > 0) branchBlocks(config)
  const weights = recipe.classWeights?.length ?? config.classes
  if (weights !== config.classes)
    throw new UserError(`classWeights must be ${config.classes} numbers, one for each class, got ${weights}`)
  if (recipe.freeze) checkFreeze(recipe.freeze, abstractNetwork(config))
  const deadWork = deadWorkOf(flags.deadWork)
  const options = { deadWork, cut: cutOfRun(made, flags.augmentViews, deadWork) }
  checkStep(config, recipe, flags.data === undefined ? flags.heldOut : 0)
  return { ...made, name: flags.name ?? defaultName(command, flags), variant, options }
}

/** A run from the start. Throws UserError where the pretrained weights do not fit. */
export const newRun = (command: Command, planned: Planned, flags: TrainFlags): NewRun => {
  const { seed, alpha, init, data, heldOut } = flags
  const { config, recipe, clips, settings, videos, name, variant, published } = planned
  const initial = initialNetwork(config, seed, { sigma: recipe.sigma, alpha })
  const start = init === undefined ? undefined : pretrainedBy(init, config, initial, clips?.classes)
  const pretrained = published ? weightsIn(published, config, initial, clips?.classes) : start
  const state = startState(recipe, pretrained?.parameters ?? initial)
  return {
    checkpoint: { config, recipe, seed, step: 0, state, ...(clips && { clips }) },
    settings: {
      ...{ name, variant, seed, alpha, ...(settings && { videos: settings }), config, recipe },
      ...(data === undefined && { heldOut }),
      flags: { ...flagsOfRun(command), ...(recipe.parts !== undefined && { accumulate: recipe.parts }), ...(recipe.rematerialise && { rematerialise: true }) }, // prettier-ignore
    },
    pretrained,
    videos,
  }
}

interface Made {
  readonly config: NetworkConfig
  /** The weights that it starts from, where they are published. */
  readonly published?: Published | undefined
  readonly recipe: Recipe
  readonly clips?: ClipFormat
  readonly settings?: VideoSettings
  readonly videos?: RunVideos
}

const digitsRun = (command: Command, variant: string): Made => {
  const given = [
    'validation',
    'validationSplit',
    'split',
    'videos',
    'classNames',
    'heldOutPart',
    'stride',
    'fps',
    'shortSide',
    'jitter',
    'mean',
    'deviation',
    'augmentViews',
    'cache',
    'epochs',
  ]
  const stray = command.options.find(
    option => given.includes(option.attributeName()) && isGiven(command, option.attributeName()),
  )
  if (stray) throw new UserError(`${stray.long} is of videos: it needs --data, which is not given`)
  const [config, recipe] = [configOf(command), recipeOf(command, digitsRecipe)]
  checkDigits(variant, config)
  return { config, recipe }
}

const videosRun = (command: Command, flags: TrainFlags & { readonly data: string }): Made => {
  if (isGiven(command, 'heldOut'))
    throw new UserError('--held-out is of digits in motion: --held-out-part or --validation expected with --data')
  // What needs no video is checked before they are looked for.
  const { system, weights } = flags
  const published = system && openPublished(system, weights!)
  const drawn = published ? drawnFrom(command, published) : configOf(command)
  checkVideoNetwork(drawn)
  const settings = videoSettings(flags, drawn)
  recipeOf(command, videoRecipe(1, flags.epochs))
  const asked = { ...(published && clipFlags(published, drawn)), ...flags }
  clipsOf(asked, drawn, [])
  const videos = runVideos(settings)
  const config = configureNetwork({ ...drawn, classes: videos.classes.length })
  const { batch } = recipeOf(command, videoRecipe(1))
  const recipe = recipeOf(command, videoRecipe(stepsPerEpoch(videos.train.length, batch), flags.epochs))
  return { config, recipe, clips: clipsOf(asked, config, videos.classes), settings, videos, published }
}

/** Weights to start from: of a checkpoint of ours, which its metadata tell, or else of a ViT. */
const pretrainedBy = (
  file: string,
  config: NetworkConfig,
  initial: NetworkParameters,
  classes: readonly string[] | undefined,
): Pretrained => {
  if (config.system !== undefined) throw new UserError('--init is of CSTransformer: --weights say what another system starts from') // prettier-ignore
  const found = loadSafetensors(file, { passOver: true })
  return 'recipe' in found.metadata
    ? fromCheckpoint(config, initial, checkpointFrom(found, file), file, classes)
    : fromViT(config, initial, found, file)
}
