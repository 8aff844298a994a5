/** The golden cases of fixtures/golden: what an independent PyTorch model of the paper computed, in float64. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { abstractParameters, cast, configure, type DType, mapTree, type Parameters, type Tensor } from '../lib'
import { decodeSafetensors } from '../lib/training'

const folder = join(__dirname, '../fixtures/golden')

/** The names of the network cases; `encoder-layer` is not one. */
export const goldenCases: readonly string[] = readdirSync(folder)
  .flatMap(file => /^(.*)\.safetensors$/.exec(file)?.[1] ?? [])
  .filter(name => name !== 'encoder-layer')

/** Tensors by their names. */
export type Named = ReadonlyMap<string, Tensor>

/** The tensors whose name begins with `prefix.`, by the rest of their name. */
export const under = (tensors: Named, prefix: string): Named =>
  new Map([...tensors].flatMap(([n, x]) => (n.startsWith(`${prefix}.`) ? [[n.slice(prefix.length + 1), x]] : [])))

/** A file's tensors, and a reader of its metadata, which is JSON. */
export const golden = (name: string) => {
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, `${name}.safetensors`)), name)
  return { tensors, json: (key: string): Record<string, number> => JSON.parse(metadata[key]!) }
}

/** A network case: its configuration, its batch and its parameters as a tree, in an element type. */
export const goldenNetwork = (name: string, dtype: DType) => {
  const { tensors, json } = golden(name)
  const config = configure(json('config'))
  const { rate, momentum, decay } = json('train')
  const given = (path: string): Tensor => cast(tensors.get(path)!, dtype)
  return {
    tensors,
    config,
    train: { rate: rate!, momentum: momentum!, decay: decay! },
    X: given('in.X'),
    labels: given('in.labels'),
    parameters: mapTree<Parameters>((_, __, path) => given(`param.${path}`), abstractParameters(config)),
  }
}
