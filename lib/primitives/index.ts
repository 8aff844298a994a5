/** The primitives: operations that are not made of others. Everything in the library is made of these. */
import type { Applies } from '../trace'
import * as operations from './operations'

export * from './operations'

type Operations = typeof operations
/** The name of a primitive in the table. */
export type PrimitiveName = {
  [N in keyof Operations]: Operations[N] extends Applies ? N : never
}[keyof Operations]

const hasPrimitive = (f: unknown): f is Applies => typeof f === 'function' && 'primitive' in f

/** Every primitive by its name: those of the operations that have one. The laws in `spec/laws` are given by the same names,
 *  so that the compiler lists what a new one still lacks. */
export const primitives = Object.fromEntries(
  Object.values<unknown>(operations).flatMap(f => (hasPrimitive(f) ? [[f.primitive.name, f.primitive]] : [])),
) as { readonly [N in PrimitiveName]: Operations[N]['primitive'] }
