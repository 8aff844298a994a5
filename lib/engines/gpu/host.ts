/** What the engine runs on: a browser, or Node. */
import { builtin } from '../../tensor/host'

export { builtin } from '../../tensor/host'

/** Threads that run at once here. */
export const threads = (): number =>
  builtin('node:os')?.cpus().length ??
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1
