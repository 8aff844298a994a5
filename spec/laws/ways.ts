/** Every way to compute a function: at once, and from its graph on every engine. */
import type { DType } from '../../lib/tensor'
import { leaves, rebuild, trace } from '../../lib/trace'
import { engines } from './engines'

type Pure<A extends readonly unknown[], R> = (...args: A) => R

export interface Way {
  readonly name: string
  readonly dtypes: readonly DType[]
  /** Of what is tried on every engine, the share that is tried on this one. */
  readonly share: number
  /** Why it cannot be tried here, where it cannot. */
  readonly skip?: string | undefined
  /** Prepares a function of trees of tensors for arguments of these sizes, to call it any number of times. */
  readonly using: <A extends readonly unknown[], R, S>(
    f: Pure<A, R>,
    args: A,
    use: (call: Pure<A, Promise<R>>) => Promise<S>,
  ) => Promise<S>
}

const DTYPES = ['float64', 'float32'] as const

export const ways: readonly Way[] = [
  { name: 'eagerly', dtypes: DTYPES, share: 1, using: (f, _, use) => use(async (...args) => f(...args)) },
  ...engines.map((engine): Way => ({
    name: `as a graph on ${engine.name}`,
    dtypes: DTYPES.filter(d => engine.tolerance[d] !== undefined && engine.lacks?.('network', d) === undefined),
    share: engine.share,
    skip: engine.skip,
    using: (f, sample, use) => {
      const { graph, result } = trace(f, ...sample)
      return engine.using(graph, run => use(async (...args) => rebuild(result, await run(leaves(args)))))
    },
  })),
]

/** A function's result, computed in one of these ways. */
export const compute = <A extends readonly unknown[], R>(way: Way, f: Pure<A, R>, ...args: A): Promise<R> =>
  way.using(f, args, call => call(...args))
