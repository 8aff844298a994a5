/** The one file that the figures compute with: the trained network, clips that it has not seen, and the pairs of the study. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { everything } from '../../lib/ablation/tables'
import { gainsOf } from '../../lib/ablation/summary'
import { parseRuns, reportOf } from '../../lib/ablation/write'
import { decodeSafetensors, encodeSafetensors } from '../../lib/training'
import { digitsInMotion } from '../../lib/video'
import { readDigits } from '../../lib/video/node'
import { root } from '../generator/source'

/** The seed that makes a clip of each class; no network was trained on its digits. */
const SEED = 20233

export const modelFile = (): Uint8Array => {
  const path = join(root, 'fixtures/network/digits.safetensors')
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path)
  const { X } = digitsInMotion(SEED, { clips: 8, digits: readDigits().test })
  const results = parseRuns(readFileSync(join(root, 'docs/ablations/runs.jsonl'), 'utf8'))
  const about = { command: '', machine: '', engine: '', heldOut: 1000, missing: 0 }
  const { study } = reportOf({ ablation: everything, results, ...about })
  const gains = gainsOf(study).map(({ label, mean, interval, differences, outcome, table: { title } }) => ({
    label,
    mean,
    interval,
    differences,
    outcome,
    table: { title },
  }))
  return encodeSafetensors({
    tensors: new Map([...tensors, ['clips', X]]),
    metadata: { ...metadata, gains: JSON.stringify(gains) },
  })
}
