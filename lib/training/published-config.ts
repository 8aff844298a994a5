/** TimeSformer and ViViT as Hugging Face publishes them: the JSON beside the weights. */
import { must, UserError } from '../tensor'
import {
  above0,
  anything,
  count,
  holding,
  type Kind,
  number,
  optional,
  record,
  recordOf,
  strict,
  text,
  word,
} from '../tensor/given'
import { configureSystem, type SystemConfig } from '../systems/config'
import type { ClipFormat } from './checkpoint'
import { channelwise } from './schema'

/** The systems whose weights are published. */
export type PublishedSystem = 'timesformer' | 'vivit'

type Json = Readonly<Record<string, unknown>>

/** A network that is published: what it is, and what clips it takes. */
export interface PublishedNetwork {
  readonly config: Extract<SystemConfig, { system: PublishedSystem }>
  readonly clips: ClipFormat
}

/** The GELUs by Hugging Face's names for them. */
const GELUS: Readonly<Record<string, SystemConfig['gelu']>> = {
  ...{ gelu: 'exact', gelu_fast: 'tanh', gelu_new: 'tanh', gelu_pytorch_tanh: 'tanh' },
}
const ATTENTION = { divided_space_time: 'divided', joint_space_time: 'joint', space_only: 'space' } as const

/** Reads values of a JSON file; what is wrong with one is said with the file's name. */
const reader = (file: string, json: unknown) => {
  if (!record.holds(json)) throw new UserError(`${file}: must be an object of settings, got other JSON`)
  const of = json as Json
  const check = <T>(key: string, { is, holds }: Kind, standard?: T): T => {
    const value = of[key] ?? standard
    must(`${file}: ${key}`, is, value, holds(value))
    return value as T
  }
  return { of, check }
}

/** The names of the classes by their numbers. */
const classesOf = (file: string, { of }: ReturnType<typeof reader>): readonly string[] => {
  const names = of['id2label']
  must(`${file}: id2label`, 'the names of the classes by their numbers', names, record.holds(names))
  const byNumber = names as Json
  return Object.keys(byNumber).map((_, i) => {
    const name = byNumber[i]
    must(`${file}: id2label`, `a name for class ${i}`, name, text.holds(name) && (name as string).trim() !== '')
    return name as string
  })
}

/** What a published `config.json` says, without CSSA and FAM. Throws UserError that names the file, the key, what was expected
 *  and what was found. */
const networkIn = (system: PublishedSystem, file: string, json: unknown) => {
  const read = reader(file, json)
  const { of, check } = read
  const size = (key: string, standard?: number): number => check(key, count, standard)
  const type = of['model_type']
  must(`${file}: model_type`, `'${system}'`, type, type === system)
  check(
    'layer_norm_eps',
    holding('1e-6', v => v === 1e-6),
    system === 'vivit' ? 1e-6 : undefined,
  )
  check(
    'qkv_bias',
    holding('true', v => v === true),
    true,
  )
  const classes = classesOf(file, read)
  const [side, dim] = [size('image_size'), size('hidden_size')]
  const common = {
    ...{ dim, heads: size('num_attention_heads'), ratio: size('intermediate_size') / dim },
    ...{ channels: size('num_channels', 3), frames: size('num_frames'), height: side, width: side },
    ...{ blocks: size('num_hidden_layers'), classes: classes.length, cssa: false, fam: false },
    gelu: GELUS[check('hidden_act', word(...Object.keys(GELUS)), system === 'vivit' ? 'gelu_fast' : 'gelu')],
  }
  const configured = (): SystemConfig => {
    if (system === 'timesformer') {
      const attention = ATTENTION[check<keyof typeof ATTENTION>('attention_type', word(...Object.keys(ATTENTION)))]
      return configureSystem({ system, ...common, patch: size('patch_size'), attention })
    }
    const isTubelet = (v: unknown): boolean =>
      Array.isArray(v) && v.length === 3 && v.every(count.holds) && v[1] === v[2]
    const tubelets = holding('frames, and twice the side of a patch', isTubelet)
    const [tubelet, patch] = check<[number, number]>('tubelet_size', tubelets)
    return configureSystem({ system, ...common, model: 1, tubelet, patch, temporalBlocks: 0 })
  }
  try {
    return { config: configured() as PublishedNetwork['config'], classes }
  } catch (error) {
    if (error instanceof UserError && !error.message.startsWith(file)) throw new UserError(`${file}: ${error.message}`)
    throw error
  }
}

