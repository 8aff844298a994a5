/** Where clips come from: videos, still pictures and digits, the task that is made of them, and pictures written. Nothing of it
 *  needs Node; what works with files, folders and processes is in `cstransformer/video/node`. */
export * from './png'
export * from './apng'
export * from './digits'
export type { Difficulty } from './difficulty'
export * from './digits-in-motion'
export * from './sampling'
export * from './crop'
export * from './resize'
export * from './decode'
export * from './clip'
