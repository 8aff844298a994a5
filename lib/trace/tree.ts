/** Trees: tensors in nested records and lists, as parameters are. Other values in them (numbers, strings) are left alone. */
import { isTensor, must, type Tensor, UserError } from '../tensor'
import { anything, optional, strict, text } from '../tensor/given'
import { describe } from './checks'

/** A path in a tree, as checkpoints and error messages write it: `STB.1.W_Q`. */
const join = (path: string, key: string | number): string => (path ? `${path}.${key}` : `${key}`)

/** The branches of a node: its entries, or undefined for a tensor or any other value. */
const branches = (tree: unknown): [string, unknown][] | undefined =>
  typeof tree === 'object' && tree !== null && !isTensor(tree) && !ArrayBuffer.isView(tree)
    ? Object.entries(tree)
    : undefined

const below = (tree: unknown, path: string): [string, Tensor][] =>
  isTensor(tree) ? [[path, tree]] : (branches(tree)?.flatMap(([k, v]) => below(v, join(path, k))) ?? [])

/** Every tensor with its path, in the order of the keys. */
export const entries = strict('entries', { tree: anything, path: optional(text) }, (tree: unknown, path = '') =>
  below(tree, path),
)

/** Every tensor, in the order of the keys. */
export const leaves = strict('leaves', (tree: unknown): Tensor[] => below(tree, '').map(([, x]) => x))

/** A tree of the same form with every tensor replaced.
 *  Further trees are walked along by the same keys. Throws UserError where one lacks a tensor that the first has. */
export const mapTree = <T>(
  f: (x: Tensor, others: Tensor[], path: string) => Tensor,
  tree: T,
  ...others: readonly T[]
): T => {
  const walk = (node: unknown, beside: readonly unknown[], path: string): unknown => {
    if (isTensor(node)) {
      const lacking = beside.findIndex(o => !isTensor(o))
      if (lacking >= 0)
        throw new UserError(
          `tree ${lacking + 2} must have a tensor at '${path}', as tree 1 has, got ${describe(beside[lacking])}`,
        )
      return f(node, beside as Tensor[], path)
    }
    const below = branches(node)
    if (!below) return node
    const step = ([k, v]: [string, unknown]): unknown =>
      walk(
        v,
        beside.map(o => (o as Record<string, unknown> | undefined)?.[k]),
        join(path, k),
      )
    return Array.isArray(node) ? below.map(step) : Object.fromEntries(below.map(e => [e[0], step(e)]))
  }
  must('mapTree: f', 'a function', f, typeof f === 'function')
  return walk(tree, others, '') as T
}

/** A tree in two of the same form: the tensors whose path is chosen, and the others. Each has null in the places of the other's,
 *  so that it has only its own `entries`. */
export const parted = <T>(isChosen: (path: string) => boolean, tree: T): readonly [chosen: T, others: T] => {
  const only = (chosen: boolean): T => mapTree((x, _, path) => (isChosen(path) === chosen ? x : (null as never)), tree)
  return [only(true), only(false)]
}

/** Two trees of the same form as one: the tensors of the second in the places where the first has null. */
export const joined = <T>(tree: T, other: T): T => {
  if (tree === null) return other
  const below = branches(tree)
  if (!below) return tree
  const step = ([k, v]: [string, unknown]): unknown => joined(v, (other as Record<string, unknown>)[k])
  return (Array.isArray(tree) ? below.map(step) : Object.fromEntries(below.map(e => [e[0], step(e)]))) as T
}

/** A tree of the same form with the given tensors in it, in the order of `leaves`. */
export const rebuild = <T>(like: T, tensors: readonly Tensor[]): T => {
  let next = 0
  return mapTree(() => tensors[next++]!, like)
}
