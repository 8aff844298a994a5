/** What benchmarks compute with: the same numbers for everybody. */
import { type Config, initialParameters } from '../../paper'
import { over, randomStream, storage, truncatedNormal } from '../../tensor'
import type { Batch } from '../../training'
import type { Case } from './ours'

export const TRAIN = { rate: 0.02, momentum: 0.9, decay: 1e-4 }

/** Normal clips, and labels in turn. */
export const batchOf = ({ channels, frames, height, width, classes }: Config, B: number): Batch => ({
  X: truncatedNormal(randomStream(1, 'clips'), [B, channels, frames, height, width], 1, 'float32'),
  labels: over(
    storage(B, 'float32').map((_, i) => i % classes),
    [B],
  ),
})

/** Weights in which scores cross from the start, clips and steps. */
export const testOf = (config: Config, B: number): Omit<Case, 'what'> => ({
  config,
  parameters: initialParameters(config, 1, { alpha: 0.1 }),
  batch: batchOf(config, B),
  train: TRAIN,
})
