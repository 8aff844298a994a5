/** Checkpoints: a configuration, a recipe, where a run was, and its tensors, in one safetensors file. */
import { sameShape, type Tensor, UserError } from '../tensor'
import { type Config, configure, initialParameters } from '../paper'
import { entries, mapTree } from '../trace'
import { startState } from './loop'
import { checkRecipe, type Recipe } from './recipe'
import { decodeSafetensors, encodeSafetensors } from './safetensors'
import type { State } from './step'

const FORMAT = '1'

export interface Checkpoint {
  readonly config: Config
  readonly recipe: Recipe
  /** The seed of the run: of its initial weights and of its clips. */
  readonly seed: number
  /** Steps done. */
  readonly step: number
  readonly state: State
}

/** Every tensor of a state by its name: parameters by their path, what the optimizer keeps below `optimizer`. */
const named = ({ parameters, optimizer }: State): [string, Tensor][] => [
  ...entries(parameters),
  ...entries(optimizer, 'optimizer'),
]

/** A checkpoint as the bytes of a file. */
export const encodeCheckpoint = ({ config, recipe, seed, step, state }: Checkpoint): Uint8Array =>
  encodeSafetensors({
    tensors: new Map(named(state)),
    metadata: {
      format: FORMAT,
      config: JSON.stringify(config),
      recipe: JSON.stringify(recipe),
      seed: `${seed}`,
      step: `${step}`,
    },
  })

/** Reads a checkpoint. Throws UserError that names the file and what is wrong with it: a broken file, another format,
 *  a tensor that its configuration does not have, lacks, or has in another shape.
 *  @param name the file, for the message */
export const decodeCheckpoint = (bytes: Uint8Array, name: string): Checkpoint => {
  const { tensors, metadata } = decodeSafetensors(bytes, name)
  const fail = (why: string): never => {
    throw new UserError(`${name}: ${why}`)
  }
  const text = (key: string): string => metadata[key] ?? fail(`not a checkpoint of ours: its metadata lack '${key}'`)
  if (text('format') !== FORMAT) fail(`a checkpoint of format ${FORMAT} expected, but it has format ${text('format')}`)
  const read = <T>(key: string, check: (value: never) => T): T => {
    try {
      return check(JSON.parse(text(key)) as never)
    } catch (error) {
      return fail(`its ${key} cannot be used: ${(error as Error).message}`)
    }
  }
  const config = read('config', configure)
  const recipe = read('recipe', checkRecipe)
  const whole = (n: number): number => (Number.isSafeInteger(n) ? n : fail(`a whole number expected, but found ${n}`))

  const like = startState(recipe, initialParameters(config, 0))
  const expected = new Map(named(like))
  const stray = [...tensors.keys()].find(key => !expected.has(key))
  if (stray !== undefined) fail(`'${stray}' does not belong to its configuration`)
  const take = (x: Tensor, path: string): Tensor => {
    const found = tensors.get(path) ?? fail(`'${path}' is missing`)
    const { shape } = found
    if (!sameShape(x, found)) fail(`'${path}' should be [${x.shape.join(', ')}], but is [${shape.join(', ')}]`)
    return found
  }
  const state: State = {
    parameters: mapTree((x, _, path) => take(x, path), like.parameters),
    optimizer: mapTree((x, _, path) => take(x, `optimizer.${path}`), like.optimizer),
  }
  return { config, recipe, seed: read('seed', whole), step: read('step', whole), state }
}
