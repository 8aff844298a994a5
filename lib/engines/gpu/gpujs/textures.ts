/** Mode headlessgl keeps arrays in textures. gpu.js builds a kernel for textures of the width, the height and the class that
 *  it is first given, which follow from the dimensions of the kernels that wrote them: of another class it refuses them, and
 *  of another width it reads the wrong elements. So here every kernel has a row of threads, and every array of so many
 *  elements is a texture of one kind, whoever wrote it. A row is as long as a texture is large, so that none of its
 *  dimensions has a limit of its own. */
import { type Shape, sizeOf, strides } from '../../../tensor'
import type { Read } from '../plan/expression'
import type { Work } from '../plan/source'
import type { Kernel } from '../steps'

/** Functions in GLSL that kernels in textures call. */
export const textureFunctions = [
  {
    // JavaScript has no division of whole numbers: gpu.js divides floats, which are exact up to 2²⁴ alone.
    name: 'quotient',
    source: 'int quotient(int a, int b) {\n  return a / b;\n}',
    settings: { argumentTypes: { a: 'Integer', b: 'Integer' }, returnType: 'Integer' },
  },
  {
    name: 'inner',
    source: 'float inner(vec4 a, vec4 b) {\n  return dot(a, b);\n}',
    settings: { argumentTypes: { a: 'Array(4)', b: 'Array(4)' }, returnType: 'Number' },
  },
] as const

const ROW = 'this.thread.x'
const quotient = (name: string, by: number): string => (by === 1 ? name : `quotient(${name}, ${by})`)

/** The indexes of axes whose elements a row of threads counts in row-major order. */
const indexes = (shape: Shape): readonly string[] =>
  shape.map((size, i) => {
    const inner = sizeOf(shape.slice(i + 1))
    const at = quotient(ROW, inner)
    return inner * size === sizeOf(shape) ? at : `(${at} - ${quotient(ROW, inner * size)} * ${size})`
  })

/** The same kernel with its threads in a row: their indexes along x, y and z are computed from the one along the row. */
export const inRow = <K extends Pick<Kernel, 'source' | 'output'>>(kernel: K): K => {
  const [x = 1, y = 1, z = 1] = kernel.output
  const [atZ, atY, atX] = indexes([z, y, x])
  const index = { x: atX!, y: atY!, z: atZ! }
  const source = kernel.source.replace(/this\.thread\.([xyz])/g, (_, axis: 'x' | 'y' | 'z') => index[axis])
  return { ...kernel, source, output: [x * y * z] }
}

/** Σ stride·index. */
const position = (index: readonly string[], stride: readonly number[]): string =>
  index.flatMap((name, i) => (stride[i] === 0 ? [] : [`${name} * ${stride[i]}`])).join(' + ') || '0'

type Product = Work & { readonly kind: 'product' }
/** What a product needs: its operands packed, four factors of a sum in each texel, and sums of their inner products.
 *  The kernels' threads are in a row already. */
export interface PackedProduct {
  readonly left: Kernel
  readonly right: Kernel
  readonly sums: Kernel
}

/** Products with fewer multiplications are faster as they are. */
const FEW = 2 ** 16

/** A product as packed operands, or undefined where that does not pay. A texel is read in the time of a number. */
export const packedProduct = ({ space, left, right }: Product, few = FEW): PackedProduct | undefined => {
  const K = space.at(-1)!
  if (K < 4 || sizeOf(space) < few) return undefined
  const quarter = Math.ceil(K / 4)
  const packed = (read: Read) => {
    const stride = read.at.stride.slice(0, -1)
    const step = read.at.stride.at(-1)!
    // What is repeated along an axis is packed once.
    const shape = [...stride.map((s, i) => (s === 0 ? 1 : space[i]!)), quarter]
    const index = indexes(shape)
    const k = index.at(-1)!
    const first = `${read.at.offset} + ${position(
      index.slice(0, -1),
      stride.map((s, i) => (space[i] === 1 ? 0 : s)),
    )}`
    const factors = [0, 1, 2, 3].map(i => {
      const factor = `a0[${first} + (${k} * 4 + ${i}) * ${step}]`
      return K % 4 === 0 || i === 0 ? factor : `(${k} * 4 + ${i} < ${K} ? ${factor} : 0.0)`
    })
    const source = `function (a0) {\n  return [${factors.join(', ')}]\n}`
    const texels = strides(shape).map((s, i) => (shape[i] === 1 ? 0 : s))
    return { kernel: { source, output: [sizeOf(shape)] }, texels: texels.slice(0, -1) }
  }
  const [a, b] = [packed(left), packed(right)]
  const result = space.slice(0, -1)
  const index = indexes(result)
  const [atA, atB] = [position(index, a.texels), position(index, b.texels)]
  const source = [
    'function (a0, a1) {',
    '  let s = 0.0',
    `  for (let i = 0; i < ${quarter}; i++) {`,
    `    s = s + inner(a0[${atA} + i], a1[${atB} + i])`,
    '  }',
    '  return s',
    '}',
  ].join('\n')
  return { left: a.kernel, right: b.kernel, sums: { source, output: [sizeOf(result)] } }
}
