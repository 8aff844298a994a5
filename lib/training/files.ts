/** Checkpoints and other tensors in files. */
import { optional, record, strict, text } from '../tensor/given'
import { checkpoint, tensors } from './kinds'
import { type Checkpoint, checkpointFrom, checkpointTensors } from './checkpoint'
import { reading, save } from '../disk'
import { type Reading, readSafetensors, safetensorsChunks, type TensorFile, type Tensors } from './safetensors'

/** Saves tensors in one move: the file is there as a whole, or as it was before.
 *  Throws UserError where the system refuses. */
export const saveSafetensors = strict(
  'saveSafetensors',
  { path: text, file: tensors },
  (path: string, file: Tensors): void => save(path, safetensorsChunks(file)),
)

/** Reads a file's tensors. Throws UserError as `readSafetensors`, and where the file cannot be read. */
export const loadSafetensors = strict(
  'loadSafetensors',
  { path: text, options: optional(record) },
  (path: string, options?: Reading): TensorFile => reading(path, source => readSafetensors(source, path, options)),
)

/** Saves a checkpoint, as `saveSafetensors` does. */
export const saveCheckpoint = strict(
  'saveCheckpoint',
  { path: text, checkpoint },
  (path: string, checkpoint: Checkpoint): void => saveSafetensors(path, checkpointTensors(checkpoint)),
)

/** Reads a checkpoint. Throws UserError that names the file and what is wrong with it. */
export const loadCheckpoint = strict('loadCheckpoint', { path: text }, (path: string): Checkpoint =>
  checkpointFrom(loadSafetensors(path), path),
)
