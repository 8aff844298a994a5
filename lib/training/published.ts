/** TimeSformer and ViViT as Hugging Face publishes them: weights by their names. */
import { cast, cited, dtypeOf, sameSizes, type Shape, type Tensor, UserError } from '../tensor'
import { flag, optional, recordOf, strict, text } from '../tensor/given'
import { config, map, parameters } from './kinds'
import type { NetworkParameters } from '../systems/network'
import { permute } from '../primitives'
import { notFinite } from './finite'
import { converted, isWeight, thirdOf } from './foreign'
import { type Pretrained, type Taken, takenFrom } from './pretrained'
import type { PublishedNetwork, PublishedSystem } from './published-config'
import { resizeFrames, resizePosition, resizeTubelets } from './resizing'
import type { TensorFile } from './safetensors'

/** Our tensors of a block, and their names below `encoder.layer.*`. */
const attention = (ours: string, theirs: string, fused: boolean): readonly (readonly [string, string])[] => [
  ...[...'QKV'].flatMap((x, i) => {
    const name = fused ? 'qkv' : ['query', 'key', 'value'][i]!
    return (['W', 'b'] as const).map(w => [`${ours}.${w}_${x}`, `${theirs}.attention.${name}.${WORD[w]}`] as const)
  }),
  ...both(`${ours}.`, '_O', `${theirs}.output.dense`),
]
const WORD = { W: 'weight', b: 'bias', gain: 'weight', bias: 'bias' } as const
const both = (ours: string, suffix: string, theirs: string): readonly (readonly [string, string])[] =>
  (['W', 'b'] as const).map(w => [`${ours}${w}${suffix}`, `${theirs}.${WORD[w]}`] as const)
const norm = (ours: string, suffix: string, theirs: string): readonly (readonly [string, string])[] =>
  (['gain', 'bias'] as const).map(w => [`${ours}${w}${suffix}`, `${theirs}.${WORD[w]}`] as const)

/** Our tensors and what Hugging Face calls them behind the name of the system; `*` is the number of the block. */
const namesOf = (system: PublishedSystem): ReadonlyMap<string, string> => {
  const [space, time, layer] = ['space.blocks.*', 'time.*', 'encoder.layer.*']
  const fused = system === 'timesformer'
  return new Map([
    ...both('patch.', '', 'embeddings.patch_embeddings.projection'),
    ['V_cls', 'embeddings.cls_token'],
    ['P_s', 'embeddings.position_embeddings'],
    ['P_t', 'embeddings.time_embeddings'],
    ...norm(`${space}.`, '_1', `${layer}.layernorm_before`),
    ...attention(space, `${layer}.attention`, fused),
    ...norm(`${space}.`, '_2', `${layer}.layernorm_after`),
    ...both(`${space}.`, '_1', `${layer}.intermediate.dense`),
    ...both(`${space}.`, '_2', `${layer}.output.dense`),
    ...norm(`${time}.`, '', `${layer}.temporal_layernorm`),
    ...attention(time, `${layer}.temporal_attention`, fused),
    ...both(`${time}.`, '_D', `${layer}.temporal_dense`),
    ...norm('head.', '', 'layernorm'),
  ] as const)
}

/** The name of a tensor of ours in a file; undefined for what is added, as α and FAM. */
const nameIn = (system: PublishedSystem, prefix: string): ((ours: string) => string | undefined) => {
  const names = namesOf(system)
  return ours => {
    if (ours === 'head.W' || ours === 'head.b') return `classifier.${ours === 'head.W' ? 'weight' : 'bias'}`
    const theirs = names.get(ours.replace(/\d+/, '*'))
    return theirs === undefined ? undefined : `${prefix}${theirs.replace('*', /\d+/.exec(ours)?.[0] ?? '')}`
  }
}

/** The shape that their tensor has when it fits ours. */
const theirShape = (config: PublishedNetwork['config'], ours: string, theirs: string, { shape }: Tensor): Shape => {
  const { channels, patch } = config
  if (ours === 'P_t') return [1, shape[0]!, shape[2]!]
  if (ours === 'patch.W')
    return [shape[1]!, channels, ...(config.system === 'vivit' ? [config.tubelet] : []), patch, patch]
  const [out, ...ins] = isWeight(ours) ? [...shape].reverse() : shape
  return [thirdOf(ours, theirs) < 0 ? out! : 3 * out!, ...ins]
}

