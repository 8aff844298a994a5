/** Digits in motion as what a run learns. */
import { INTERIM_CLIPS } from '../../training/accuracy'
import type { Engine } from '../../engines'
import type { Batch, Checkpoint } from '../../training'
import { classNames } from '../../video/digits-in-motion'
import { type Batches, openBatches } from './batches'
import { heldOutClips, packagedDigits } from './clips'
import { contactSheet } from '../pictures/contact-sheet'
import { evaluate } from './evaluation'
import { FILES } from './folder'
import type { Task } from './training'

/** Steps between checkpoints, and between measurements on held-out clips. */
const EVERY = 50
/** @param clips how many held-out clips the result is measured with */
export const digitsTask = (
  engine: Engine,
  { config, recipe, seed }: Checkpoint,
  name: string,
  clips: number,
  every = EVERY,
): Task => {
  const digits = packagedDigits()
  let batches: Batches | undefined
  const made = new Map<number, Batch>()
  const heldOut = (count: number): Batch => {
    const batch = made.get(count) ?? heldOutClips(config, count, digits)
    made.set(count, batch)
    return batch
  }
  return {
    title: 'digits in motion',
    heldOut: 'clips of digits it has never seen',
    classNames,
    batch: step => (batches ??= openBatches({ config, batch: recipe.batch, seed }, recipe.steps)).batch(step),
    measure: (parameters, which, onChunk) => {
      const count = which === 'few' ? INTERIM_CLIPS : clips
      onChunk(0, count)
      return evaluate(engine, config, parameters, heldOut(count), done => onChunk(done, count))
    },
    every,
    pictures: ({ predictions, labels }) => ({
      [FILES.clips]: contactSheet({ title: name, X: heldOut(clips).X, labels, predictions, classNames }),
    }),
    remarks: () => [],
    close: async () => batches?.close(),
  }
}
