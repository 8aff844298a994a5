/** Starting from an image model: a pretrained ViT's weights under our names (Sec. 4.2, "Network structure"). */
import { recordOf, strict, text } from '../tensor/given'
import { config, parameters } from '../paper/kinds'
import { map } from './kinds'
import { cast, dtypeOf, sameSizes, type Shape, type Tensor, UserError } from '../tensor'
import { type Config, type Parameters } from '../paper'
import { mapTree } from '../trace'
import { converted, isWeight, thirdOf } from './foreign'
import { resizePosition } from './resizing'
import type { TensorFile } from './safetensors'

/** Our tensors, and what timm and Hugging Face call them; `*` is the number of the block. timm keeps query, key and value
 *  in one tensor, one below the other. */
const NAMES = [
  ['patch.W', 'patch_embed.proj.weight', 'embeddings.patch_embeddings.projection.weight'],
  ['patch.b', 'patch_embed.proj.bias', 'embeddings.patch_embeddings.projection.bias'],
  ['V_cls', 'cls_token', 'embeddings.cls_token'],
  ['P_s', 'pos_embed', 'embeddings.position_embeddings'],
  ['STB.*.gain_1', 'blocks.*.norm1.weight', 'encoder.layer.*.layernorm_before.weight'],
  ['STB.*.bias_1', 'blocks.*.norm1.bias', 'encoder.layer.*.layernorm_before.bias'],
  ['STB.*.W_Q', 'blocks.*.attn.qkv.weight', 'encoder.layer.*.attention.attention.query.weight'],
  ['STB.*.b_Q', 'blocks.*.attn.qkv.bias', 'encoder.layer.*.attention.attention.query.bias'],
  ['STB.*.W_K', 'blocks.*.attn.qkv.weight', 'encoder.layer.*.attention.attention.key.weight'],
  ['STB.*.b_K', 'blocks.*.attn.qkv.bias', 'encoder.layer.*.attention.attention.key.bias'],
  ['STB.*.W_V', 'blocks.*.attn.qkv.weight', 'encoder.layer.*.attention.attention.value.weight'],
  ['STB.*.b_V', 'blocks.*.attn.qkv.bias', 'encoder.layer.*.attention.attention.value.bias'],
  ['STB.*.W_O', 'blocks.*.attn.proj.weight', 'encoder.layer.*.attention.output.dense.weight'],
  ['STB.*.b_O', 'blocks.*.attn.proj.bias', 'encoder.layer.*.attention.output.dense.bias'],
  ['STB.*.gain_2', 'blocks.*.norm2.weight', 'encoder.layer.*.layernorm_after.weight'],
  ['STB.*.bias_2', 'blocks.*.norm2.bias', 'encoder.layer.*.layernorm_after.bias'],
  ['STB.*.W_1', 'blocks.*.mlp.fc1.weight', 'encoder.layer.*.intermediate.dense.weight'],
  ['STB.*.b_1', 'blocks.*.mlp.fc1.bias', 'encoder.layer.*.intermediate.dense.bias'],
  ['STB.*.W_2', 'blocks.*.mlp.fc2.weight', 'encoder.layer.*.output.dense.weight'],
  ['STB.*.b_2', 'blocks.*.mlp.fc2.bias', 'encoder.layer.*.output.dense.bias'],
] as const
const [[, ...PATCHES]] = NAMES

/** What a file calls our tensors. What stands before its names (`vit.` in a classifier, `module.`) is told from the patch
 *  embedding's, which every ViT has.
 *  Throws UserError where it has neither naming's. */
const naming = (keys: readonly string[], file: string): ((ours: string) => string | undefined) => {
  for (const [i, patch] of PATCHES.entries()) {
    const key = keys.find(k => k === patch || k.endsWith(`.${patch}`))
    if (key === undefined) continue
    const prefix = key.slice(0, -patch.length)
    const theirs = new Map(NAMES.map(names => [names[0] as string, prefix + names[i + 1]!]))
    return ours => theirs.get(ours.replace(/\d+/, '*'))?.replace('*', /\d+/.exec(ours)?.[0] ?? '')
  }
  throw new UserError(
    `${file}: must be a ViT under timm's or Hugging Face's names, but neither '${PATCHES.join("' nor '")}' is in it`,
  )
}

