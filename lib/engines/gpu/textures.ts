/** Mode headlessgl keeps arrays in textures. gpu.js builds a kernel for textures of the width, the height and the class that
 *  it is first given, which follow from the dimensions of the kernels that wrote them: of another class it refuses them, and
 *  of another width it reads the wrong elements. So here every kernel has a row of threads, and every array of so many
 *  elements is a texture of one kind, whoever wrote it. A row is as long as a texture is large, so that none of its
 *  dimensions has a limit of its own. */
import type { Kernel } from './steps'

/** Division of whole numbers, which JavaScript has none of: gpu.js divides floats, exact up to 2²⁴ alone. */
export const wholeDivision = {
  name: 'quotient',
  source: 'int quotient(int a, int b) {\n  return a / b;\n}',
  settings: { argumentTypes: { a: 'Integer', b: 'Integer' }, returnType: 'Integer' },
} as const

const quotient = (name: string, by: number): string => (by === 1 ? name : `quotient(${name}, ${by})`)

/** The same kernel with its threads in a row: their indexes along x, y and z are computed from the one along the row. */
export const inRow = <K extends Pick<Kernel, 'source' | 'output'>>(kernel: K): K => {
  const [x = 1, y = 1, z = 1] = kernel.output
  const row = 'this.thread.x'
  const [rows, planes] = [quotient(row, x), quotient(row, x * y)]
  const index = {
    x: y * z === 1 ? row : `(${row} - ${rows} * ${x})`,
    y: z === 1 ? rows : `(${rows} - ${planes} * ${y})`,
    z: planes,
  }
  const source = kernel.source.replace(/this\.thread\.([xyz])/g, (_, axis: 'x' | 'y' | 'z') => index[axis])
  return { ...kernel, source, output: [x * y * z] }
}
