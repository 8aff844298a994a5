/** The golden cases of fixtures/systems: what an independent PyTorch model of each system computed, in float64. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from '../../lib'
import {
  type Make,
  timeSformer,
  type TimeSformerConfig,
  timeSformerParameters,
  viViT,
  type ViViTConfig,
  viViTParameters,
  vtn,
  type VtnConfig,
  vtnParameters,
} from '../../lib/systems'
import { decodeSafetensors } from '../../lib/training'

const folder = join(__dirname, '../../fixtures/systems')
/** Their names. */
export const systemCases = readdirSync(folder).flatMap(file => /^(.*)\.safetensors$/.exec(file)?.[1] ?? [])

/** A system at a configuration: its parameters as a tree, and its logits. */
export const systemOf = (name: string, config: object) => {
  const of = <C, P>(parameters: (c: C, make: Make) => P, logits: (c: C, p: P, X: Tensor) => Tensor) => ({
    parameters: (make: Make): unknown => parameters(config as C, make),
    logits: (p: unknown, X: Tensor): Tensor => logits(config as C, p as P, X),
  })
  if (name === 'timesformer')
    return of<TimeSformerConfig, ReturnType<typeof timeSformerParameters>>(timeSformerParameters, timeSformer)
  if (name === 'vivit') return of<ViViTConfig, ReturnType<typeof viViTParameters>>(viViTParameters, viViT)
  return of<VtnConfig, ReturnType<typeof vtnParameters>>(vtnParameters, vtn)
}
/** A case: its tensors, its system and its configuration. */
export const goldenSystem = (name: string) => {
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, `${name}.safetensors`)), name)
  return { tensors, name: metadata['system']!, config: JSON.parse(metadata['config']!) as TimeSformerConfig }
}
