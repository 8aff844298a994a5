/** A graph as a list of kernels: chains of elementwise operations and views become one, the rest is stored once. */
import { flat, type Shape, sizeOf, type Tensor } from '../../../tensor'
import type { EachKernel, Fold, Graph, OperationNode } from '../../../trace'
import { repeatedly } from '../../../primitives/support/strided'
import { arraysOf, contiguous, type Expression, type Read, viewed, whole } from './expression'
import { foldSource, joinSource, mapSource, type Source } from './source'
import { dealt, mentions, replaced, spread, transposed } from './views'
import { divisors } from './axes'

/** A kernel of a plan: which arrays it reads, which one it writes, and which are read no more after it. */
export interface Step extends Source {
  readonly writes: number
  readonly frees: readonly number[]
  /** What it computes, for people. */
  readonly title: string
}
/** Arrays have numbers: those of the inputs come first, in order. */
export interface Plan {
  readonly constants: ReadonlyMap<number, Tensor>
  readonly steps: readonly Step[]
  readonly outputs: readonly { readonly array: number; readonly shape: Shape }[]
  /** The elements of every array. */
  readonly sizes: readonly number[]
}

/** A plan that is ready to run: a function from the arrays that it is given, by number, to those of its outputs. */
export type Execute<A> = (given: ReadonlyMap<number, A>) => Promise<ReadonlyMap<number, A>>

/** The most arrays that a kernel reads: WebGPU promises eight storage buffers, and one is the result. */
const MOST_ARRAYS = 7
/** Folds of more elements than this into few results go in two stages, for threads to share them. */
const LONG = 1024
const FEW = 4096

/** A plan in the making. */
class Planner {
  readonly sizes: number[] = []
  readonly constants = new Map<number, Tensor>()
  readonly steps: Omit<Step, 'frees'>[] = []
  private title = ''

