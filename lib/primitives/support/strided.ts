/** Views of a flat array, for kernels: the same elements under other strides, or undefined where no strides say so. */
import { repeatedStrides, type Shape } from '../../tensor'
import type { Strided } from '../../trace'

/** Repeated along dimensions of size 1 or missing ones. */
export const repeatedly = (x: Strided, shape: Shape): Strided => ({ ...x, shape, stride: repeatedStrides(x, shape) })

/** The axes in another order. */
export const reordered = (x: Strided, axes: readonly number[]): Strided => ({
  ...x,
  shape: axes.map(a => x.shape[a]!),
  stride: axes.map(a => x.stride[a]!),
})

/** The part from … to−1 of an axis. */
export const cut = (x: Strided, axis: number, from: number, to: number): Strided => ({
  ...x,
  shape: x.shape.map((n, i) => (i === axis ? to - from : n)),
  offset: x.offset + from * x.stride[axis]!,
})

/** Dimensions that follow one another in storage, merged; those of size 1 are left out. */
const merged = ({ shape, stride }: Strided): { size: number; step: number }[] => {
  const runs: { size: number; step: number }[] = []
  shape.forEach((size, i) => {
    if (size === 1) return
    const [step, last] = [stride[i]!, runs.at(-1)]
    if (last && last.step === step * size) runs.splice(-1, 1, { size: last.size * size, step })
    else runs.push({ size, step })
  })
  return runs
}

/** The same elements in row-major order under another shape, where each of its dimensions lies within ones that follow one
 *  another in storage. */
export const regrouped = (x: Strided, shape: Shape): Strided | undefined => {
  const runs = merged(x)
  const stride = shape.map(() => 0)
  let run = { size: 1, step: 0 }
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i]!
    if (n === 1) continue
    if (run.size === 1) run = runs.pop()!
    if (run.size % n !== 0) return undefined
    stride[i] = run.step
    run = { size: run.size / n, step: run.step * n }
  }
  return { ...x, shape, stride }
}
