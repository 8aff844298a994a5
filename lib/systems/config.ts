/** The configurations of the systems: checked, and those that are published. */
import { must, UserError } from '../tensor'
import { record, strict } from '../tensor/given'
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

/** What a value may be: a whole number of at least 1 or 0, a number above 0, true or false, or one of some. */
type Rule = 1 | 0 | 'above 0' | 'switch' | readonly (string | number)[]
type Rules<C> = Readonly<Record<keyof C, Rule>>

const encoder = { dim: 1, heads: 1, ratio: 'above 0', cssa: 'switch', fam: 'switch', gelu: ['exact', 'tanh'] } as const
const clip = { channels: 1, frames: 1, height: 1, width: 1, patch: 1, blocks: 1, classes: 1 } as const
const rules: { readonly [S in SystemName]: Rules<Required<Extract<SystemConfig, { system: S }>>> } = {
  timesformer: { system: ['timesformer'], ...encoder, ...clip, attention: ['divided', 'joint', 'space'] },
  vivit: { system: ['vivit'], ...encoder, ...clip, model: [1, 2], tubelet: 1, temporalBlocks: 0 },
  vtn: { system: ['vtn'], ...encoder, ...clip, temporalBlocks: 1, window: 1 },
}
/** The names of the systems. */
export const systemNames = Object.keys(rules) as readonly SystemName[]

const check = (key: string, value: unknown, rule: Rule): void => {
  if (rule === 'switch') must(key, 'true or false', value, typeof value === 'boolean')
  else if (rule === 'above 0') must(key, 'a number above 0', value, Number.isFinite(value) && (value as number) > 0)
  else if (typeof rule === 'number')
    must(key, `a whole number of at least ${rule}`, value, Number.isInteger(value) && (value as number) >= rule)
  else {
    const shown = rule.map(one => (typeof one === 'string' ? `'${one}'` : one)).join(' or ')
    must(key, shown, value, rule.includes(value as string))
  }
}

/** A configuration of a system, checked: no value but `gelu` may be left out.
 *  Throws UserError that names the value, what was expected and what was found. */
export const configureSystem = strict(
  'configureSystem',
  { values: record },
  (values: Partial<SystemConfig>): SystemConfig => {
    const { system } = values
    check('system', system, systemNames)
    const own = rules[system!] as Readonly<Record<string, Rule>>
    const stray = Object.keys(values).find(key => !Object.hasOwn(own, key))
    if (stray !== undefined)
      throw new UserError(`a key of a configuration must be one of ${Object.keys(own).join(', ')}, got '${stray}'`)
    const config = { gelu: 'exact', ...values } as SystemConfig
    for (const [key, rule] of Object.entries(own)) check(key, config[key as keyof SystemConfig], rule)
    checkParts(config)
    const { dim, frames, ratio } = config
    must('ratio', `whole times dim (${dim})`, ratio, Number.isInteger(ratio * dim))
    if (config.system === 'vivit') {
      const { tubelet, model, temporalBlocks } = config
      must('frames', `a multiple of tubelet (${tubelet})`, frames, frames % tubelet === 0)
      if (model === 2) must('temporalBlocks', 'a whole number of at least 1', temporalBlocks, temporalBlocks > 0)
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
