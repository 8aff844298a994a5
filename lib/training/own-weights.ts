/** Starting from a network of ours: a checkpoint's weights in another configuration, for fine-tuning. */
import { cast, dtypeOf, fromArray, type Shape, sameShape, type Tensor, UserError } from '../tensor'
import type { Config, Parameters } from '../paper'
import { matmul, reshape } from '../primitives'
import { entries, mapTree } from '../trace'
import type { Checkpoint } from './checkpoint'
import { type Pretrained, resizePosition } from './pretrained'
import { weightsOf } from './average'

/** Linear resizing of T rows to another number as a matrix `[to, from]`, ends aligned by their edges and repeated beyond. */
const resizing = (to: number, from: number, like: Tensor): Tensor => {
  const matrix = new Float64Array(to * from)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const [low, part] = [Math.floor(at), at - Math.floor(at)]
    matrix[i * from + low]! += 1 - part
    if (part > 0) matrix[i * from + low + 1]! += part
  }
  return fromArray(matrix, [to, from], dtypeOf(like))
}

/** Temporal positions `[T, 1, C']` for another number of frames, as by PyTorch's `interpolate(mode='linear',
 *  align_corners=False)`. */
export const resizeFrames = (P_t: Tensor, frames: number): Tensor => {
  const [T, , C] = P_t.shape as [number, number, number]
  return reshape(matmul(resizing(frames, T, P_t), reshape(P_t, [T, C])), [frames, 1, C])
}

/** The name that a tensor of ours has in the other network: FAM over the whole network counts its terms through both stages, so
 *  that those of TTBs move where the number of STBs differs. */
const nameIn =
  (theirs: Config, ours: Config) =>
  (name: string): string | undefined => {
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
export const fromCheckpoint = (
  config: Config,
  initial: Parameters,
  checkpoint: Checkpoint,
  file: string,
  classes?: readonly string[],
): Pretrained => {
  const { config: theirs } = checkpoint
  const found = new Map(entries(weightsOf(checkpoint.state)))
  const nameOf = nameIn(theirs, config)
  const known = checkpoint.clips?.classes
  const sameClasses =
    known && classes ? JSON.stringify(known) === JSON.stringify(classes) : config.classes === theirs.classes
  const [rows, columns] = [config.height / config.patch, config.width / config.patch]
  const report: Pretrained['report'][number][] = []
  const tell = (name: string, shape: Shape, how: 'taken' | 'resized' | 'initial', from?: string): void =>
    void report.push({ name, shape, how, ...(from === undefined ? {} : { from }) })

  const take = (ours: Tensor, name: string): Tensor => {
    const from = nameOf(name)
    const x = from === undefined ? undefined : found.get(from)
    if (from === undefined || !x || (!sameClasses && (name === 'head.W' || name === 'head.b'))) {
      tell(name, ours.shape, 'initial')
      return ours
    }
    const made = cast(x, dtypeOf(ours))
    const sameGrid = theirs.height / theirs.patch === rows && theirs.width / theirs.patch === columns
    const square = theirs.height === theirs.width
    if (name === 'P_s' && !sameGrid && square && x.shape[2] === config.dim) {
      tell(name, ours.shape, 'resized', from)
      return resizePosition(made, rows, columns)
    }
    if (name === 'P_t' && x.shape[0] !== config.frames && x.shape[2] === config.dim) {
      tell(name, ours.shape, 'resized', from)
      return resizeFrames(made, config.frames)
    }
    const fits: boolean = sameShape(made, ours)
    if (!fits)
      throw new UserError(
        `${file}: '${from}' must be [${ours.shape.join(', ')}] for '${name}', got [${x.shape.join(', ')}]`,
      )
    tell(name, ours.shape, 'taken', from)
    return made
  }
  const parameters = mapTree((x, _, name) => take(x, name), initial)
  const used = new Set(report.map(row => row.from))
  return { parameters, report, unused: [...found.keys()].filter(name => !used.has(name)) }
}
