/** Published weights in files, with the JSON beside them. */
import { existsSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { UserError } from '../../tensor'
import { reading, readText } from '../../disk'
import type { Command } from 'commander'
import { configureSystem, type NetworkConfig, type NetworkParameters, type SystemConfig } from '../../systems'
import { givenConfigFlags } from '../flags/network'
import {
  type ClipFormat,
  fromPublished,
  type Pretrained,
  type PublishedNetwork,
  publishedNetwork,
  type PublishedSystem,
} from '../../training'
import { loadSafetensors } from '../../training/node'

/** The systems whose weights are published. */
export const publishedSystems: readonly PublishedSystem[] = ['timesformer', 'vivit']

/** The file of weights of a folder, as it is downloaded. */
const WEIGHTS = 'model.safetensors'

/** What flags change of the clips that a published network takes. */
export interface ClipChange {
  readonly frames?: number | undefined
  readonly stride?: number | 'uniform' | undefined
  readonly fps?: number | undefined
}

/** Weights, and what they are of. */
export interface Published {
  readonly file: string
  /** As it is published, and as it is used: of clips of as many frames as were asked for. */
  readonly theirs: PublishedNetwork['config']
  readonly config: PublishedNetwork['config']
  readonly clips: ClipFormat
  readonly weights: ReturnType<typeof loadSafetensors>
  /** What there is to say of them. */
  readonly remarks: readonly string[]
}

const jsonIn = (file: string): { readonly file: string; readonly json: unknown } => {
  const text = readText(file)
  try {
    return { file, json: JSON.parse(text) as unknown }
  } catch {
    throw new UserError(`${file}: must be JSON, got other text`)
  }
}

/** What a pickle and a ZIP of pickles, PyTorch's files, begin with. */
const isPickle = (file: string): boolean =>
  reading(file, source => {
    const begin = new Uint8Array(Math.min(4, source.size))
    source.read(begin, 0)
    return (begin[0] === 0x80 && begin[1]! >= 2 && begin[1]! <= 5) || (begin[0] === 0x50 && begin[1] === 0x4b)
  })

/** Refuses PyTorch's own files, which hold programs. Throws UserError that says how to make a safetensors file of one. */
const refusePickles = (file: string): void => {
  const extension = extname(file)
  if (!['.pyth', '.pth', '.pt', '.bin', '.ckpt'].includes(extension) && !isPickle(file)) return
  throw new UserError(
    `${file}: must be a safetensors file, got a pickle${extension === '' ? '' : ` (${extension})`}, a program. Where you trust it: python3 -c "from transformers import AutoModelForVideoClassification as A; A.from_pretrained('.').save_pretrained('safe')" makes safe/${WEIGHTS}; a .pyth goes through convert_timesformer_to_pytorch.py first`,
  )
}

/** The network of a run that starts from published weights: with CSSA and FAM, of the clips that flags ask for. Throws UserError
 *  for a flag of the network that the weights decide. */
export const drawnFrom = (command: Command, { file, config }: Published): SystemConfig => {
  const given = givenConfigFlags(command)
  const [stray] = given.filter(({ key }) => !['frames', 'height', 'width', 'cssa', 'fam'].includes(key))
  const flag = stray?.flag ?? (command.getOptionValueSource('variant') === 'cli' ? '--variant' : undefined)
  if (flag) throw new UserError(`${flag} must be left out with --weights: ${file} is of one size`)
  const changes = Object.fromEntries(given.map(({ key, value }) => [key, value]))
  return configureSystem({ ...config, cssa: true, fam: true, ...changes })
}

/** The clips of published weights as flags would ask for them, for a network of theirs with other frames. */
export const clipFlags = (
  { config, clips }: Published,
  { frames, height }: Pick<SystemConfig, 'frames' | 'height'>,
) => {
  const { fps, shortSide, mean, deviation } = clips
  return {
    stride: spanning(clips, config.frames, frames),
    ...(fps !== undefined && { fps }),
    shortSide: Math.round((shortSide * height) / config.height),
    mean: [mean].flat(),
    deviation: [deviation].flat(),
  }
}

/** Published weights in the network of a run: its last layer is a new one where the classes are others. */
export const weightsIn = (
  { file, theirs, weights, clips }: Published,
  config: NetworkConfig,
  initial: NetworkParameters,
  classes: readonly string[] | undefined,
): Pretrained =>
  fromPublished(theirs, config as Published['config'], initial, weights, file, JSON.stringify(classes) === JSON.stringify(clips.classes)) // prettier-ignore

/** The stride with which a clip of other frames spans as much of a video. */
const spanning = ({ stride, fps }: ClipFormat, from: number, to: number): number | 'uniform' =>
  typeof stride === 'number' && fps === undefined ? Math.max(1, Math.round((stride * from) / to)) : stride

/** Reads published weights and the JSON beside them.
 *  @param path the file, or the folder that it is in as model.safetensors
 *  @throws UserError that names the file and what is wrong with it */
export const openPublished = (system: PublishedSystem, path: string, change: ClipChange = {}): Published => {
  const isFolder = existsSync(path) && statSync(path).isDirectory()
  const file = isFolder ? join(path, WEIGHTS) : path
  refusePickles(file)
  const weights = loadSafetensors(file, { passOver: true })
  const [about, preprocessor] = ['config.json', 'preprocessor_config.json'].map(name => join(dirname(file), name)) as [
    string,
    string,
  ]
  if (!existsSync(about))
    throw new UserError(`${about}: must be beside the weights, with their sizes and the names of their classes, got no such file`) // prettier-ignore
  const found = existsSync(preprocessor) ? jsonIn(preprocessor) : undefined
  const network = publishedNetwork(system, jsonIn(about), found)
  const { fps } = network.clips
  const { frames = network.config.frames } = change
  const config = configureSystem({ ...network.config, frames })
  return {
    file,
    theirs: network.config,
    config: config as PublishedNetwork['config'],
    clips: {
      ...network.clips,
      stride: change.stride ?? spanning(network.clips, network.config.frames, frames),
      ...((change.fps ?? fps) === undefined ? {} : { fps: change.fps ?? fps }),
    },
    weights,
    remarks: found ? [] : [`${preprocessor} is not there: colours go to [−1, 1], and frames are cut as they are`],
  }
}
