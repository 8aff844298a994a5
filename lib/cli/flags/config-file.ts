/** `--config FILE`: flags of `train` in a file. */
import type { Command } from 'commander'
import * as z from 'zod'
import { UserError } from '../../tensor'
import { type Config, variants } from '../../paper'
import { configAttribute } from './network'
import { readText } from '../../disk'
import { FILE } from './given'

const whole = (least: number, what = `a whole number of at least ${least}`) =>
  z.int({ error: what }).min(least, { error: what })
const above = (what = 'a number above 0') => z.number({ error: what }).positive({ error: what })
const atLeast0 = z.number({ error: 'a number of at least 0' }).min(0, { error: 'a number of at least 0' })
const any = z.number({ error: 'a number' })
const text = z.string({ error: 'text' })
const flag = z.boolean({ error: 'true or false' })
const choice = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(words, { error: words.map(w => `'${w}'`).join(' or ') })
const epochs = z.array(whole(1), { error: 'a list of epochs' })
const pair = z.tuple([whole(1), whole(1)], { error: 'a list of two whole numbers' })
const channelwise = z.union([any, z.array(any).length(3)], { error: 'a number, or a list of three' })

const names = Object.keys(variants) as [string, ...string[]]

/** Every value of a network's configuration; one that is missing here does not compile. */
const network = {
  ...{ frames: whole(1), height: whole(1), width: whole(1), channels: whole(1), patch: whole(1), dim: whole(1) },
  ...{ heads: whole(1), STB: whole(0), TTB: whole(0), ratioSTB: whole(1), ratioTTB: whole(1) },
  ...{ cssa: flag, fam: flag, spatialPosition: flag, temporalPosition: flag },
  scores: choice('raw', 'accumulated'),
  aggregation: choice('network', 'stage'),
  pool: choice('class', 'mean'),
} satisfies Record<Exclude<keyof Config, 'classes'>, z.ZodType>

/** What a file may hold: the flags of `train` by their names, without dashes; those of the network as `Config` names them. */
const schema = z
  .strictObject({
    variant: choice(...names),
    ...network,
    ...{
      data: text,
      videos: text,
      classNames: text,
      validation: text,
      split: text,
      validationSplit: text,
      heldOutPart: above(),
      stride: z.union([z.literal('uniform'), whole(1)], { error: "'uniform' or a whole number of at least 1" }),
      fps: above(),
      jitter: pair,
    },
    ...{ shortSide: whole(1), mean: channelwise, deviation: channelwise, workers: whole(1), timeLimit: above() },
    ...{ steps: whole(1), epochs: whole(1), batch: whole(1), rate: above(), warmup: atLeast0, drops: epochs },
    ...{ schedule: choice('steps', 'cosine'), factor: above(), optimizer: choice('SGD', 'AdamW'), momentum: atLeast0 },
    ...{ decay: atLeast0, clip: above(), sigma: above(), alpha: any, init: text },
    ...{ seed: z.int({ error: 'a whole number' }), name: text, runs: text, engine: text, mode: text },
    ...{ every: whole(1), heldOut: whole(1), quiet: flag, verbose: flag },
  })
  .partial()

/** The keys of a file. */
export const configKeys: readonly string[] = Object.keys(schema.shape)

const parsed = (path: string): Record<string, unknown> => {
  let json: unknown
  try {
    json = JSON.parse(readText(path))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${path}: must be JSON, got other text (${(error as Error).message.split('\n')[0]})`)
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]]
  if (issue.code === 'unrecognized_keys')
    throw new UserError(`${path}: '${issue.keys[0]}' is no setting: ${configKeys.join(', ')} are`)
  if (issue.path.length === 0) throw new UserError(`${path}: must be an object of settings, got other JSON`)
  const found = issue.path.reduce((value, key) => (value as Record<PropertyKey, unknown>)[key], json)
  const key = issue.path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`))
  throw new UserError(`${path}: ${key.join('')} must be ${issue.message}, got ${JSON.stringify(found)}`)
}

/** Takes the settings of a file for flags that the command line does not give. Throws UserError that names the file, the key,
 *  what was expected and what was found. */
export const applyConfigFile = (command: Command, path: string): void => {
  for (const [key, value] of Object.entries(parsed(path))) {
    const name = key in network ? configAttribute(key as keyof Config) : key
    if (command.getOptionValueSource(name) === 'cli') continue
    const listed = (name === 'mean' || name === 'deviation') && typeof value === 'number' ? [value] : value
    command.setOptionValueWithSource(name, listed, FILE)
  }
}
