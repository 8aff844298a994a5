/** The indexes that a kernel runs over, and how its threads name them. */
import { type Shape, sizeOf } from '../../../tensor'
import type { Strided } from '../../../trace'

/** The axes of a space that several tensors are read in, merged where all of them allow. A step along a merged axis is one
 *  along the last axis that it is made of: `axes` lists these. */
interface Merged {
  readonly shape: Shape
  readonly axes: readonly number[]
}

/** Merges neighbouring axes that are steps of the same walk in every view, and drops those of size 1.
 *  @param apart axes that are not merged with their neighbours */
export const mergeAxes = (shape: Shape, views: readonly Strided[], apart: readonly number[] = []): Merged => {
  const axes: { last: number; size: number }[] = []
  shape.forEach((size, i) => {
    if (size === 1 && !apart.includes(i)) return
    const before = axes.at(-1)
    const joins =
      before &&
      ![before.last, i].some(a => apart.includes(a)) &&
      views.every(v => v.stride[before.last] === v.stride[i]! * size)
    if (joins) axes.splice(-1, 1, { ...before, last: i, size: before.size * size })
    else axes.push({ last: i, size })
  })
  return { shape: axes.map(a => a.size), axes: axes.map(a => a.last) }
}

/** The most threads along y and z: a workgroup is at least one thread, and WebGPU has 65,535 workgroups along each. */
const MOST = 65535

interface Threads {
  /** gpu.js's output: x, y, z. */
  readonly output: readonly number[]
  /** The index along each axis, as source. */
  readonly index: readonly string[]
}

/** Whole-number division: `| 0` keeps it one, where `Math.floor` would make floats of all that it meets. The half keeps
 *  inexact division of devices from the number below. */
const quotient = (name: string, by: number): string => (by === 1 ? name : `(((${name} + 0.5) / ${by}.0) | 0)`)

/** The indexes of axes whose elements a thread index counts in row-major order. */
const unravelled = (name: string, shape: Shape): string[] =>
  shape.map((size, i) => {
    const inner = sizeOf(shape.slice(i + 1))
    const at = quotient(name, inner)
    return i === 0 ? at : `(${at} - ${quotient(name, inner * size)} * ${size})`
  })

/** Threads for a space of any number of axes: the last one is x, the one before it y, all others z. */
export const threadsOf = (shape: Shape): Threads => {
  const n = shape.length
  if (n === 0) return { output: [1], index: [] }
  const [x, y, z] = [shape[n - 1]!, shape[n - 2] ?? 1, sizeOf(shape.slice(0, Math.max(0, n - 2)))]
  if (n === 1) return { output: [x], index: ['this.thread.x'] }
  if (n === 2 && y > MOST) {
    // Many rows: some of them side by side, where that comes out even.
    const rows = divisors(y).find(d => y / d <= MOST && d <= MOST)
    if (rows !== undefined)
      return { output: [x, y / rows, rows], index: [`(this.thread.z * ${y / rows} + this.thread.y)`, 'this.thread.x'] }
  }
  if (y > MOST || z > MOST) return { output: [sizeOf(shape)], index: unravelled('this.thread.x', shape) }
  if (n === 2) return { output: [x, y], index: ['this.thread.y', 'this.thread.x'] }
  return {
    output: [x, y, z],
    index: [...unravelled('this.thread.z', shape.slice(0, -2)), 'this.thread.y', 'this.thread.x'],
  }
}

/** The divisors of a number, in order. */
export const divisors = (n: number): readonly number[] => {
  const small: number[] = []
  for (let d = 1; d * d <= n; d++) if (n % d === 0) small.push(d)
  return [...small, ...small.map(d => n / d).reverse()].filter((d, i, all) => d !== all[i - 1])
}
