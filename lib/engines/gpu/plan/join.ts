/** Expressions one after another along an axis, in as many steps as the arrays that a kernel reads ask for. */
import type { Shape } from '../../../tensor'
import { type Steps, store } from './draft'
import { arraysOf, type Expression } from './expression'
import { replaced } from './views'

/** The most arrays that a kernel reads: WebGPU promises eight storage buffers, and one is the result. */
export const MAX_ARGUMENTS = 7

/** @param shapes of the parts */
export const join = (
  steps: Steps,
  parts: readonly Expression[],
  shapes: readonly Shape[],
  shape: Shape,
  axis: number,
): Expression => {
  const sizes = shapes.map(s => s[axis]!)
  const fits = (es: readonly Expression[]): boolean => arraysOf(...es).length <= MAX_ARGUMENTS
  const stored = fits(parts) ? parts : parts.map((e, i) => (e.kind === 'each' ? store(steps, e, shapes[i]!) : e))
  if (fits(stored))
    return steps.push(
      { kind: 'join', parts: stored.map((value, i) => ({ value, size: sizes[i]! })), shape, axis },
      shape,
    )
  const half = Math.ceil(parts.length / 2)
  const halves = [[0, half] as const, [half, parts.length] as const].map(([from, to]) => {
    const part = replaced(
      shape,
      axis,
      sizes.slice(from, to).reduce((p, q) => p + q),
    )
    return { shape: part, value: join(steps, stored.slice(from, to), shapes.slice(from, to), part, axis) }
  })
  return join(
    steps,
    halves.map(h => h.value),
    halves.map(h => h.shape),
    shape,
    axis,
  )
}
