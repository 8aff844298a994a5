/** Every way to compute a function: at once, and from its graph on every engine. */
import type { DType } from '../../lib/tensor'
import { leaves, rebuild, trace } from '../../lib/trace'
import { engines } from './engines'

export interface Way {
  readonly name: string
  readonly dtypes: readonly DType[]
  /** The function's result, a tree of tensors, for arguments that are trees of tensors. */
  readonly compute: <A extends readonly unknown[], R>(f: (...args: A) => R, ...args: A) => Promise<R>
}

const DTYPES = ['float64', 'float32'] as const

export const ways: readonly Way[] = [
  { name: 'eagerly', dtypes: DTYPES, compute: async (f, ...args) => f(...args) },
  ...engines.map(({ name, tolerance, run }): Way => ({
    name: `as a graph on ${name}`,
    dtypes: DTYPES.filter(d => tolerance[d] !== undefined),
    compute: async (f, ...args) => {
      const { graph, result } = trace(f, ...args)
      return rebuild(result, await run(graph, leaves(args)))
    },
  })),
]
