/** What Node alone can do for training: checkpoints and other tensors in files. */
export { loadCheckpoint, loadSafetensors, saveCheckpoint, saveSafetensors } from './files'
