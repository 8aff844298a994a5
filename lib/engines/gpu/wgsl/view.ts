/** How kernels see the memory `m`: as floats, or as vectors of four, each of which is read and written at once. All arrays begin at
 *  multiples of four. */
import type { Strided } from '../../../trace'

export interface View {
  /** How many elements a thread has at once. */
  readonly width: 1 | 4
  readonly memory: string
  /** The element at a place. */
  readonly one: (place: string) => string
  /** Four elements from a place on.
   *  @param aligned whether the place is a multiple of four, whatever the indexes are */
  readonly four: (place: string, aligned: boolean) => string
  /** Writes as many elements as a thread has, from a place on, which is a multiple of them. */
  readonly set: (place: string, value: string) => string
}

export const floats: View = {
  width: 1,
  memory: 'var<storage, read_write> m: array<f32>;',
  one: place => `m[${place}]`,
  four: place => `vec4f(m[${place}], m[${place} + 1u], m[${place} + 2u], m[${place} + 3u])`,
  set: (place, value) => `m[${place}] = ${value};`,
}

/** No two threads write to the same vector: WGSL lets who writes a part of one write all of it. */
export const vectors: View = {
  width: 4,
  memory: [
    'var<storage, read_write> m: array<vec4f>;',
    'fn part(p: u32) -> f32 { return m[p / 4u][p % 4u]; }',
    'fn parts(p: u32, step: u32) -> vec4f { return vec4f(part(p), part(p + step), part(p + 2u * step), part(p + 3u * step)); }',
  ].join('\n'),
  one: place => `part(${place})`,
  four: (place, aligned) => (aligned ? `m[(${place}) / 4u]` : `parts(${place}, 1u)`),
  set: (place, value) => `m[(${place}) / 4u] = ${value};`,
}

/** Whether numbers are multiples of four. */
export const inFours = (...numbers: readonly number[]): boolean => numbers.every(n => n % 4 === 0)
/** Whether four elements along the last axis begin at multiples of four. */
export const isAligned = ({ stride, offset }: Omit<Strided, 'shape'>): boolean =>
  inFours(offset, ...stride.slice(0, -1))