  array(size: number): number {
    return this.sizes.push(size) - 1
  }
  constant(x: Tensor): Expression {
    const [first, ...rest] = flat(x)
    if (Number.isFinite(first) && rest.every(v => v === first)) return { kind: 'literal', value: first! }
    const array = this.array(sizeOf(x.shape))
    this.constants.set(array, x)
    return whole(array, x.shape)
  }
  private push(source: Source, shape: Shape): Expression {
    const writes = this.array(sizeOf(shape))
    this.steps.push({ ...source, writes, title: this.title })
    return whole(writes, shape)
  }
  private copy(e: Expression, shape: Shape): Expression {
    return this.push(mapSource(e, shape), shape)
  }
  /** The expression as an array's elements, in whichever order they lie. */
  store(e: Expression, shape: Shape): Expression {
    return e.kind === 'read' ? e : this.copy(e, shape)
  }
  /** An array that holds the expression's elements in row-major order and nothing else. */
  output(e: Expression, shape: Shape): number {
    const whole_ = contiguous(shape)
    const asIs =
      e.kind === 'read' &&
      e.at.offset === 0 &&
      this.sizes[e.array] === sizeOf(shape) &&
      e.at.stride.every((s, i) => shape[i] === 1 || s === whole_.stride[i])
    const stored = asIs ? e : this.copy(e, shape)
    return arraysOf(stored)[0]!
  }
  /** The expression repeated to a shape. What is computed is computed once, not for every repeat. */
  private repeat(e: Expression, from: Shape, shape: Shape): Expression {
    const once = sizeOf(from) === sizeOf(shape) ? e : e.kind === 'each' ? this.store(e, from) : e
    return viewed(once, x => repeatedly(x, shape))!
  }
  /** An operation of expressions of one shape; those of the most arrays are stored until few enough are read. */
  private each(code: EachKernel, operands: readonly Expression[], shape: Shape): Expression {
    if (code.each === 'x0') return operands[0]!
    const source = [code.each, ...Object.values(code.where ?? {})].join()
    const of = operands.map((e, i): Expression => (mentions(source, `x${i}`) ? e : { kind: 'literal', value: 0 }))
    if (arraysOf(...of).length <= MOST_ARRAYS) return { kind: 'each', code, of }
    const most = Math.max(...of.map(e => arraysOf(e).length))
    const largest = of.findIndex(e => arraysOf(e).length === most)
    return this.each(
      code,
      of.map((e, i) => (i === largest ? this.store(e, shape) : e)),
      shape,
    )
  }
  private fold(e: Expression, shape: Shape, axes: readonly number[], fold: Fold): Expression {
    const result = shape.map((n, i) => (axes.includes(i) ? 1 : n))
    const count = sizeOf(axes.map(a => shape[a]!))
    const axis = axes.reduce((a, b) => (shape[b]! > shape[a]! ? b : a), axes[0] ?? 0)
    if (count < LONG || sizeOf(result) > FEW) return this.push(foldSource(e, shape, axes, fold), result)
    const length = shape[axis]!
    const even = Math.max(...divisors(length).filter(d => d * d <= count && d < length))
    // Of prime or nearly prime length: some elements are left over, and taken one by one in the end.
    const parts = 16 * even * even < length ? Math.floor(Math.sqrt(length)) : even
    const rest = length % parts
    if (parts < 8) return this.push(foldSource(e, shape, axes, fold), result)
    const split = dealt(contiguous(shape), axis, parts).shape
    const inParts = viewed(e, x => dealt(x, axis, parts))!
    const { start, step, end = 's' } = fold
    const first = axes.map(a => (a > axis ? a + 1 : a))
    const partial = split.map((n, i) => (first.includes(i) ? 1 : n))
    const sums = this.push(foldSource(inParts, split, first, { start, step }), partial)
    const total = { start, step, end: end.replace(/\bn\b/g, `${count}.0`) }
    if (rest === 0) return this.push(foldSource(sums, partial, [axis + 1], total), result)
    const left = replaced(shape, axis, rest)
    const tail = viewed(e, x => ({ ...x, shape: left, offset: x.offset + (length - rest) * x.stride[axis]! }))!
    const others = axes.filter(a => a !== axis)
    const folded = others.length === 0 ? tail : this.push(foldSource(tail, left, others, { start, step }), replaced(result, axis, rest)) // prettier-ignore
    const all = replaced(result, axis, parts + rest)
    const inRow = viewed(sums, x => ({ ...x, shape: replaced(result, axis, parts), stride: x.stride.filter((_, i) => i !== axis) }))! // prettier-ignore
    const joined = this.join([inRow, folded], [replaced(result, axis, parts), replaced(result, axis, rest)], all, axis)
    return this.push(foldSource(joined, all, [axis], total), result)
  }
  private rows(code: EachKernel, operands: readonly Expression[], shape: Shape): Expression {
    const axis = shape.length - 1
    const once = replaced(shape, axis, 1)
    const used = (i: number): boolean => Object.values(code.rows!).some(f => mentions(f.of ?? 'x0', `x${i}`))
    let of = operands.map((e, i) => (used(i) ? this.store(e, shape) : e))
    const names: string[] = []
    // A name of a row stands for the next operand.
    const renamed = (source: string): string =>
      names.reduce((text, name, i) => text.replace(new RegExp(`\\b${name}\\b`, 'g'), `x${operands.length + i}`), source)
    for (const [name, fold] of Object.entries(code.rows!)) {
      const row = this.fold(this.each({ each: renamed(fold.of ?? 'x0') }, of, shape), shape, [axis], fold)
      of = [...of, this.repeat(row, once, shape)]
      names.push(name)
    }
    return this.each({ each: renamed(code.each) }, of, shape)
  }
  private product(fold: Fold, [a, b]: readonly Expression[], [A, B]: readonly Shape[], shape: Shape): Expression {
    const [m, n, k] = [shape.at(-2)!, shape.at(-1)!, A!.at(-1)!]
    const space = [...shape.slice(0, -2), m, n, k]
    // Both as [..., M, N, K]: what a thread of a result's element walks along comes last.
    const across = (e: Expression): Read =>
      viewed(e, x => repeatedly(spread(transposed(x), B!.length - 2), space)) as Read
    const left = viewed(this.store(a!, A!), x => repeatedly(spread(x, A!.length - 1), space)) as Read
    const right = across(this.store(b!, B!))
    const e = this.each({ each: fold.of ?? 'x0' }, [left, right], space)
    const source = foldSource(e, space, [space.length - 1], fold)
    return this.push({ ...source, work: { kind: 'product', space, left, right } }, shape)
  }
  private join(parts: readonly Expression[], shapes: readonly Shape[], shape: Shape, axis: number): Expression {
    const sizes = shapes.map(s => s[axis]!)
    const fits = arraysOf(...parts).length <= MOST_ARRAYS
    const stored = fits ? parts : parts.map((e, i) => (e.kind === 'each' ? this.store(e, shapes[i]!) : e))
    if (arraysOf(...stored).length <= MOST_ARRAYS)
      return this.push(
        joinSource(
          stored.map((value, i) => ({ value, size: sizes[i]! })),
          shape,
          axis,
        ),
        shape,
      )
    const half = Math.ceil(parts.length / 2)
    const halves = [[0, half] as const, [half, parts.length] as const].map(([from, to]) => {
      const size = sizes.slice(from, to).reduce((p, q) => p + q)
      const part = replaced(shape, axis, size)
      return { shape: part, value: this.join(stored.slice(from, to), shapes.slice(from, to), part, axis) }
    })
    return this.join(
      halves.map(h => h.value),
      halves.map(h => h.shape),
      shape,
      axis,
    )
  }
  operation(
    { primitive, params, shape, scope }: OperationNode,
    of: readonly Expression[],
    shapes: readonly Shape[],
  ): Expression {
    const kernel = primitive.kernel(params)
    this.title = [primitive.name, ...scope.slice(-1)].join(' in ')
    if ('view' in kernel) return viewed(of[0]!, kernel.view) ?? viewed(this.copy(of[0]!, shapes[0]!), kernel.view)!
    if ('fold' in kernel) {
      const code = kernel.fold.of
      return this.fold(code ? this.each({ each: code }, of, shapes[0]!) : of[0]!, shapes[0]!, kernel.axes, kernel.fold)
    }
    if ('product' in kernel) return this.product(kernel.product, of, shapes, shape)
    if ('join' in kernel) return this.join(of, shapes, shape, kernel.join)
    const repeated = of.map((e, i) => this.repeat(e, shapes[i]!, shape))
    return kernel.rows ? this.rows(kernel, repeated, shape) : this.each(kernel, repeated, shape)
  }
}

