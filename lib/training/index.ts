/** Training: losses, optimizers, schedules, the loop, checkpoints. */
export { type Accuracy, accuracyOf, confusion, ranking, topK } from './accuracy'
export { attentionMaps, computeMaps, mapBlock, type MapOf } from './attention-maps'
export { type Checkpoint, type ClipFormat, decodeCheckpoint, encodeCheckpoint } from './checkpoint'
export { clipByGlobalNorm, globalNorm } from './clipping'
export {
  type Experiment,
  type Measured,
  measuredSteps,
  type Measuring,
  runExperiment,
  stepsTo,
  type Task,
} from './experiment'
export { loadCheckpoint, loadSafetensors, saveCheckpoint, saveSafetensors } from './files'
export { type Progress, startState, train, type Training } from './loop'
export { crossEntropy } from './loss'
export { type AdamW, adamw, type Optimizer, type Sgd, sgd } from './optimizer'
export { networkModel } from './onnx'
export { type Classifier, classifiers, type Predict, predict, predictor } from './predict'
export { fromViT, type Pretrained, resizePosition } from './pretrained'
export { checkRecipe, digitsRecipe, optimizerOf, paperRecipe, type Recipe, scheduleOf, videoRecipe } from './recipe'
export { decodeSafetensors, encodeSafetensors, type Reading, type TensorFile, type Tensors } from './safetensors'
export { type Schedule, stepSchedule, warmupCosine } from './schedule'
export { deviationOf, holm, meanOf, MOST_PAIRS, shiftInterval, signFlipTest } from './statistics'
export { type Batch, lossOf, type State, type StepResult, trainingStep } from './step'
export { stepsPerEpoch, type VideoBatchOptions, videoBatches } from './video-batches'
export { meanScores, ranked, scoreVideos, together, type VideoScores, type Views, viewsOf } from './video-scores'
