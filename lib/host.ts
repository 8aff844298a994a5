/** Where the library runs: a browser, or Node. Node's own modules are asked for by name, so that a bundler for browsers finds
 *  nothing of Node. */
import type * as fs from 'node:fs'
import type * as files from 'node:fs/promises'
import type * as os from 'node:os'
import type * as util from 'node:util'
import type * as v8 from 'node:v8'
import type * as workers from 'node:worker_threads'

interface Builtins {
  readonly 'node:fs': typeof fs
  readonly 'node:fs/promises': typeof files
  readonly 'node:os': typeof os
  readonly 'node:util': typeof util
  readonly 'node:v8': typeof v8
  readonly 'node:worker_threads': typeof workers
}
/** A module of Node's own, or undefined where there is no Node. */
export const builtin = <K extends keyof Builtins>(name: K): Builtins[K] | undefined =>
  (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.(name)
