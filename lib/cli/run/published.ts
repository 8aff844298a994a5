/** Published weights in files, with the JSON beside them. */
import { existsSync, statSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { UserError } from '../../tensor'
import { reading, readText } from '../../disk'
import { configureSystem } from '../../systems'
import { type ClipFormat, type PublishedNetwork, publishedNetwork, type PublishedSystem } from '../../training'
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
    `${file}: must be a safetensors file, got one of PyTorch's${extension === '' ? '' : ` (${extension})`}, a pickle, which is a program that runs when it is read. Where you trust it, in its folder: python3 -c "from transformers import AutoModelForVideoClassification as A; A.from_pretrained('.').save_pretrained('safe', safe_serialization=True)" makes safe/${WEIGHTS} of Hugging Face's pytorch_model.bin; a .pyth of TimeSformer's authors is first converted by transformers' convert_timesformer_to_pytorch.py`,
  )
}

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
  const { stride, fps } = network.clips
  const { frames = network.config.frames } = change
  const config = configureSystem({ ...network.config, frames })
  // A clip of more frames spans as much of the video as one of fewer.
  const spanning =
    typeof stride === 'number' && fps === undefined
      ? Math.max(1, Math.round((stride * network.config.frames) / frames))
      : stride
  return {
    file,
    theirs: network.config,
    config: config as PublishedNetwork['config'],
    clips: {
      ...network.clips,
      stride: change.stride ?? spanning,
      ...((change.fps ?? fps) === undefined ? {} : { fps: change.fps ?? fps }),
    },
    weights,
    remarks: found ? [] : [`${preprocessor} is not there: colours go to [−1, 1], and frames are cut as they are`],
  }
}
