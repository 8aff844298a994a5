/** A function of tensors, compiled: what `trace`, an engine and its handles are for, in one call. */
import { isTensor, UserError } from '../tensor'
import { entries, leaves, rebuild, trace } from '../trace'
import type { Engine } from './engine'

/** A tree whose tensors stay where the engine keeps them, until it is released. */
export interface Held<T> {
  /** The part of the tree under a key; it is released with the whole. */
  readonly get: <K extends keyof T>(key: K) => Held<T[K]>
  /** The tree with ndarrays in it. */
  readonly download: () => Promise<T>
  /** Gives the memory back; the tree and its parts are used no more afterwards. */
  readonly release: () => void
}

/** Arguments of a compiled function: each as ndarrays, or held by the engine. */
export type Passed<A extends readonly unknown[]> = { readonly [I in keyof A]: A[I] | Held<A[I]> }

/** A compiled function. Called, it takes and gives ndarrays. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: Passed<A>): Promise<R>
  /** The same with the result left on the engine, as training keeps its parameters. */
  readonly hold: (...args: Passed<A>) => Promise<Held<R>>
  /** Brings a tree to the engine, for calls to come. */
  readonly upload: <T>(tree: T) => Held<T>
}

/** What a held tree is made of: its form, and a handle for every tensor. */
interface Content<H> {
  readonly like: unknown
  readonly handles: readonly H[]
}

const shown = (path: string | undefined): string =>
  path === undefined ? 'no more tensors' : path === '' ? 'a tensor' : `a tensor at '${path}'`

/** Traces a function on the shapes of its arguments and compiles it on an engine.
 *
 *      const step = await compile((w: Tensor, x: Tensor) => matmul(x, w), onnxEngine(), w, x)
 *      const y = await step(w, x)
 *
 *  @param f a function of trees (tensors in records and lists) that gives a tree; it is called once, with tracers
 *  @param examples arguments whose shapes and element type all later ones have
 *  @returns the compiled function; it throws ShapeError for tensors of other shapes or types, and UserError for a tree of
 *           another form or a held tree of another function, each by the argument's path */
export const compile = async <H, A extends readonly unknown[], R>(
  f: (...args: A) => R,
  engine: Engine<H>,
  ...examples: A
): Promise<Compiled<A, R>> => {
  const { graph, result } = trace(f, ...examples)
  const run = await engine.compile(graph)
  const contents = new WeakMap<object, Content<H>>()

  const held = <T>(like: T, handles: readonly H[]): Held<T> => {
    const tree: Held<T> = {
      get: key => {
        const before = entries(like).findIndex(
          ([path]) => path === `${String(key)}` || path.startsWith(`${String(key)}.`),
        )
        const part = (like as Record<PropertyKey, unknown>)[key] as T[typeof key]
        const count = leaves(part).length
        return held(part, count === 0 ? [] : handles.slice(before, before + count))
      },
      download: async () => rebuild(like, await Promise.all(handles.map(engine.download))),
      release: () => engine.release(handles),
    }
    contents.set(tree, { like, handles })
    return tree
  }
  const upload = <T>(tree: T): Held<T> => held(tree, leaves(tree).map(engine.upload))

  /** The handles of an argument, and which of them the call itself has made. */
  const handlesOf = (given: unknown, i: number): { readonly handles: readonly H[]; readonly ours: readonly H[] } => {
    const content = typeof given === 'object' && given !== null ? contents.get(given) : undefined
    if (!content && !isTensor(given) && typeof (given as Partial<Held<unknown>> | undefined)?.download === 'function')
      throw new UserError(`argument ${i + 1} must be held by this compiled function, got one that is not`)
    const paths = (tree: unknown): string[] => entries(tree).map(([path]) => path)
    const [expected, found] = [paths(examples[i]), paths(content ? content.like : given)]
    const missing = expected.find((path, j) => path !== found[j])
    const stray = found.find((path, j) => path !== expected[j])
    if (missing !== undefined || stray !== undefined)
      throw new UserError(`argument ${i + 1} must have ${shown(missing)}, got ${shown(stray)}`)
    if (content) return { handles: content.handles, ours: [] }
    const made = leaves(given).map(engine.upload)
    return { handles: made, ours: made }
  }

  const hold = async (...args: Passed<A>): Promise<Held<R>> => {
    if (args.length !== examples.length)
      throw new UserError(`the compiled function must be given ${examples.length} arguments, got ${args.length}`)
    const all = args.map(handlesOf)
    try {
      return held(result, await run(all.flatMap(({ handles }) => handles)))
    } finally {
      engine.release(all.flatMap(({ ours }) => ours))
    }
  }
  const call = async (...args: Passed<A>): Promise<R> => {
    const made = await hold(...args)
    try {
      return await made.download()
    } finally {
      made.release()
    }
  }
  return Object.assign(call, { hold, upload })
}
