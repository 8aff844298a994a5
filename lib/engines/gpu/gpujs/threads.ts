/** How gpu.js's threads count the elements of a space. */
import { type Shape, sizeOf } from '../../../tensor'
import { divisors } from '../plan/axes'

export interface Threads {
  /** gpu.js's output: x, y, z. */
  readonly output: readonly number[]
  /** The index along each axis, as source. */
  readonly index: readonly string[]
}
/** Threads for a space of any number of axes. */
export type ThreadsOf = (shape: Shape) => Threads

/** The most threads along y and z: a workgroup is at least one thread, and WebGPU has 65,535 workgroups along each. */
const MAX_THREADS = 65535

type Quotient = (name: string, by: number) => string
/** The indexes of axes whose elements a thread index counts in row-major order. */
const unravelled = (name: string, shape: Shape, quotient: Quotient): string[] =>
  shape.map((size, i) => {
    const inner = sizeOf(shape.slice(i + 1))
    const at = inner === 1 ? name : quotient(name, inner)
    return i === 0 ? at : `(${at} - ${quotient(name, inner * size)} * ${size})`
  })

/** Whole-number division: `| 0` keeps it one, where `Math.floor` would make floats of all that it meets. The half keeps
 *  inexact division of devices from the number below. */
const rounded: Quotient = (name, by) => `(((${name} + 0.5) / ${by}.0) | 0)`

/** Threads along x, y and z: the last axis is x, the one before it y, all others z. */
export const grid: ThreadsOf = shape => {
  const n = shape.length
  if (n === 0) return { output: [1], index: [] }
  const [x, y, z] = [shape[n - 1]!, shape[n - 2] ?? 1, sizeOf(shape.slice(0, Math.max(0, n - 2)))]
  if (n === 1) return { output: [x], index: ['this.thread.x'] }
  if (n === 2 && y > MAX_THREADS) {
    // Many rows: some of them side by side, where that comes out even.
    const rows = divisors(y).find(d => y / d <= MAX_THREADS && d <= MAX_THREADS)
    if (rows !== undefined)
      return { output: [x, y / rows, rows], index: [`(this.thread.z * ${y / rows} + this.thread.y)`, 'this.thread.x'] }
  }
  if (y > MAX_THREADS || z > MAX_THREADS)
    return { output: [sizeOf(shape)], index: unravelled('this.thread.x', shape, rounded) }
  if (n === 2) return { output: [x, y], index: ['this.thread.y', 'this.thread.x'] }
  return {
    output: [x, y, z],
    index: [...unravelled('this.thread.z', shape.slice(0, -2), rounded), 'this.thread.y', 'this.thread.x'],
  }
}

/** A function in GLSL for whole-number division: JavaScript has none, and gpu.js divides floats, which are exact up to 2²⁴
 *  alone. */
export const quotientFunction = {
  name: 'quotient',
  source: 'int quotient(int a, int b) {\n  return a / b;\n}',
  settings: { argumentTypes: { a: 'Integer', b: 'Integer' }, returnType: 'Integer' },
} as const

/** Threads in a row, for kernels in GLSL. */
export const row: ThreadsOf = shape => ({
  output: [sizeOf(shape)],
  index: unravelled('this.thread.x', shape, (name, by) => `quotient(${name}, ${by})`),
})
