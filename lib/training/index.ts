/** Training: losses, optimizers, schedules, the loop, checkpoints. */
export { type Accuracy, accuracyOf, confusion, ranked, ranking, topK } from './accuracy'
export { attentionMaps, checkMap, computeMaps, mapBlock, type MapOf } from './attention-maps'
export { type Checkpoint, checkpointFrom, type ClipFormat, decodeCheckpoint, encodeCheckpoint } from './checkpoint'
export { clipByGlobalNorm, globalNorm } from './clipping'
export { DivergedError } from './finite'
export { checkLabels } from './labels'
export { type Progress, startState, train, type Training } from './loop'
export { type Cut, cutOf } from './cut'
export { checkFreeze, namedBy, trainedOf } from './freeze'
export { averaged, type Averaged, weightsOf } from './average'
export { branchBlocks, branchFactors, withBranchFactors } from './drop-path'
export { layered } from './layer-decay'
export { crossEntropy, targetCrossEntropy } from './loss'
export { type AdamW, adamw, type Optimizer, type Rate, type Sgd, sgd } from './optimizer'
export { blockOf, type Fit, fitOf, fitsIn } from './fit'
export { fusedBlocks } from './fused-blocks'
export { stepMemory, type StepMemory } from './memory'
export { type Draw, keptOf, noiseOf } from './draws'
export { type Minimised, minimise, type Minimising } from './minimise'
export { networkModel } from './onnx'
export { type Classifier, classifiers, type Predict, predict, predictor } from './predict'
export { fromCheckpoint } from './own-weights'
export { fromViT, type Pretrained } from './pretrained'
export { fromPublished } from './published'
export { type PublishedNetwork, publishedNetwork, type PublishedSystem } from './published-config'
export { resizeFrames, type Resizing, resizePosition } from './resizing'
export { checkRecipe, digitsRecipe, optimizerOf, paperRecipe, type Recipe, scheduleOf, videoRecipe } from './recipe'
export { decodeSafetensors, encodeSafetensors, type Reading, type TensorFile, type Tensors } from './safetensors'
export { type Schedule, type Steps, stepSchedule, warmupCosine } from './schedule'
export { type CompiledStep, compileStep, partsOf, type StepOptions } from './parts'
export {
  type Batch,
  type DeadWork,
  gradientOf,
  type Logits,
  lossOf,
  type Remaining,
  type State,
  type StepResult,
  trainingStep,
  updateBy,
} from './step'
export { mixedPairs, mixingOf, prepared, type Targets, targetsOf } from './targets'
export { stepsPerEpoch, type VideoBatchOptions, videoBatches } from './video-batches'
export { meanScores, type Rows, scoreVideos, together, type VideoScores, type Views, viewsOf } from './video-scores'
