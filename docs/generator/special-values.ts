/** Which special values each engine makes other things of than the reference, by primitive: what `docs/primitives.md` shows. The
 *  specs hold the engines to it, both ways. */
import type { PrimitiveName } from '../../lib/primitives'

/** The kinds of values that are special. */
export const kinds = ['NaN', '±Infinity', '−0', 'denormals', 'the largest', 'outside the domain'] as const
export type Kind = (typeof kinds)[number]

type Differences = Readonly<Partial<Record<PrimitiveName, readonly Kind[]>>>

/** Sums in float32, where the reference's are in float64; sines of what no period is known of; an index as a product with 0 and
 *  1; squares and scores that overflow. The docstrings say which. */
const common = {
  cos: ['the largest'],
  sin: ['the largest'],
  cumsum: ['the largest'],
  gather: ['NaN', '±Infinity'],
  pow: ['±Infinity'],
  fusedAttention: ['the largest'],
} as const satisfies Differences
const inFloat32 = {
  matmul: ['the largest'],
  sum: ['the largest'],
  layerNorm: ['the largest', 'denormals'],
} as const satisfies Differences

export const special: Readonly<Record<'onnx' | 'cpu' | 'webasm', Differences>> = {
  onnx: { ...inFloat32, cumsum: ['the largest'], tanh: ['denormals'], fusedAttention: ['the largest'] },
  cpu: { ...common, layerNorm: ['denormals'] },
  webasm: { ...common, ...inFloat32 },
}

/** WGSL lets an implementation take every number for finite, and denormals for 0: what differs there is the adapter's choice, and
 *  no more than this. */
export const specialOnGpus: readonly Kind[] = [
  'NaN',
  '±Infinity',
  '−0',
  'denormals',
  'the largest',
  'outside the domain',
]
/** What an adapter may not touch: these move numbers, and compute none. */
export const movingOnly: readonly PrimitiveName[] = [
  'broadcastTo',
  'concat',
  'permute',
  'reshape',
  'slice',
  'stopGradient',
]