/** The stride of the paper's clips: TimeSformer's span 256 frames, those of L 384; ViViT takes every second frame. */
const strideOf = ({ system, frames }: PublishedNetwork['config']): number =>
  system === 'vivit' ? 2 : frames === 96 ? 4 : Math.max(1, Math.round(256 / frames))

/** A side of a picture, as a number or as `{ height, width }` or `{ shortest_edge }`. */
const sideOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? ((value as Json)['shortest_edge'] ?? (value as Json)['height']) : value

/** What a published `preprocessor_config.json` says of clips. A colour c of 255 becomes (c·factor − offset − mean) / deviation
 *  there, with an offset of 1 or none.
 *  Throws UserError as `networkIn` does. */
const clipsIn = (config: PublishedNetwork['config'], file: string, json: unknown): Omit<ClipFormat, 'classes'> => {
  const { of, check } = reader(file, json)
  const { height } = config
  const whole = (expected: string, value: unknown, key: string, holds: (n: number) => boolean): number => {
    must(`${file}: ${key}`, expected, value, Number.isSafeInteger(value) && holds(value as number))
    return value as number
  }
  const shortSide = whole(
    `a side of at least the frames' height, ${height}`,
    sideOf(of['size'] ?? height),
    'size',
    n => n >= height,
  )
  if (of['do_center_crop'] !== false)
    whole(`${height}, as config.json's image_size`, sideOf(of['crop_size'] ?? height), 'crop_size', n => n === height)
  const numbers = (key: string, item: Kind): readonly number[] =>
    [check<number | readonly number[]>(key, channelwise(item, config.channels), 0.5)].flat()
  const isVivit = config.system === 'vivit'
  const normalises = of['do_normalize'] !== false
  const rescaled = of['do_rescale'] !== false
  const factor = 255 * (rescaled ? check('rescale_factor', above0, isVivit ? 1 / 127.5 : 1 / 255) : 1)
  const centred = of['do_zero_centering'] === true
  const offset = rescaled && (isVivit ? (of['offset'] ?? true) === true : of['offset'] === true) ? 1 : 0
  const scale = centred ? 2 * factor : factor
  const mean = normalises ? numbers('image_mean', holding('a number', number.holds)) : [0]
  const deviation = normalises ? numbers('image_std', above0) : [1]
  const plain = (xs: readonly number[]): number | readonly number[] => (xs.every(x => x === xs[0]) ? xs[0]! : xs)
  const fps = of['fps'] === undefined || of['fps'] === null ? undefined : check<number>('fps', above0)
  return {
    ...(fps === undefined ? { stride: strideOf(config) } : { stride: 1, fps }),
    shortSide,
    mean: plain(mean.map(m => (m + (centred || offset ? 1 : 0)) / scale)),
    deviation: plain(deviation.map(d => d / scale)),
  }
}

const inFile = recordOf({ file: text, json: anything })

/** A published network, by the JSON beside its weights.
 *  @param preprocessor undefined where it is not there: then frames are cut as they are and colours go to [−1, 1]
 *  @throws UserError that names the file, the key, what was expected and what was found */
export const publishedNetwork = strict(
  'publishedNetwork',
  { system: text, config: inFile, preprocessor: optional(inFile) },
  (
    system: PublishedSystem,
    config: { readonly file: string; readonly json: unknown },
    preprocessor: { readonly file: string; readonly json: unknown } | undefined,
  ): PublishedNetwork => {
    const { config: found, classes } = networkIn(system, config.file, config.json)
    const { file, json } = preprocessor ?? { file: config.file, json: { offset: false, rescale_factor: 1 / 255 } }
    const frames = (json as Json | null)?.['num_frames']
    const asked = Number.isSafeInteger(frames) ? configureSystem({ ...found, frames: frames as number }) : found
    return { config: asked as PublishedNetwork['config'], clips: { classes, ...clipsIn(found, file, json) } }
  },
)
