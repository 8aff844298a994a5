/** The parts of WGSL that kernels for products share: bindings, blocks of four by four elements, and where a tile begins. */
import { sizeOf } from '../../../tensor'
import type { Operand, ProductLayout } from '../plan/product'
import { type Reading, readingsOf } from './layout'

/** A kernel in WGSL, and how many workgroups of it are needed. */
export interface Shader {
  readonly code: string
  readonly groups: readonly [number, number, number]
}

/** The most workgroups along a dimension that WebGPU promises. */
const MAX_WORKGROUPS = 65535

/** Workgroups for a count of them, and their number from `w`, the workgroup's place. */
export const dispatch = (count: number): { readonly groups: Shader['groups']; readonly index: string } => {
  const y = Math.ceil(count / MAX_WORKGROUPS)
  const x = Math.ceil(count / y)
  return { groups: [x, y, 1], index: y === 1 ? 'w.x' : `(w.x + w.y * ${x}u)` }
}

/** A function (at, i, k): the block of an operand's lanes i … i+3 and its elements k … k+3. Column j of it are the lanes at k+j.
 *  Lanes beyond the last repeat it, elements beyond the last are zero.
 *  @param source the array that it reads */
const block = (
  name: string,
  source: string,
  { lanes, across, along }: Operand,
  reading: Reading,
  K: number,
  beyond: boolean,
): string => {
  const four = [0, 1, 2, 3] as const
  const plus = (term: string, n: number): string => (n === 0 ? term : `${term} + ${n}u`)
  const lane = (r: number): string => (lanes === 1 ? '0u' : `min(${plus('i', r)}, ${lanes - 1}u)`)
  const step = (j: number): string => (K % 4 === 0 ? plus('k', j) : `min(${plus('k', j)}, ${K - 1}u)`)
  // Elements beyond the last are zero.
  const known = (value: string, zero: string, j: number): string =>
    K % 4 === 0 ? value : `select(${zero}, ${value}, ${plus('k', j)} < ${K}u)`
  const bodies: Readonly<Record<Reading, () => string>> = {
    lanes: () =>
      `let p = at + min(i, ${lanes - 4}u) / 4u;
  return mat4x4f(${four.map(j => known(`${source}[p + (${step(j)}) * ${along / 4}u]`, 'vec4f()', j)).join(', ')});`,
    steps: () =>
      `let p = at + k / 4u;
  return transpose(mat4x4f(${four.map(r => `${source}[p + ${lane(r)} * ${across / 4}u]`).join(', ')}));`,
    single: () => {
      const rows = four.map(r => `let p${r} = at + ${lane(r)} * ${across}u;`).join(' ')
      const steps = four.map(j => `let q${j} = (${step(j)}) * ${along}u;`).join(' ')
      const column = (j: number): string =>
        known(`vec4f(${four.map(r => `${source}[p${r} + q${j}]`).join(', ')})`, 'vec4f()', j)
      return `${rows}\n  ${steps}\n  return mat4x4f(${four.map(column).join(', ')});`
    },
  }
  return `fn ${name}(at: u32, i: u32, k: u32) -> mat4x4f {
  ${beyond ? `if (k >= ${K}u) { return mat4x4f(); }\n  ` : ''}${bodies[reading]()}
}`
}

/** Bindings, `left` and `right`, which read blocks of A and of B, and `base_a` and `base_b`, where matrix z begins. gpu.js binds
 *  its sizes first, then the arguments, then the result.
 *  @param reads the arrays that are the kernel's arguments, in order
 *  @param beyond whether blocks past the end of K are asked for */
export const shared = (layout: ProductLayout, reads: readonly number[], beyond: boolean): string => {
  const { K, batch, a, b, N } = layout
  const readings = readingsOf(layout)
  const type = (reading: Reading): string => (reading === 'single' ? 'f32' : 'vec4f')
  const unit = (reading: Reading): number => (reading === 'single' ? 1 : 4)
  const base = (which: 'a' | 'b'): string => {
    const per = unit(readings[which])
    const terms = batch.sizes.flatMap((size, i) => {
      const inner = sizeOf(batch.sizes.slice(i + 1))
      const index = `z${inner === 1 ? '' : ` / ${inner}u`}${i === 0 ? '' : ` % ${size}u`}`
      const step = batch[which][i]!
      return step === 0 ? [] : [`(${index}) * ${step / per}u`]
    })
    return `fn base_${which}(z: u32) -> u32 { return ${[`${layout[which].offset / per}u`, ...terms].join(' + ')}; }`
  }
  const binding = (name: string, { array }: Operand, reading: Reading): string =>
    `@group(0) @binding(${reads.indexOf(array) + 1}) var<storage, read> ${name}: array<${type(reading)}>;`
  const one = a.array === b.array
  return [
    binding('left_', a, readings.a),
    ...(one ? [] : [binding('right_', b, readings.b)]),
    `@group(0) @binding(${reads.length + 1}) var<storage, read_write> y_: array<${N % 4 === 0 ? 'vec4f' : 'f32'}>;`,
    base('a'),
    base('b'),
    block('left', 'left_', a, readings.a, K, beyond),
    block('right', one ? 'left_' : 'right_', b, readings.b, K, beyond),
  ].join('\n')
}

/** A statement that stores four elements of a row at (z, m, n), where there is such a row. */
export const store = ({ M, N }: ProductLayout, value: string, m: string, n: string): string => {
  const row = `(z * ${M}u + ${m}) * ${N}u + ${n}`
  if (N % 4 === 0) return `if (${m} < ${M}u && ${n} < ${N}u) { y_[(${row}) / 4u] = ${value}; }`
  const ones = ['x', 'y', 'z', 'w'].map((c, i) => `if (${n} + ${i}u < ${N}u) { y_[q + ${i}u] = ${value}.${c}; }`)
  return `if (${m} < ${M}u) { let q = ${row}; ${ones.join(' ')} }`
}
