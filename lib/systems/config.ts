/** The configurations of the systems: checked, and those that are published. */
import { must, UserError } from '../tensor'
import { above0, count, faultOf, flag, holding, index, type Kind, record, strict, text, word } from '../tensor/given'
import { checkParts } from '../paper/config'
import type { TimeSformerConfig } from './timesformer'
import type { ViViTConfig } from './vivit'
import type { VtnConfig } from './vtn'

/** The configuration of a system, which it names. */
export type SystemConfig =
  | ({ readonly system: 'timesformer' } & TimeSformerConfig)
  | ({ readonly system: 'vivit' } & ViViTConfig)
  | ({ readonly system: 'vtn' } & VtnConfig)
/** The systems that CSTransformer is compared with. */
export type SystemName = SystemConfig['system']

type Kinds<C> = Readonly<Record<keyof C, Kind>>

const encoder = { dim: count, heads: count, ratio: above0, cssa: flag, fam: flag, gelu: word('exact', 'tanh') }
const clip = {
  channels: count,
  frames: count,
  height: count,
  width: count,
  patch: count,
  blocks: count,
  classes: count,
}
const kinds: { readonly [S in SystemName]: Kinds<Required<Extract<SystemConfig, { system: S }>>> } = {
  timesformer: { system: text, ...encoder, ...clip, attention: word('divided', 'joint', 'space') },
  vivit: {
    ...{ system: text, ...encoder, ...clip, tubelet: count, temporalBlocks: index },
    model: holding('1 or 2', x => x === 1 || x === 2),
  },
  vtn: { system: text, ...encoder, ...clip, temporalBlocks: count, window: count },
}
/** The names of the systems. */
export const systemNames = Object.keys(kinds) as readonly SystemName[]

const check = (key: string, value: unknown, kind: Kind): void => {
  const fault = faultOf(kind, value, key)
  if (fault !== undefined) throw new UserError(fault)
}

/** A configuration of a system, checked: no value but `gelu` may be left out.
 *  Throws UserError that names the value, what was expected and what was found. */
export const configureSystem = strict(
  'configureSystem',
  { values: record },
  (values: Partial<SystemConfig>): SystemConfig => {
    const { system } = values
    check('system', system, word(...systemNames))
    const own: Readonly<Record<string, Kind>> = kinds[system!]
    const stray = Object.keys(values).find(key => !Object.hasOwn(own, key))
    if (stray !== undefined)
      throw new UserError(`a key of a configuration must be one of ${Object.keys(own).join(', ')}, got '${stray}'`)
    const config = { gelu: 'exact', ...values } as SystemConfig
    for (const [key, kind] of Object.entries(own)) check(key, config[key as keyof SystemConfig], kind)
    checkParts(config)
    const { dim, frames, ratio } = config
    must('ratio', `whole times dim (${dim})`, ratio, Number.isInteger(ratio * dim))
    if (config.system === 'vivit') {
      const { tubelet, model, temporalBlocks } = config
      must('frames', `a multiple of tubelet (${tubelet})`, frames, frames % tubelet === 0)
      if (model === 2) check('temporalBlocks', temporalBlocks, count)
    }
    return config
  },
)

const plain = { cssa: false, fam: false, ratio: 4, channels: 3, patch: 16, classes: 400 } as const
const [B, L] = [
  { ...plain, dim: 768, heads: 12, blocks: 12 },
  { ...plain, dim: 1024, heads: 16, blocks: 24 },
]
const square = (side: number) => ({ height: side, width: side })

const timeSformerOf = (frames: number, side: number) =>
  ({ system: 'timesformer', ...B, ...square(side), attention: 'divided', frames }) as const
/** ViViT of 32 frames in tubelets of 16 × 16 × 2. */
const viViTOf = (size: typeof B, side: number, model: 1 | 2 = 1) =>
  ({
    system: 'vivit',
    ...size,
    ...square(side),
    model,
    frames: 32,
    tubelet: 2,
    temporalBlocks: model === 2 ? 4 : 0,
  }) as const

/** The systems as they are published, for Kinetics-400, each without CSSA and FAM.
 *  Source: Bertasius et al. (2021), Sec. 4; Arnab et al. (2021), Sec. 4.1; Neimark et al. (2021), Sec. 4. */
export const systemVariants = {
  /** 8 frames of 224 × 224. */
  TimeSformer: timeSformerOf(8, 224),
  /** 16 frames of 448 × 448. */
  'TimeSformer-HR': timeSformerOf(16, 448),
  /** 96 frames of 224 × 224. */
  'TimeSformer-L': timeSformerOf(96, 224),
  /** All tubelets attend to all (model 1), 224 × 224. */
  'ViViT-B/16x2': viViTOf(B, 224),
  'ViViT-B/16x2 320': viViTOf(B, 320),
  'ViViT-L/16x2': viViTOf(L, 224),
  'ViViT-L/16x2 320': viViTOf(L, 320),
  /** The factorised encoder (model 2): four blocks along time. */
  'ViViT-B/16x2 FE': viViTOf(B, 224, 2),
  'ViViT-L/16x2 FE': viViTOf(L, 224, 2),
  /** A whole video of 250 frames, with three blocks along time. */
  'ViT-B-VTN': { system: 'vtn', ...B, ...square(224), frames: 250, temporalBlocks: 3, window: 16 },
} as const satisfies Readonly<Record<string, SystemConfig>>
