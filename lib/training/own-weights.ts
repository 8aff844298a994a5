/** Starting from a network of ours: a checkpoint's weights in another configuration, for fine-tuning. */
import { listOf, optional, strict, text } from '../tensor/given'
import { checkpoint, config, parameters } from './kinds'
import { cast, dtypeOf, sameShape, type Tensor, UserError } from '../tensor'
import type { Parameters } from '../paper'
import type { NetworkConfig } from '../systems/network'
import { entries } from '../trace'
import type { Checkpoint } from './checkpoint'
import { type Pretrained, type Taken, takenFrom } from './pretrained'
import { resizeFrames, resizePosition } from './resizing'
import { weightsOf } from './average'

/** The name that a tensor of ours has in the other network: FAM over the whole network counts its terms through both stages, so
 *  that those of TTBs move where the number of STBs differs. */
const nameIn =
  (theirs: NetworkConfig, ours: NetworkConfig) =>
  (name: string): string | undefined => {
    if (theirs.system !== undefined || ours.system !== undefined) return name
    const [, i] = /^FAM\.network\.(\d+)\./.exec(name) ?? []
    if (i === undefined || ours.STB === theirs.STB) return name
    if (Number(i) < ours.STB) return Number(i) < theirs.STB ? name : undefined
    return name.replace(i, `${Number(i) - ours.STB + theirs.STB}`)
  }

/** Puts the weights of a checkpoint of ours into a network of another number of classes, frames, blocks or patches. The last
 *  linear layer stays at its initial value where the classes are others, by number or by name; positions in space and time are
 *  resized; what the checkpoint lacks, as blocks beyond its own, stays at its initial value.
 *  @param initial the parameters to start from; they are not changed
 *  @param classes the names of the classes, where they are known
 *  @param file the checkpoint's name, for messages
 *  @throws UserError for a tensor that does not fit otherwise; it names both shapes */
export const fromCheckpoint = strict(
  'fromCheckpoint',
  { config, initial: parameters, checkpoint, file: text, classes: optional(listOf(text)) },
  (
    config: NetworkConfig,
    initial: Parameters,
    checkpoint: Checkpoint,
    file: string,
    classes?: readonly string[],
  ): Pretrained => {
    const { config: theirs } = checkpoint
    const systemIn = ({ system }: NetworkConfig): string => system ?? 'CSTransformer'
    if (theirs.system !== config.system)
      throw new UserError(`${file}: must be a network of ${systemIn(config)}, got one of ${systemIn(theirs)}`)
    const found = new Map(entries(weightsOf(checkpoint.state)))
    const nameOf = nameIn(theirs, config)
    const known = checkpoint.clips?.classes
    const sameClasses =
      known && classes ? JSON.stringify(known) === JSON.stringify(classes) : config.classes === theirs.classes
    const [rows, columns] = [config.height / config.patch, config.width / config.patch]

    const take = (ours: Tensor, name: string): Taken => {
      const from = nameOf(name)
      const x = from === undefined ? undefined : found.get(from)
      if (from === undefined || !x || (!sameClasses && (name === 'head.W' || name === 'head.b')))
        return { x: ours, how: 'initial' }
      const made = cast(x, dtypeOf(ours))
      const sameGrid = theirs.height / theirs.patch === rows && theirs.width / theirs.patch === columns
      const square = theirs.height === theirs.width
      if (config.system === undefined && name === 'P_s' && !sameGrid && square && x.shape[2] === config.dim)
        return { x: resizePosition(made, rows, columns), how: 'resized', from }
      if (config.system === undefined && name === 'P_t' && x.shape[0] !== config.frames && x.shape[2] === config.dim)
        return { x: resizeFrames(made, config.frames), how: 'resized', from }
      const fits: boolean = sameShape(made, ours)
      if (!fits)
        throw new UserError(
          `${file}: '${from}' must be [${ours.shape.join(', ')}] for '${name}', got [${x.shape.join(', ')}]`,
        )
      return { x: made, how: 'taken', from }
    }
    return takenFrom(found.keys(), initial, take)
  },
)
