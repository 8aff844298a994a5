/** `--config FILE`: flags of `train` in a file, by their names; or those that a run was made by, in its config.json. */
import type { Command, Option } from 'commander'
import { UserError } from '../../tensor'
import { isRecord } from '../../tensor/given'
import { readText } from '../../disk'
import { FILE, isGiven } from './given'

/** What a file does not say: of the command line itself, or of the machine that it runs on. */
const NOT_IN_FILES = ['help', 'version', 'resume', 'overwrite', 'config', 'dry-run', 'json']
const NOT_OF_A_RUN = [...NOT_IN_FILES, 'name', 'runs', 'quiet', 'cache', 'workers', 'time-limit', 'memory', 'verbose']

/** A flag's name as a file has it: `--held-out` is `held-out`, and `--no-cssa` is `cssa`, which is then false. */
const nameOf = (option: Option): string => option.long!.replace(/^--(no-)?/, '')
/** What names are compared by: `heldOut` and `held-out` are one, as are `STB` and `stb`. */
const plain = (name: string): string => name.replace(/-/g, '').toLowerCase()

const optionsOf = ({ options }: Command, without: readonly string[]): readonly Option[] =>
  options.filter(option => !without.includes(nameOf(option)))

/** The flags that cannot be given with one; commander's types lack them. */
const conflictsOf = (option: Option): readonly string[] =>
  (option as unknown as { readonly conflictsWith: readonly string[] }).conflictsWith

/** How many letters are to be put in, left out or changed to make one word of another. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
  }
  return row[b.length]!
}

const unknown = (path: string, key: string, names: readonly string[]): UserError => {
  const near = names
    .map(name => ({ name, by: distance(plain(name), plain(key)) }))
    .reduce((best, one) => (one.by < best.by ? one : best))
  return near.by <= Math.max(1, key.length / 3)
    ? new UserError(`${path}: '${key}' is no setting: is '${near.name}' meant?`)
    : new UserError(`${path}: '${key}' is no setting: ${names.join(', ')} are`)
}

/** A value of a file as the command line would have it: read and checked by what reads the flag. */
const valueOf = (path: string, option: Option, value: unknown): unknown => {
  const name = nameOf(option)
  const fail = (expected: string): never => {
    throw new UserError(`${path}: ${name} must be ${expected}, got ${JSON.stringify(value)}`)
  }
  if (option.isBoolean() || option.negate) return typeof value === 'boolean' ? value : fail('true or false')
  const isPlain = (one: unknown): one is string | number => typeof one === 'string' || typeof one === 'number'
  const all: unknown[] = Array.isArray(value) ? value : [value]
  if (!all.every(isPlain)) return fail('a number, text or a list of them')
  const text = all.join(',')
  try {
    return option.parseArg ? option.parseArg(text, undefined as never) : text
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${path}: ${error.message.replace(/^--/, '')}`)
    return fail(option.argChoices?.join(' or ') ?? (error as Error).message)
  }
}

/** The settings in a file; of a run's config.json the flags that it was made by. */
const settingsIn = (path: string): Readonly<Record<string, unknown>> => {
  let json: unknown
  try {
    json = JSON.parse(readText(path))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${path}: must be JSON, got other text (${(error as Error).message.split('\n')[0]})`)
  }
  if (!isRecord(json)) throw new UserError(`${path}: must be an object of settings, got other JSON`)
  if (!('recipe' in json && 'versions' in json)) return json
  const { flags, engine } = json
  if (!isRecord(flags)) throw new UserError(`${path}: must be of a run that tells its flags, got one without 'flags'`)
  return { ...flags, engine }
}

/** Takes the settings of a file for flags that the command line does not give. Throws UserError that names the file, the key,
 *  what was expected and what was found. */
export const applyConfigFile = (command: Command, path: string): void => {
  const options = optionsOf(command, NOT_IN_FILES)
  const onCommandLine = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  for (const [key, value] of Object.entries(settingsIn(path))) {
    const option = options.find(one => plain(nameOf(one)) === plain(key))
    if (!option) throw unknown(path, key, options.map(nameOf))
    const read = valueOf(path, option, value)
    const name = option.attributeName()
    const instead = command.options.some(
      other => onCommandLine(other.attributeName()) && (conflictsOf(other).includes(name) || conflictsOf(option).includes(other.attributeName())), // prettier-ignore
    )
    if (!onCommandLine(name) && !instead) command.setOptionValueWithSource(name, read, FILE)
  }
}

/** The flags that were given and make a run what it is, by their names: with them it can be repeated. */
export const flagsOfRun = (command: Command): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    optionsOf(command, NOT_OF_A_RUN)
      .filter(option => isGiven(command, option.attributeName()))
      .map(option => [nameOf(option), command.getOptionValue(option.attributeName()) as unknown]),
  )