/** The kernels of a graph. A result that several operations read, or that is an output, is stored once. */
export const planOf = ({ nodes, outputs }: Graph): Plan => {
  const planner = new Planner()
  const readers = nodes.map(() => 0)
  for (const n of nodes) if (n.kind === 'operation') for (const j of new Set(n.operands)) readers[j]!++
  for (const o of outputs) readers[o]!++

  // Inputs come first, wherever they are in the graph.
  const inputs = new Map(nodes.flatMap((n, i) => (n.kind === 'input' ? [[i, planner.array(sizeOf(n.shape))]] : [])))
  const values: Expression[] = []
  nodes.forEach((n, i) => {
    if (n.kind === 'input') values.push(whole(inputs.get(i)!, n.shape))
    else if (n.kind === 'constant') values.push(planner.constant(n.value))
    else {
      const [of, shapes] = [n.operands.map(j => values[j]!), n.operands.map(j => nodes[j]!.shape)]
      const value = planner.operation(n, of, shapes)
      values.push(readers[i]! > 1 && value.kind === 'each' ? planner.store(value, n.shape) : value)
    }
  })
  const made = outputs.map(o => ({ array: planner.output(values[o]!, nodes[o]!.shape), shape: nodes[o]!.shape }))

  const last = new Map<number, number>()
  planner.steps.forEach(({ reads, writes }, i) => [...reads, writes].forEach(a => last.set(a, i)))
  const kept = new Set([...inputs.values(), ...planner.constants.keys(), ...made.map(o => o.array)])
  const steps = planner.steps.map((step, i): Step => ({
    ...step,
    frees: [...step.reads, step.writes].filter(a => last.get(a) === i && !kept.has(a)),
  }))
  return { constants: planner.constants, steps, outputs: made, sizes: planner.sizes }
}
