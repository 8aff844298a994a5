/** Where the engine runs: a browser, or Node. Node's own modules are asked for by name, so that a bundler for browsers finds
 *  nothing of Node. */
import type * as fs from 'node:fs'
import type * as os from 'node:os'
import type * as workers from 'node:worker_threads'

interface Builtins {
  readonly 'node:fs': typeof fs
  readonly 'node:os': typeof os
  readonly 'node:worker_threads': typeof workers
}
/** A module of Node's own, or undefined where there is no Node. */
export const builtin = <K extends keyof Builtins>(name: K): Builtins[K] | undefined =>
  (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.(name)

/** Threads that run at once here. */
export const threads = (): number =>
  builtin('node:os')?.cpus().length ??
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1