/** Puts published weights into a network of their system: one with CSSA and FAM, of clips of another length or of larger
 *  frames, or of other classes. Positions are resized as Hugging Face's models do it: TimeSformer's to the nearest in space and
 *  in time; ViViT's bicubically in space, which is for one time alone there, and linearly in time. α and FAM stay at the
 *  initial values given, and so does the last linear layer where the classes are others.
 *  @param theirs what is published
 *  @param config the network to make, of the same sizes
 *  @param initial its parameters to start from; they are not changed
 *  @param file the weights' name, for messages
 *  @param sameClasses whether the classes are those of the file
 *  @throws UserError that names the tensor which is missing, of another shape, or not finite */
export const fromPublished = strict(
  'fromPublished',
  {
    theirs: config,
    config,
    initial: parameters,
    weights: recordOf({ tensors: map, others: map }),
    file: text,
    sameClasses: optional(flag),
  },
  (
    theirs: PublishedNetwork['config'],
    config: PublishedNetwork['config'],
    initial: NetworkParameters,
    { tensors, others }: Omit<TensorFile, 'metadata'>,
    file: string,
    sameClasses = true,
  ): Pretrained => {
    const { system } = theirs
    const keys = [...tensors.keys(), ...others.keys()]
    const fail = (why: string): never => {
      throw new UserError(`${file}: ${why}`)
    }
    const prefix = tensors.has('embeddings.cls_token') ? '' : `${system}.` // a body without a classifier has none
    const nameOf = nameIn(system, prefix)
    const [rows, columns] = [config.height / config.patch, config.width / config.patch]

    const fitted = (ours: Tensor, name: string, x: Tensor): Tensor | undefined => {
      const [one, places, dim, ...rest] = x.shape
      if (one !== 1 || dim !== config.dim || rest.length > 0 || places === undefined) return undefined
      if (name === 'P_t') {
        const along = mapPositions(x)
        return places === config.frames ? along : resizeFrames(along, config.frames, 'nearest')
      }
      if (theirs.system === 'vivit' && config.system === 'vivit') {
        const times = theirs.frames / theirs.tubelet
        const side = theirs.height / theirs.patch
        if (places !== 1 + times * side * side) return undefined
        return resizeTubelets(x, times, { times: config.frames / config.tubelet, rows, columns })
      }
      const side = Math.sqrt(places - 1)
      if (places === ours.shape[1] && side === rows) return x
      return Number.isInteger(side) && side > 0 ? resizePosition(x, rows, columns, 'nearest') : undefined
    }

    const take = (ours: Tensor, name: string): Taken => {
      const from = nameOf(name)
      if (from === undefined || (!sameClasses && from.startsWith('classifier.'))) return { x: ours, how: 'initial' }
      const stored = tensors.get(from)
      if (!stored) {
        const why = others.has(from) ? `must be of type F32, F64, F16 or BF16, got ${others.get(from)!}` : 'is missing'
        return fail(`must hold ${system}'s weights by Hugging Face's names, but '${from}' ${why}, of ${keys.length} tensors${keys[0] === undefined ? '' : ` from ${cited(keys[0])} on`}`) // prettier-ignore
      }
      const bad = notFinite(stored)
      if (bad) fail(`'${from}' must be finite, got ${bad.value}`)
      const x = cast(stored, dtypeOf(ours))
      const needed = theirShape(config, name, from, ours)
      const same = sameSizes(needed, x.shape)
      const isPosition = name === 'P_s' || name === 'P_t'
      const made = isPosition ? fitted(ours, name, x) : same ? converted(name, from, x) : undefined
      if (!made)
        return fail(
          `'${from}' must be [${needed.join(', ')}], as config.json has its sizes, got [${x.shape.join(', ')}]`,
        )
      return { x: made, how: same ? 'taken' : 'resized', from }
    }
    return takenFrom(keys, initial, take)
  },
)

/** Their time embedding `[1, T, C']` as ours, `[T, 1, C']`. */
const mapPositions = (x: Tensor): Tensor => permute(x, [1, 0, 2])
