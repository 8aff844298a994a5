/** Mode headlessgl keeps arrays in textures. gpu.js builds a kernel for textures of the width, the height and the class that
 *  it is first given, which follow from the dimensions of the kernels that wrote them: of another class it refuses them, and
 *  of another width it reads the wrong elements. So here every kernel has a row of threads, and every array of so many
 *  elements is a texture of one kind, whoever wrote it. A row is as long as a texture is large, so that none of its
 *  dimensions has a limit of its own. */
import { sizeOf, strides } from '../../../tensor'
import type { Read } from '../plan/expression'
import type { Product } from '../plan/work'
import { type GpuJsSource, indexText } from './source'
import { quotientFunction, row } from './threads'

/** Functions in GLSL that kernels in textures call. */
export const textureFunctions = [
  quotientFunction,
  {
    name: 'inner',
    source: 'float inner(vec4 a, vec4 b) {\n  return dot(a, b);\n}',
    settings: { argumentTypes: { a: 'Array(4)', b: 'Array(4)' }, returnType: 'Number' },
  },
] as const

/** What a product needs: its operands packed, four factors of a sum in each texel, and sums of their inner products. */
export interface PackedProduct {
  readonly left: GpuJsSource
  readonly right: GpuJsSource
  readonly sums: GpuJsSource
}

/** Products of fewer multiplications are faster as they are. */
const MIN_MULTIPLICATIONS = 2 ** 16

/** A product as packed operands, or undefined where that does not pay. A texel is read in the time of a number. */
export const packedProduct = (
  { space, left, right }: Product,
  least = MIN_MULTIPLICATIONS,
): PackedProduct | undefined => {
  const K = space.at(-1)!
  if (K < 4 || sizeOf(space) < least) return undefined
  const quarter = Math.ceil(K / 4)
  const packed = (read: Read) => {
    const stride = read.at.stride.slice(0, -1)
    const step = read.at.stride.at(-1)!
    // What is repeated along an axis is packed once.
    const shape = [...stride.map((s, i) => (s === 0 ? 1 : space[i]!)), quarter]
    const { output, index } = row(shape)
    const k = index.at(-1)!
    const moving = stride.map((s, i) => (space[i] === 1 ? 0 : s))
    const first = indexText({ stride: moving, offset: read.at.offset }, index.slice(0, -1))
    const factors = [0, 1, 2, 3].map(i => {
      const factor = `a0[${first} + (${k} * 4 + ${i}) * ${step}]`
      return K % 4 === 0 || i === 0 ? factor : `(${k} * 4 + ${i} < ${K} ? ${factor} : 0.0)`
    })
    const texels = strides(shape).map((s, i) => (shape[i] === 1 ? 0 : s))
    return {
      kernel: { source: `function (a0) {\n  return [${factors.join(', ')}]\n}`, output },
      texels: texels.slice(0, -1),
    }
  }
  const [a, b] = [packed(left), packed(right)]
  const { output, index } = row(space.slice(0, -1))
  const texel = (stride: readonly number[]): string => indexText({ stride, offset: 0 }, index)
  const source = [
    'function (a0, a1) {',
    '  let s = 0.0',
    `  for (let i = 0; i < ${quarter}; i++) {`,
    `    s = s + inner(a0[${texel(a.texels)} + i], a1[${texel(b.texels)} + i])`,
    '  }',
    '  return s',
    '}',
  ].join('\n')
  return { left: a.kernel, right: b.kernel, sums: { source, output } }
}
