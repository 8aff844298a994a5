/** Checkpoints: a configuration, a recipe, where a run was, and its tensors, in one safetensors file. */
import { bytes, exactly, index, type Kind, strict, text, wholeNumber } from '../tensor/given'
import { checkpoint, tensors } from './kinds'
import { cited, sameShape, type Tensor, UserError } from '../tensor'
import { abstractNetwork, configureNetwork, type NetworkConfig } from '../systems/network'
import { mapTree } from '../trace'
import { notFinite } from './finite'
import { startState } from './loop'
import { checkRecipe, type Recipe } from './recipe'
import { decodeSafetensors, encodeSafetensors, type Tensors } from './safetensors'
import { checked, clipValues, networkSchema, recipeSchema } from './schema'
import { type State, stateEntries } from './step'

const FORMAT = '1'

/** What a network that was trained on videos takes, besides the sizes in its configuration. */
export interface ClipFormat {
  /** K names, in the order of the logits. */
  readonly classes: readonly string[]
  /** Frames of the video from one frame of a clip to the next, or one of each of T equal parts (decision D14). */
  readonly stride: number | 'uniform'
  /** The frame rate at which the stride is meant; in frames of any rate without it. */
  readonly fps?: number | undefined
  /** The shorter side of a frame at inference, out of which the crops are cut (decision D12). */
  readonly shortSide: number
  /** What is subtracted from colours in [0, 1], for all channels or for each (decision D13). */
  readonly mean: number | readonly number[]
  /** What they are then divided by. */
  readonly deviation: number | readonly number[]
}

/** All that a run needs to go on, or a network to be used. */
export interface Checkpoint {
  readonly config: NetworkConfig
  readonly recipe: Recipe
  /** The seed of the run: of its initial weights and of its clips. */
  readonly seed: number
  /** Steps done. */
  readonly step: number
  readonly state: State
  /** What makes clips of videos; without it the network was trained on other things. */
  readonly clips?: ClipFormat | undefined
}

/** A checkpoint as named tensors and metadata. */
export const checkpointTensors = ({ config, recipe, seed, step, state, clips }: Checkpoint): Tensors => ({
  tensors: new Map(stateEntries(state)),
  metadata: {
    format: FORMAT,
    config: JSON.stringify(config),
    recipe: JSON.stringify(recipe),
    seed: `${seed}`,
    step: `${step}`,
    ...(clips === undefined ? {} : { clips: JSON.stringify(clips) }),
  },
})

/** A term of FAM in earlier files, which counted those of both stages in one list: `FAM.3.gain`. */
const FORMER_TERM = /\bFAM\.(\d+)\b/
const formerTerm =
  (config: NetworkConfig) =>
  (_: string, digits: string): string => {
    if (config.system !== undefined) return `FAM.${digits}` // theirs never were in one list
    const { aggregation, STB } = config
    if (aggregation === 'network') return `FAM.network.${digits}`
    const [i, spatial] = [Number(digits), Math.max(STB - 1, 0)]
    return i < spatial ? `FAM.STB.${i}` : `FAM.TTB.${i - spatial}`
  }

/** The checkpoint that a file's tensors and metadata are. Throws UserError that names the file and what is wrong with it:
 *  another format, a tensor that its configuration does not have, lacks, or has in another shape, tensors of two types.
 *  @param file its name, for messages */
export const checkpointFrom = strict(
  'checkpointFrom',
  { file: tensors, name: text },
  ({ tensors: given, metadata }: Tensors, file: string): Checkpoint => {
    const fail = (why: string): never => {
      throw new UserError(`${file}: ${why}`)
    }
    const text = (key: string): string => metadata[key] ?? fail(`not a checkpoint of ours: its metadata lack '${key}'`)
    if (text('format') !== FORMAT) fail(`must be a checkpoint of format ${FORMAT}, got format ${text('format')}`)
    const read = <T>(key: string, check: (value: unknown) => T): T => {
      const json = text(key)
      try {
        return check(parsed(json))
      } catch (error) {
        if (error instanceof UserError) return fail(`its ${key} cannot be used: ${error.message}`)
        throw error
      }
    }
    const config = read('config', value => configureNetwork(checked<NetworkConfig>(networkSchema, value)))
    // A block has tensors of its own: what they would be is not made up of what a text claims.
    const blocks = blocksOf(config)
    if (blocks * TENSORS > given.size) fail(`its config has ${blocks} blocks, but there are ${given.size} tensors`)
    const recipe = read('recipe', value => checkRecipe(checked<Recipe>(recipeSchema, value)))
    const seed = read('seed', value => checked<number>(wholeNumber, value))
    const step = read('step', value => checked<number>(index, value))
    const clips = 'clips' in metadata ? { clips: read('clips', value => checkedClips(config, value)) } : {}
    const weights = recipe.classWeights?.length ?? config.classes
    if (weights !== config.classes) fail(`its recipe must have ${config.classes} classWeights, got ${weights}`)

    const tensors = new Map([...given].map(([path, x]) => [path.replace(FORMER_TERM, formerTerm(config)), x]))
    const like = startState(recipe, abstractNetwork(config))
    const expected = new Map(stateEntries(like))
    const stray = [...tensors.keys()].find(key => !expected.has(key))
    if (stray !== undefined) fail(`${cited(stray)} does not belong to its configuration`)
    const take = (x: Tensor, path: string): Tensor => {
      const found = tensors.get(path) ?? fail(`'${path}' is missing`)
      const { shape } = found
      if (!sameShape(x, found)) fail(`'${path}' must be [${x.shape.join(', ')}], got [${shape.join(', ')}]`)
      const bad = notFinite(found)
      if (bad) fail(`'${path}' must be finite, got ${bad.value}`)
      return found
    }
    const state: State = {
      parameters: mapTree((x, _, path) => take(x, path), like.parameters),
      optimizer: mapTree((x, _, path) => take(x, `optimizer.${path}`), like.optimizer),
    }
    const [[first, { dtype }], ...rest] = stateEntries(state) as [[string, Tensor], ...[string, Tensor][]]
    for (const [path, x] of rest)
      if (x.dtype !== dtype) fail(`'${path}' holds ${x.dtype}, but '${first}' holds ${dtype}`)
    return { config, recipe, seed, step, state, ...clips }
  },
)

const checkedClips = (config: NetworkConfig, value: unknown): ClipFormat => {
  const values: Readonly<Record<keyof ClipFormat, Kind>> = clipValues(config)
  return checked(exactly(values), value)
}

/** The tensors that every block has. */
const TENSORS = 12
const blocksOf = (config: NetworkConfig): number => {
  if (config.system === undefined) return config.STB + config.TTB
  const inTime = config.system === 'vtn' || (config.system === 'vivit' && config.model === 2)
  return config.blocks + (inTime ? config.temporalBlocks : 0)
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json) as unknown
  } catch {
    throw new UserError(`must be JSON, got ${cited(json)}`)
  }
}

/** A checkpoint as the bytes of a file. */
export const encodeCheckpoint = strict('encodeCheckpoint', { checkpoint }, (checkpoint: Checkpoint): Uint8Array =>
  encodeSafetensors(checkpointTensors(checkpoint)),
)

/** Reads a checkpoint that is in memory. Throws UserError as `readSafetensors` and `checkpointFrom`. */
export const decodeCheckpoint = strict(
  'decodeCheckpoint',
  { bytes, file: text },
  (bytes: Uint8Array, file: string): Checkpoint => checkpointFrom(decodeSafetensors(bytes, file), file),
)
