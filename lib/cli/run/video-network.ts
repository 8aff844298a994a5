/** A trained network, for the commands that show it videos: a checkpoint of ours, or published weights. */
import { type Command, Option } from 'commander'
import { cast, flat, UserError } from '../../tensor'
import { mapTree } from '../../trace'
import { abstractNetwork, logitsBy, type NetworkConfig } from '../../systems'
import { type Classifier, classifiers, type ClipFormat, fromPublished, type State, weightsOf } from '../../training'
import { loadCheckpoint } from '../../training/node'
import type { Engine } from '../../engines'
import type { AttentionFlag } from '../flags/attention'
import { engineNames, namedModes } from '../flags/engine'
import { wholeNumber } from '../flags/network'
import { addReaderFlags, fpsOption, strideOption } from '../flags/videos'
import { digitsFormat, heldOutClip, isOfDigits } from './clips'
import { openPublished, type Published, publishedSystems } from './published'

/** Flags that say which network. */
export interface WeightsFlags {
  readonly checkpoint?: string
  readonly system?: Published['config']['system'] | undefined
  readonly weights?: string | undefined
  readonly frames?: number
  readonly stride?: number | 'uniform'
  readonly fps?: number
}
/** Flags that these commands share. */
export interface NetworkFlags extends WeightsFlags {
  readonly engine: string
  readonly mode?: string
  readonly attention?: AttentionFlag
  readonly quiet?: true
}

const published = (option: Option): Option => option.helpGroup('Published weights:')

/** Adds the flags of published weights.
 *  @param without flags that cannot be given with them */
export const addWeightsFlags = (command: Command, without: string[] = []): Command => {
  const system = new Option('--system <name>', 'whose --weights these are').choices([...publishedSystems])
  const text = "published weights in Hugging Face's layout: a safetensors file, or the folder of one"
  const weights = new Option('--weights <path>', text)
  for (const option of [system, weights]) command.addOption(published(option.conflicts(without)))
  return command
}

/** Adds the flags that name the network and say what computes. */
export const addNetworkFlags = (command: Command): Command => {
  command.addOption(new Option('--checkpoint <file>', 'the network, as train has saved it'))
  addWeightsFlags(command)
  const frames = new Option('--frames <T>', 'frames of a clip, where not as published: positions are resized')
  command.addOption(published(frames.argParser(wholeNumber('--frames', 1))))
  command.addOption(published(strideOption('as published')))
  command.addOption(published(fpsOption()))
  command.addOption(new Option('--engine <name>', `what computes: ${engineNames.join(', ')}`).default('auto'))
  command.addOption(new Option('--mode <mode>', `how --engine gpu computes: ${namedModes.join(', ')}`))
  command.addOption(new Option('--quiet', 'no progress'))
  return addReaderFlags(command)
}

/** A network of videos, ready to be used. */
export interface VideoNetwork {
  /** The file that it is in. */
  readonly file: string
  readonly config: NetworkConfig
  readonly parameters: State['parameters']
  readonly clips: ClipFormat
  /** What there is to say of it. */
  readonly remarks: readonly string[]
  /** Whether it was trained on digits in motion. */
  readonly ofDigits?: boolean
}

/** A clip of digits for a network of these, by its number, and its class. Throws UserError that names the file of another. */
export const digitClip = ({ file, config, clips, ofDigits = false }: VideoNetwork, index: number) => {
  if (!ofDigits)
    throw new UserError(`${file}: must be a checkpoint of a network of digits in motion with --digits, got one of videos`) // prettier-ignore
  const { X, labels } = heldOutClip(config, index)
  return { X, class: clips.classes[flat(labels)[0]!]! }
}

/** Which network flags name. Throws UserError where they do not name one. */
export const checkWeightsFlags = (flags: WeightsFlags): void => {
  const { checkpoint, system, weights } = flags
  if (checkpoint !== undefined && (system ?? weights) !== undefined)
    throw new UserError('--checkpoint holds its system and weights: --system and --weights must be left out beside it')
  if (weights !== undefined && system === undefined)
    throw new UserError(`--weights needs --system, which must be ${publishedSystems.join(' or ')}`)
  if (system !== undefined && weights === undefined)
    throw new UserError(`--system ${system} needs --weights, a safetensors file in Hugging Face's layout`)
  const change = (['frames', 'stride', 'fps'] as const).find(key => flags[key] !== undefined)
  if (weights === undefined && checkpoint !== undefined && change !== undefined)
    throw new UserError(`--${change} is of published weights: ${checkpoint} says what clips it takes`)
}

/** What of published weights is not as it is in the file. */
export const weightsRemarks = ({ file, theirs, config }: Published, unused: readonly string[]): readonly string[] => [
  ...(config.frames === theirs.frames
    ? []
    : [`${file} is of clips of ${theirs.frames} frames: its positions are resized to ${config.frames}`]),
  ...(unused.length === 0 ? [] : [`${file}: not used: ${unused.join(', ')}`]),
]

/** Loads published weights as a network, without CSSA and FAM. Throws UserError that names the file and what is wrong. */
export const loadPublished = (opened: Published): VideoNetwork => {
  const { file, theirs, config, clips, weights, remarks } = opened
  // Every tensor is taken: shapes are all that there need be of what it starts from.
  const { parameters, report, unused } = fromPublished(theirs, config, abstractNetwork(config), weights, file)
  const resized = report.some(({ name, how }) => name === 'P_t' && how === 'resized') && config.frames === theirs.frames
  return {
    ...{ file, config, parameters, clips },
    remarks: [
      ...remarks,
      ...(resized ? [`${file}: its time embedding is resized to ${config.frames} frames, as config.json has num_frames`] : []), // prettier-ignore
      ...weightsRemarks(opened, unused),
    ],
  }
}

/** Loads a network that was trained on videos, or on digits in motion, its numbers in float32, as those of clips are. Throws UserError that names the file and what is wrong with it. */
export const loadVideoNetwork = (flags: WeightsFlags): VideoNetwork => {
  checkWeightsFlags(flags)
  const { checkpoint, system, weights } = flags
  if (system !== undefined) return loadPublished(openPublished(system, weights!, flags))
  if (checkpoint === undefined)
    throw new UserError('--checkpoint, or --system and --weights, must be given: the network')
  const { clips, config, state } = loadCheckpoint(checkpoint)
  const parameters = mapTree(x => cast(x, 'float32'), weightsOf(state))
  const network = { file: checkpoint, config, parameters, remarks: [] }
  if (clips) return { ...network, clips }
  if (isOfDigits(config)) return { ...network, clips: digitsFormat(config), ofDigits: true }
  throw new UserError(
    `${checkpoint}: must be a checkpoint of a network of videos, got one whose metadata lack 'clips' and whose sizes are not those of digits in motion`,
  )
}

/** A network on an engine. Clips of another system go one by one: their scores would not fit into memory together. */
export const classifierOf = <H>(engine: Engine<H>, { config, parameters }: VideoNetwork, size: number): Classifier =>
  classifiers(engine, config, parameters, config.system === undefined ? size : 1, { logits: logitsBy(config) })(
    parameters,
  )
