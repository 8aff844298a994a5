/** Solving a signature: the size of every label from the shapes of the arguments, or a message that says which clash. */
import { ShapeError } from './errors'
import { type Dim, dimLabels, showDim, showTensor } from './dims'
import type { Shape } from './tensor'

/** A tensor of a call beside its place in the signature. */
export interface Given {
  readonly name: string
  readonly dims: readonly Dim[]
  readonly shape: Shape
  /** Whether it could be a scalar too; one that is does not come here. */
  readonly optional?: boolean
}
/** What the names of a signature stand for in one call: sizes, and the shapes behind ellipses. */
export interface Sizes {
  readonly labels: ReadonlyMap<string, number>
  readonly ellipses: ReadonlyMap<string, Shape>
}

/** The size of a dimension, or undefined while a label in it is unknown. */
export const dimSize = (d: Dim, labels: ReadonlyMap<string, number>): number | undefined => {
  if (d.kind === 'number') return d.value
  if (d.kind === 'label') return labels.get(d.name)
  if (d.kind === '...') return undefined
  const parts = d.of.map(x => dimSize(x, labels))
  return parts.reduce((a, b) => (a === undefined || b === undefined ? undefined : d.kind === '+' ? a + b : a * b))
}

/** The sizes of several dimensions, their ellipses spread out; unknown ones are undefined. */
export const shapeOf = (dims: readonly Dim[], { labels, ellipses }: Sizes): (number | undefined)[] =>
  dims.flatMap(d => (d.kind === '...' ? [...(ellipses.get(d.name) ?? [])] : [dimSize(d, labels)]))

/** Numpy's broadcasting: sizes aligned at the end; 1 repeats. Undefined when they clash. */
export const broadcast = (a: Shape, b: Shape): number[] | undefined => {
  const rank = Math.max(a.length, b.length)
  const shape = Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    return x === y || y === 1 ? x : x === 1 ? y : NaN
  })
  return shape.some(Number.isNaN) ? undefined : shape
}

interface Equality {
  readonly of: Given
  readonly axis: number
  readonly dim: Dim
  readonly size: number
}

/** Finds the size of every label. Throws ShapeError with one line that names the argument, the dimension and both sizes.
 *  @param who the function that was called, for the message
 *  @param sizes the labels whose size the caller gave as a number */
export const solve = (who: string, tensors: readonly Given[], sizes: Readonly<Record<string, number>> = {}): Sizes => {
  const labels = new Map<string, number>()
  /** What bound a label, and where in it its size was found. */
  const origins = new Map<string, { readonly by: string; readonly from: string }>()
  const ellipses = new Map<string, Shape>()
  const equalities: Equality[] = []
  const fail = (t: Given, why: string): never => {
    throw new ShapeError(`${who}: ${showTensor(t.name, t.dims)} was given [${t.shape.join(', ')}]: ${why}`)
  }
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1)
      throw new ShapeError(`${who}: the size ${name} must be a whole number of at least 1, got ${size}`)
    labels.set(name, size)
    origins.set(name, { by: 'the size given', from: 'the size given' })
  }

  for (const t of tensors) {
    const open = t.dims.findIndex(d => d.kind === '...')
    const rank = t.dims.length - (open < 0 ? 0 : 1)
    const spread = t.shape.length - rank
    if (spread < 0 || (open < 0 && spread > 0))
      fail(
        t,
        `its rank must be ${open < 0 ? '' : 'at least '}${rank}${t.optional ? ' or 0' : ''}, got ${t.shape.length}`,
      )
    const size = t.shape.find(n => n < 1)
    if (size !== undefined) fail(t, `its sizes must be at least 1, got ${size}`)
    t.dims.forEach((dim, i) => {
      if (dim.kind === '...') {
        const here = t.shape.slice(i, i + spread)
        const before = ellipses.get(dim.name) ?? []
        const both = broadcast(before, here)
        ellipses.set(
          dim.name,
          both ?? fail(t, `its ${showDim(dim)} must broadcast with [${before.join(', ')}], got [${here.join(', ')}]`),
        )
      } else {
        const axis = open >= 0 && i > open ? i + spread - 1 : i
        equalities.push({ of: t, axis, dim, size: t.shape[axis]! })
      }
    })
  }

  const known = (d: Dim): string =>
    [...new Set(dimLabels(d))]
      .filter(l => labels.has(l))
      .map(l => `${l} = ${labels.get(l)} (from ${origins.get(l)!.from})`)
      .join(' and ')
  /** What every label was bound to, and by which argument. */
  const bound = (): string => {
    const told = [...new Set([...origins.values()].map(({ by }) => by))].map(by => {
      const own = [...labels].filter(([l]) => origins.get(l)!.by === by).map(([l, n]) => `${l} = ${n}`)
      return `${own.join(', ')} by ${by}`
    })
    return told.length ? `; bound: ${told.join('; ')}` : ''
  }
  /** Checks an equality whose labels are known, or finds its one unknown label; false when it has to wait. */
  const settle = ({ of, axis, dim, size }: Equality): boolean => {
    const unknown = dimLabels(dim).filter(l => !labels.has(l))
    const must = (be: string): never =>
      fail(of, `dimension ${axis}, ${showDim(dim)}, must be ${be}, got ${size}${bound()}`)
    if (unknown.length === 0) {
      const expected = dimSize(dim, labels)
      if (expected === size) return true
      if (dim.kind === 'label') must(`${expected} (from ${origins.get(dim.name)!.from})`)
      must(dim.kind === 'number' ? `${expected}` : `${expected} with ${known(dim)}`)
    }
    if (unknown.length > 1) return false
    // One unknown that occurs once: the size is a linear function of it.
    const label = unknown[0]!
    const at = (x: number): number => dimSize(dim, new Map(labels).set(label, x))!
    const value = (size - at(0)) / (at(1) - at(0))
    if (!Number.isInteger(value) || value < 1) {
      const others = known(dim)
      must(`a size with a whole ${label} of at least 1${others && ` and ${others}`}`)
    }
    labels.set(label, value)
    const by = of.name || 'the tensor'
    origins.set(label, { by, from: `dimension ${axis} of ${by}` })
    return true
  }
  for (let waiting: readonly Equality[] = equalities; waiting.length > 0;) {
    const left = waiting.filter(e => !settle(e))
    if (left.length === waiting.length) {
      const { of, axis, dim } = left[0]!
      const open = dimLabels(dim).filter(l => !labels.has(l))
      fail(
        of,
        `dimension ${axis}, ${showDim(dim)}, must have one unknown label, got ${open.join(' and ')}: give a size`,
      )
    }
    waiting = left
  }
  return { labels, ellipses }
}
