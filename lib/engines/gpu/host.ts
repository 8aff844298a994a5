/** What the engine runs on: a browser, or Node. */
import { builtin } from '../../host'

export { builtin } from '../../host'

/** Threads that run at once here. */
export const threads = (): number =>
  builtin('node:os')?.cpus().length ??
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1
