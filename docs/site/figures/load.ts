/** The model of the figures from the bytes of its file. */
import { UserError } from '../../../lib/tensor'
import { mapTree } from '../../../lib/trace'
import { abstractParameters, configure } from '../../../lib/paper'
import { decodeSafetensors } from '../../../lib/training/safetensors'
import type { Model } from './figure'

/** Throws UserError that names what is missing. */
export const loadModel = (bytes: Uint8Array, file = 'the checkpoint'): Model => {
  const { tensors, metadata } = decodeSafetensors(bytes, file)
  const config = configure(JSON.parse(metadata['config'] ?? '{}') as object)
  const take = (name: string) => {
    const found = tensors.get(name)
    if (!found) throw new UserError(`${file} must hold '${name}', got none`)
    return found
  }
  return {
    config,
    parameters: mapTree((_x, _rest, path) => take(path), abstractParameters(config)),
    clips: take('clips') as Model['clips'],
    gains: JSON.parse(metadata['gains'] ?? '[]') as Model['gains'],
  }
}
