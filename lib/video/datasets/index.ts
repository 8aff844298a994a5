/** Videos and their classes: folders, lists, tables and annotations, in the forms in which datasets come. */
export { type Dataset, describeProblems, type LabelledVideo, type TimeSpan, type VideoProblem } from './dataset'
export type { ListOptions } from './entries'
export type { SplitFolders } from './folder'
export { videoExtensions } from './kinds'
export { openDataset, splitsOf } from './open'
export { contentOf, copiesIn, type FileFacts, type FileIndex, readIndex, refreshed, saveIndex } from './file-index'
export { apartFrom, type Copies, heldOutSplit, type HeldOutSplit, mixed } from './held-out'
