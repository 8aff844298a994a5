/** The flags that make a network's configuration: one for every value of `Config`, the same in every command. */
import { orList } from '../../format/text'
import { type Command, Option } from 'commander'
import { cited, UserError } from '../../tensor'
import { type Config, configure, variants } from '../../paper'
import { isGiven } from './given'

export type VariantName = keyof typeof variants

/** Every value of a configuration with its flag; a value without one does not compile. */
const flags: Record<keyof Config, readonly [flag: string, text: string]> = {
  frames: ['--frames <T>', 'frames of a clip'],
  height: ['--height <pixels>', 'height of a frame, a multiple of --patch'],
  width: ['--width <pixels>', 'width of a frame, a multiple of --patch'],
  channels: ['--channels <C>', 'channels of a frame'],
  patch: ['--patch <M>', 'side of a patch in pixels'],
  dim: ['--dim <n>', "embedding size C'"],
  heads: ['--heads <h>', 'attention heads, a divisor of --dim'],
  STB: ['--stb <n>', 'spatial transformer blocks'],
  TTB: ['--ttb <n>', 'temporal transformer blocks'],
  ratioSTB: ['--ratio-stb <n>', 'expansion of the MLP in an STB'],
  ratioTTB: ['--ratio-ttb <n>', 'expansion of the MLP in a TTB (Table 1d: 1, 2, 4)'],
  classes: ['--classes <K>', 'classes'],
  cssa: ['--no-cssa', 'without cross-stage self-attention (Table 2b)'],
  fam: ['--no-fam', 'without cross-stage feature aggregation (Table 2b)'],
  spatialPosition: ['--no-spatial-position', 'without P_s (Table 1b)'],
  temporalPosition: ['--no-temporal-position', 'without P_t (Table 1b)'],
  scores: ['--scores <which>', "scores that cross to the next block: 'raw' or 'accumulated'"],
  aggregation: ['--aggregation <which>', "one FAM for the whole 'network', or one for each 'stage'"],
  pool: ['--pool <which>', "what the head sees: 'class' tokens, or the 'mean' of all tokens"],
}
const keys = Object.keys(flags) as (keyof Config)[]

const optionOf = (key: keyof Config): Option => {
  const [flag, text] = flags[key]
  const option = new Option(flag, text).helpGroup('Network:')
  return typeof variants.V2[key] === 'number' ? option.argParser(number(option.long!)) : option
}

/** What reads the number given to a flag. Throws UserError that names the flag and what was found. */
export const number =
  (flag: string) =>
  (text: string): number => {
    const value = text.trim() === '' ? NaN : Number(text)
    if (!Number.isFinite(value)) throw new UserError(`${flag} must be a number, got ${cited(text)}`)
    return value
  }

/** What reads the whole number given to a flag. */
export const wholeNumber =
  (flag: string, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = text.trim() === '' ? NaN : Number(text)
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most < Number.MAX_SAFE_INTEGER ? ` from ${least} to ${most}` : least > Number.MIN_SAFE_INTEGER ? ` of at least ${least}` : '' // prettier-ignore
    throw new UserError(`${flag} must be a whole number${range}, got ${cited(text)}`)
  }

/** What reads numbers with commas between them. Throws UserError that names the flag and what was found. */
export const numbers =
  (flag: string, expected: string, holds: (numbers: readonly number[]) => boolean = () => true) =>
  (text: string): readonly number[] => {
    const found = text.split(',').map(part => (part.trim() === '' ? NaN : Number(part)))
    if (found.every(Number.isFinite) && holds(found)) return found
    throw new UserError(`${flag} must be ${expected}, got ${cited(text)}`)
  }

/** Adds the flags of the configuration to a command; those of `without` are not offered. `offered` names the variants that
 *  are, where it is not those that agree with the standard one in what no flag can change. */
export const addConfigFlags = (
  command: Command,
  standard: VariantName,
  without: readonly (keyof Config)[],
  offered?: string,
): Command => {
  const fits = ([, config]: [string, Config]): boolean => without.every(key => config[key] === variants[standard][key])
  const names = Object.entries<Config>(variants)
    .filter(fits)
    .map(([name]) => name)
  const variant = new Option('--variant <name>', `what to start from: ${offered ?? names.join(', ')}`)
  command.addOption(variant.default(standard).helpGroup('Network:'))
  for (const key of keys) if (!without.includes(key)) command.addOption(optionOf(key))
  return command
}

/** A flag that was given on the command line, and the value of the configuration that it sets. */
export interface GivenFlag {
  readonly flag: string
  readonly key: keyof Config
  readonly value: Config[keyof Config]
}

/** The configuration flags that were given, in the order of the help. */
export const givenConfigFlags = (command: Command): GivenFlag[] =>
  keys.flatMap(key => {
    const option = optionOf(key)
    const name = option.attributeName()
    return isGiven(command, name)
      ? [{ flag: option.long!, key, value: command.getOptionValue(name) as Config[keyof Config] }]
      : []
  })

/** The name of the variant that a command starts from. Throws UserError for one that does not exist. */
export const variantOf = (command: Command): VariantName => {
  const name = command.getOptionValue('variant') as string
  if (!Object.hasOwn(variants, name))
    throw new UserError(`--variant must be ${orList(Object.keys(variants))}, got ${cited(name)}`)
  return name as VariantName
}

/** The configuration that the flags of a command make. Throws UserError where one of its values cannot be. */
export const configOf = (command: Command): Config =>
  configure({
    ...variants[variantOf(command)],
    ...Object.fromEntries(givenConfigFlags(command).map(({ key, value }) => [key, value])),
  })
