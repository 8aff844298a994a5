/** What Node alone can do for training: checkpoints, other tensors and features of clips in files. */
export { featureBytes, type FeatureCache, type Features, openFeatureCache } from './feature-cache'
export { featureReader, type FeatureSource, madeBy } from './feature-reader'
export { loadCheckpoint, loadSafetensors, saveCheckpoint, saveSafetensors } from './files'
