/** The configuration of a network: Figure 1's sizes, and a switch for every ablation of the paper and every reading of it. */
import { config } from './kinds'
import { count, optional, record, recordOf, strict } from '../tensor/given'
import { must, UserError } from '../tensor'

/** What a network is made for and of, in the numbers and switches of Tables 1 to 5; `configure` fills in and checks it. */
export interface Config {
  /** C, the channels of a frame. */
  readonly channels: number
  /** T, the frames of a clip. */
  readonly frames: number
  /** H, in pixels; a multiple of `patch`. */
  readonly height: number
  /** W, in pixels; a multiple of `patch`. */
  readonly width: number
  /** M, the side of a patch, in pixels. */
  readonly patch: number
  /** C', the embedding size. */
  readonly dim: number
  /** h; divides `dim`. */
  readonly heads: number
  /** The number of spatial transformer blocks. */
  readonly STB: number
  /** The number of temporal transformer blocks. */
  readonly TTB: number
  /** The MLP's expansion in an STB, 4 in the paper. */
  readonly ratioSTB: number
  /** The MLP's expansion in a TTB, 1 in the paper (Table 1d: 1, 2, 4). */
  readonly ratioTTB: number
  /** K, the number of classes. */
  readonly classes: number
  /** Cross-stage self-attention (Table 2b). */
  readonly cssa: boolean
  /** Cross-stage feature aggregation (Table 2b). */
  readonly fam: boolean
  /** P_s (Table 1b). */
  readonly spatialPosition: boolean
  /** P_t (Table 1b). */
  readonly temporalPosition: boolean
  /** The score that crosses to the next block: A_i alone, or the sum that went into the softmax (decision D1). */
  readonly scores: 'raw' | 'accumulated'
  /** One FAM over all blocks, or one per stage (decision D4). */
  readonly aggregation: 'network' | 'stage'
  /** What the head sees: the class tokens, or all tokens (decision D6). */
  readonly pool: 'class' | 'mean'
}

/** ViT-Base on 8 frames of 224 × 224 (Sec. 4.2), all of the paper's parts switched on. */
const defaults: Config = {
  channels: 3,
  frames: 8,
  height: 224,
  width: 224,
  patch: 16,
  dim: 768,
  heads: 12,
  STB: 12,
  TTB: 6,
  ratioSTB: 4,
  ratioTTB: 1,
  classes: 400,
  cssa: true,
  fam: true,
  spatialPosition: true,
  temporalPosition: true,
  scores: 'raw',
  aggregation: 'network',
  pool: 'class',
}

const choices = { scores: ['raw', 'accumulated'], aggregation: ['network', 'stage'], pool: ['class', 'mean'] } as const

/** A configuration from some of its values, checked; CSTransformer-V2 gives the others.
 *  Throws UserError that names the value, what was expected and what was found. */
export const configure = strict('configure', { values: optional(record) }, (values: Partial<Config> = {}): Config => {
  const config: Config = { ...defaults, ...values }
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(defaults, key))
      throw new UserError(`a key of a configuration must be one of ${Object.keys(defaults).join(', ')}, got '${key}'`)
    const usual = defaults[key as keyof Config]
    if (key in choices) {
      const allowed: readonly string[] = choices[key as keyof typeof choices]
      must(key, allowed.map(c => `'${c}'`).join(' or '), value, allowed.includes(value as string))
    } else if (typeof usual === 'boolean') {
      must(key, 'true or false', value, typeof value === 'boolean')
    } else {
      const least = key === 'STB' || key === 'TTB' ? 0 : 1
      must(key, `a whole number of at least ${least}`, value, Number.isSafeInteger(value) && (value as number) >= least)
    }
  }
  checkParts(config)
  const blocks = config.STB + config.TTB
  must('STB + TTB', 'at least 1', blocks, blocks >= 1)
  must('STB + TTB', `at most ${MOST_BLOCKS}`, blocks, blocks <= MOST_BLOCKS)
  for (const [what, count] of Object.entries(largest(config))) must(what, 'below 2^53', count, count < 2 ** 53)
  return config
})

/** Checks that channels fall into heads, and frames into patches. Throws UserError that names the value which does not fit. */
export const checkParts = ({
  dim,
  heads,
  height,
  width,
  patch,
}: Pick<Config, 'dim' | 'heads' | 'height' | 'width' | 'patch'>): void => {
  must('heads', `a divisor of dim (${dim})`, heads, dim % heads === 0)
  must('height', `a multiple of patch (${patch})`, height, height % patch === 0)
  must('width', `a multiple of patch (${patch})`, width, width % patch === 0)
}

/** More blocks than any network has. */
const MOST_BLOCKS = 256

/** The elements of what is largest in a network for one clip, by the values that make it so large. */
const largest = (config: Config): Readonly<Record<string, number>> => {
  const { channels, frames, height, width, patch, dim, heads, ratioSTB, ratioTTB, classes } = config
  const tokens = 1 + patches(config)
  return {
    'channels × frames × height × width': channels * frames * height * width,
    'channels × patch² × dim': channels * patch ** 2 * dim,
    'dim² × ratioSTB': dim ** 2 * ratioSTB,
    'dim² × ratioTTB': dim ** 2 * ratioTTB,
    'dim × classes': dim * classes,
    'frames × patches × dim × ratioSTB': frames * tokens * dim * ratioSTB,
    'frames × patches × dim × ratioTTB': frames * tokens * dim * ratioTTB,
    'heads × frames × patches²': heads * frames * tokens ** 2,
    'heads × frames² × patches': heads * frames ** 2 * tokens,
  }
}

/** The number of patches of a frame, P = H·W/M². */
export const patches = strict(
  'patches',
  { config: recordOf({ height: count, width: count, patch: count }) },
  ({ height, width, patch }: Pick<Config, 'height' | 'width' | 'patch'>): number => (height / patch) * (width / patch),
)

/** The same network without cross-stage attention and feature aggregation: "Baseline" in Table 2b and Figure 5. */
export const baseline = strict('baseline', { config }, (config: Config): Config => ({
  ...config,
  cssa: false,
  fam: false,
}))
