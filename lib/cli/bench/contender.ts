/** What stands in a benchmark: something that is asked for runs. */
import type { RunFigures } from '../../engines'

/** What is timed; forward passes come first, since a step moves the weights. */
export const WHAT = ['forward', 'step'] as const
export type What = (typeof WHAT)[number]

/** The most memory that this process has held so far; a page is not told. */
export const peakMiB = (): number | undefined => {
  const { process } = globalThis as { process?: Partial<NodeJS.Process> }
  const used = process?.resourceUsage?.()
  return used && used.maxRSS / 1024
}

export interface Runs {
  /** Milliseconds of each run. */
  readonly ms: readonly number[]
  /** The loss that each found. */
  readonly losses: readonly number[]
  /** The most memory that its process has held so far. */
  readonly peakMiB?: number | undefined
  /** What a run is made of, where an engine counts it. */
  readonly figures?: RunFigures | undefined
}

/** What a library computes products with, and whether that is made for this processor. */
export interface Blas {
  readonly name: string
  readonly tuned: boolean
}

export interface Contender {
  readonly name: string
  /** Where it has said so. */
  readonly blas?: Blas | undefined
  /** What it can do. */
  readonly what: readonly What[]
  readonly run: (what: What, count: number) => Promise<Runs>
  readonly close: () => Promise<void>
}
