/** Every reader of what training saves, on files that are damaged in every way: see spec/laws/bytes.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configure, fromArray, initialParameters } from '../../lib'
import {
  decodeCheckpoint,
  decodeSafetensors,
  digitsRecipe,
  encodeCheckpoint,
  encodeSafetensors,
  startState,
} from '../../lib/training'
import type { Tensor } from '../../lib/tensor'
import { readMetrics } from '../../lib/training/metrics'
import { readsOrRefuses } from '../laws/bytes'

describe('Damaged bytes are read, or refused in one line, by the reader of', () => {
  it('tensors', () => {
    const tensors = new Map<string, Tensor>([
      ['x', fromArray([1, 2, 3, 4, 5, 6], [2, 3])],
      ['y', fromArray([7, 8], [2], 'float64')],
    ])
    const file = encodeSafetensors({ tensors, metadata: { of: 'a test' } })
    return readsOrRefuses(['x'], [file], bytes => decodeSafetensors(bytes, 'x'), 500)
  })

  it('checkpoints', () => {
    const sizes = {
      channels: 1,
      frames: 2,
      height: 4,
      width: 4,
      patch: 2,
      dim: 4,
      heads: 2,
      STB: 1,
      TTB: 1,
      classes: 3,
    }
    const config = configure(sizes)
    const state = startState(digitsRecipe, initialParameters(config, 5))
    const clips = { classes: ['a', 'b', 'c'], stride: 8, fps: 30, shortSide: 4, mean: [0.5], deviation: 0.25 }
    const files = [{}, { clips }].map(more =>
      encodeCheckpoint({ config, recipe: digitsRecipe, seed: 5, step: 7, state, ...more }),
    )
    return readsOrRefuses(['x'], files, bytes => decodeCheckpoint(bytes, 'x'), 400)
  })

  it('metrics, of which whole lines are read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
    const path = join(folder, 'metrics.jsonl')
    const lines = [1, 2, 3].map(step => `${JSON.stringify({ step, loss: 1.5, accuracy: 0.5 })}\n`).join('')
    await readsOrRefuses(
      [path],
      [new TextEncoder().encode(lines)],
      bytes => {
        writeFileSync(path, bytes)
        return readMetrics(path)
      },
      200,
    )
    rmSync(folder, { recursive: true })
  })
})
