/** What a run is made of, as the page's address holds it. Pure: an address in, settings and remarks out, and back. */
import { type Config, configure, variants } from '../../../lib/paper'

export const engineNames = ['auto', 'webgpu', 'webasm', 'ndarray'] as const
export type EngineName = (typeof engineNames)[number]

export interface Settings {
  readonly cssa: boolean
  readonly fam: boolean
  /** P_s, the spatial position embedding. */
  readonly ps: boolean
  /** P_t, the temporal position embedding. */
  readonly pt: boolean
  readonly stb: number
  readonly ttb: number
  readonly frames: number
  /** M, the side of a patch in pixels; a frame has 16. */
  readonly patch: number
  /** FAM's condition: pieces of other digits, a second one that comes back, and a gray square over all frames. */
  readonly hard: boolean
  readonly seed: number
  readonly engine: EngineName
  /** Which of the shown clips the figure is about, from 1. */
  readonly clip: number
  /** Whether training starts by itself. */
  readonly run: boolean
  /** Whether P_t is there when the networks are looked at; like what follows, it is tried on the trained networks at once. */
  readonly time: boolean
  /** Whether what crosses, α's scores and FAM's terms, is there. */
  readonly crossing: boolean
  /** Whether the frames of a clip come in order. */
  readonly order: boolean
  /** α of every block, or as each has learnt it. */
  readonly alpha: Ratio
  readonly beta: Ratio
}
export type Ratio = number | 'learnt'

/** What is tried on trained networks, without training them again. */
export type Trial = Pick<Settings, 'time' | 'crossing' | 'order' | 'alpha' | 'beta'>
export const trialOf = ({ time, crossing, order, alpha, beta }: Settings): Trial => ({
  time,
  crossing,
  order,
  alpha,
  beta,
})
export const untouched: Trial = { time: true, crossing: true, order: true, alpha: 'learnt', beta: 'learnt' }

export const defaults: Settings = {
  cssa: true,
  fam: true,
  ps: true,
  pt: true,
  stb: 3,
  ttb: 2,
  frames: 4,
  patch: 4,
  hard: false,
  seed: 1,
  engine: 'auto',
  clip: 1,
  run: true,
  ...untouched,
}

/** The numbers that can be chosen. */
export const choices = { stb: [1, 2, 3, 4, 5, 6], ttb: [0, 1, 2, 3, 4], frames: [2, 4, 8], patch: [4, 2] } as const
/** The range of α and β that can be tried. */
const RATIOS = [-2, 4] as const
/** Clips that the page shows, one of every class: four clips, each beside its reverse. */
export const SHOWN = 8
/** Pairs of held-out clips, each a clip and its reverse. */
export const HELD_OUT_PAIRS = 64
/** What makes clips hard where FAM gained most in the ablations. */
export const HARD = { clutter: 1, others: 1, occlusion: 0.2 } as const
/** The frames of a clip out of order: from both ends to the middle. */
export const shuffled = (frames: number): readonly number[] =>
  Array.from({ length: frames }, (_, t) => (t % 2 === 0 ? frames - 1 - t / 2 : (t - 1) / 2))
export const MOST_SEED = 2 ** 32 - 1

/** A value as it was read: what is used, and a remark where that is not what was asked for. */
interface Read<T> {
  readonly value: T
  readonly remark?: string
}
const refused = <T>(name: string, expected: string, found: string, value: T): Read<T> => ({
  value,
  remark: `${name} must be ${expected}, got '${found}': ${String(value)} is used`,
})

const whole = (text: string): number => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : NaN)

/** A seed as somebody typed it, or the one that is used instead. */
export const readSeed = (text: string, instead = defaults.seed): Read<number> => {
  const seed = whole(text)
  return seed <= MOST_SEED
    ? { value: seed }
    : refused('The seed', `a whole number from 0 to ${MOST_SEED}`, text, instead)
}

const readFlag = (name: string, text: string, instead: boolean): Read<boolean> => {
  if (text === '1' || text === '0') return { value: text === '1' }
  const { remark } = refused(name, '1 or 0', text, instead ? 1 : 0)
  return { value: instead, remark: remark! }
}
const readChoice = <T extends string | number>(name: string, text: string, all: readonly T[], instead: T): Read<T> => {
  const value = all.find(choice => String(choice) === text)
  return value === undefined ? refused(name, `one of ${all.join(', ')}`, text, instead) : { value }
}

/** A ratio as somebody set it. */
const readRatio = (name: string, text: string): Read<Ratio> => {
  const value = text.trim() === '' ? NaN : Number(text)
  const [least, most] = RATIOS
  if (text === 'learnt') return { value: 'learnt' }
  return value >= least && value <= most
    ? { value }
    : refused(name, `'learnt' or a number from ${least} to ${most}`, text, 'learnt')
}

const clips = Array.from({ length: SHOWN }, (_, i) => i + 1)
const readers: { readonly [K in keyof Settings]: (text: string) => Read<Settings[K]> } = {
  cssa: text => readFlag('cssa', text, defaults.cssa),
  fam: text => readFlag('fam', text, defaults.fam),
  ps: text => readFlag('ps', text, defaults.ps),
  pt: text => readFlag('pt', text, defaults.pt),
  stb: text => readChoice('stb', text, choices.stb, defaults.stb),
  ttb: text => readChoice('ttb', text, choices.ttb, defaults.ttb),
  frames: text => readChoice('frames', text, choices.frames, defaults.frames),
  patch: text => readChoice('patch', text, choices.patch, defaults.patch),
  hard: text => readFlag('hard', text, defaults.hard),
  seed: text => readSeed(text),
  engine: text => readChoice('engine', text, engineNames, defaults.engine),
  clip: text => readChoice('clip', text, clips, defaults.clip),
  run: text => readFlag('run', text, defaults.run),
  time: text => readFlag('time', text, defaults.time),
  crossing: text => readFlag('crossing', text, defaults.crossing),
  order: text => readFlag('order', text, defaults.order),
  alpha: text => readRatio('alpha', text),
  beta: text => readRatio('beta', text),
}

/** The settings of an address: defaults where it says nothing, and a remark on everything that it says wrongly. */
export const settingsOf = (search: string): { readonly settings: Settings; readonly remarks: readonly string[] } => {
  const given = new URLSearchParams(search)
  const read = Object.entries(readers).flatMap(([key, reader]): [string, Read<unknown>][] => {
    const text = given.get(key)
    return text === null ? [] : [[key, reader(text)]]
  })
  const values = Object.fromEntries(read.map(([key, { value }]) => [key, value])) as Partial<Settings>
  return { settings: { ...defaults, ...values }, remarks: read.flatMap(([, { remark }]) => remark ?? []) }
}

/** The address of settings: what differs from the defaults. */
export const searchOf = (settings: Settings): string => {
  const given = new URLSearchParams()
  for (const [key, value] of Object.entries(settings))
    if (value !== defaults[key as keyof Settings])
      given.set(key, typeof value === 'boolean' ? (value ? '1' : '0') : String(value))
  const text = given.toString()
  return text && `?${text}`
}

/** The network of some settings. */
export const configOf = ({ cssa, fam, ps, pt, stb, ttb, frames, patch }: Settings): Config =>
  configure({
    ...variants.digits,
    cssa,
    fam,
    spatialPosition: ps,
    temporalPosition: pt,
    STB: stb,
    TTB: ttb,
    frames,
    patch,
  })