/** The shape that their tensor has when it fits ours: linear weights are [out, in], the patch embedding is a convolution's
 *  kernel [C', C, M, M], and a fused tensor has three times the rows. */
const theirShape = ({ channels, patch }: Config, ours: string, theirs: string, { shape }: Tensor): Shape => {
  const [out, ...ins] =
    ours === 'patch.W' ? [shape[1]!, channels, patch, patch] : isWeight(ours) ? [...shape].reverse() : shape
  return [thirdOf(ours, theirs) < 0 ? out! : 3 * out!, ...ins]
}

/** A network that starts from the weights of a ViT. */
export interface Pretrained {
  readonly parameters: Parameters
  /** What became of every tensor of ours, in order; `from` is their name. */
  readonly report: readonly {
    readonly name: string
    readonly shape: Shape
    readonly how: 'taken' | 'resized' | 'initial'
    readonly from?: string
  }[]
  /** Tensors of the file that nothing was made of: the classifier, the last norm, blocks beyond ours. */
  readonly unused: readonly string[]
}

/** What a tensor of ours starts as, and what of theirs that was made of. */
export interface Taken {
  readonly x: Tensor
  readonly how: 'taken' | 'resized' | 'initial'
  readonly from?: string
}

/** The parameters that tensors are taken for, one by one, with a report.
 *  @param names theirs
 *  @param take what a tensor of ours, under its name, starts as */
export const takenFrom = (
  names: Iterable<string>,
  initial: Pretrained['parameters'],
  take: (ours: Tensor, name: string) => Taken,
): Pretrained => {
  const report: Pretrained['report'][number][] = []
  const parameters = mapTree((ours, _, name) => {
    const { x, ...told } = take(ours, name)
    report.push({ name, shape: ours.shape, ...told })
    return x
  }, initial)
  const used = new Set(report.map(row => row.from))
  return { parameters, report, unused: [...names].filter(name => !used.has(name)) }
}

/** Puts a pretrained ViT's weights into a network: patch embedding, class token, position embedding and spatial blocks.
 *  Temporal blocks, P_t, α, β, FAM and the head stay at the initial values given. A position embedding of another grid is
 *  resized; one of a square grid is taken to be so even where as many patches make another one.
 *  @param initial the parameters to start from; they are not changed
 *  @param weights a file's tensors, under timm's or Hugging Face's names, of any width and depth
 *  @param file its name, for messages
 *  @throws UserError where a tensor does not have the shape that ours needs; it names both */
export const fromViT = strict(
  'fromViT',
  { config, initial: parameters, file: recordOf({ tensors: map, others: map }), name: text },
  (
    config: Config,
    initial: Parameters,
    { tensors, others }: Omit<TensorFile, 'metadata'>,
    file: string,
  ): Pretrained => {
    const keys = [...tensors.keys(), ...others.keys()]
    const nameOf = naming(keys, file)
    const [rows, columns] = [config.height / config.patch, config.width / config.patch]

    const take = (ours: Tensor, name: string): Taken => {
      const from = nameOf(name)
      const theirs = from === undefined ? undefined : tensors.get(from)
      if (from === undefined || !theirs) return { x: ours, how: 'initial' }
      const found = cast(theirs, dtypeOf(ours))
      const fails = (shape: Shape, needed: string): never => {
        throw new UserError(`${file}: '${from}' must be ${needed} for '${name}', got [${shape.join(', ')}]`)
      }
      if (name === 'P_s') {
        const [one, tokens, dim, ...rest] = found.shape
        const side = Math.sqrt(tokens! - 1)
        const square = Number.isInteger(side) && side > 0
        const same = square ? rows === side && columns === side : tokens === ours.shape[1]
        if (one !== 1 || dim !== config.dim || rest.length > 0 || !(square || same))
          fails(found.shape, `[1, 1+n·n, ${config.dim}] or [${ours.shape.join(', ')}]`)
        return same
          ? { x: found, how: 'taken', from }
          : { x: resizePosition(found, rows, columns), how: 'resized', from }
      }
      const needed = theirShape(config, name, from, ours)
      if (!sameSizes(needed, found.shape)) fails(found.shape, `[${needed.join(', ')}]`)
      return { x: converted(name, from, found), how: 'taken', from }
    }
    return takenFrom(keys, initial, take)
  },
)
