/** What a peer in JavaScript computes: the weights, clips and labels that cstransformer wrote for it. */
import { tensorsOf } from './safetensors.mjs'

/** @param peer who asks, for the error where it does not know the network
 *  @param parameters the bytes of a file, as are those of the batch */
export const caseOf = (peer, parameters, batch) => {
  const { tensors, metadata } = tensorsOf(parameters)
  const config = JSON.parse(metadata.config)
  const whole = ['cssa', 'fam', 'spatialPosition', 'temporalPosition'].every(part => config[part])
  if (!whole || config.scores !== 'raw' || config.aggregation !== 'network' || config.pool !== 'class')
    throw new Error(`${peer} knows the network with all its parts, raw scores, one FAM, and class tokens in the head`)
  const weights = Object.entries(tensors).filter(([name]) => !name.startsWith('optimizer.'))
  const { X, labels } = tensorsOf(batch).tensors
  const { channels, frames: T, height, width, patch: M, dim: C, heads: h, STB, TTB, classes } = config
  const [B, rows, columns] = [X.shape[0], height / M, width / M]
  return { B, channels, T, rows, columns, P: rows * columns, M, C, h, d: C / h, STB, TTB, classes, weights, X, labels }
}

/** ε of every layer norm. */
export const EPSILON = 1e-6
