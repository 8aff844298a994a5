/** What runs graphs. */
export type { Engine, Executable } from './engine'
export { ndarrayEngine } from './ndarray'
