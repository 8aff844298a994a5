/** What products in WGSL share: how blocks of four by four elements of their operands are read, and rows of Y stored. */
import { sizeOf } from '../../../tensor'
import type { Operand, ProductLayout } from '../plan/product'
import { indent, type Numbers } from './print'
import { inFours, type View } from './view'

/** How blocks of an operand are read: four lanes at once, four elements along K at once, or one element at a time. */
type Reading = 'lanes' | 'steps' | 'single'
const readingOf = ({ lanes, across, along }: Operand, K: number): Reading => {
  if (across === 1 && lanes % 4 === 0) return 'lanes'
  return along === 1 && K % 4 === 0 ? 'steps' : 'single'
}
/** Whether four elements that are read at once begin at multiples of four in the memory. */
export const isOperandAligned = ({ batch, K, ...operands }: ProductLayout, which: 'a' | 'b'): boolean => {
  const operand = operands[which]
  const reading = readingOf(operand, K)
  const step = reading === 'lanes' ? operand.along : operand.across
  return reading !== 'single' && inFours(operand.offset, step, ...batch[which])
}
const FOUR = [0, 1, 2, 3] as const

/** What a function that reads blocks is given: where the operand begins, and where in it the block does; how large the operand
 *  is, and its steps. */
const BLOCK_TYPE = '(at: u32, i: u32, k: u32, K: u32, lanes: u32, across: u32, along: u32) -> mat4x4f'
/** A function in WGSL. */
export interface Helper {
  readonly name: string
  readonly code: string
}
/** The same, but for the place of a block. */
export const blockNumbers = ({ lanes, across, along }: Operand, K: number, numbers: Numbers): string =>
  [K, lanes, across, along].map(numbers).join(', ')

/** Such a function: the block of an operand's lanes i … i+3 and its elements k … k+3. Column j of it are the
 *  lanes at k+j. Lanes beyond the last repeat it, elements beyond the last are zero.
 *  @param beyond whether blocks past the end of K are asked for */
export const blockFunction = (layout: ProductLayout, which: 'a' | 'b', beyond: boolean, view: View): Helper => {
  const { K } = layout
  const reading = readingOf(layout[which], K)
  const aligned = isOperandAligned(layout, which)
  const even = K % 4 === 0
  const plus = (term: string, n: number): string => (n === 0 ? term : `${term} + ${n}u`)
  const lane = (r: number): string => `min(${plus('i', r)}, lanes - 1u) * across`
  const step = (j: number): string => (even ? plus('k', j) : `min(${plus('k', j)}, K - 1u)`)
  const known = (value: string, j: number): string => (even ? value : `select(vec4f(), ${value}, ${plus('k', j)} < K)`)
  const four = (p: string): string => view.four(p, aligned)
  const bodies: Readonly<Record<Reading, () => readonly string[]>> = {
    lanes: () => [
      'let p = at + min(i, lanes - 4u);',
      ...FOUR.map(j => `let q${j} = p + (${step(j)}) * along;`),
      `return mat4x4f(${FOUR.map(j => known(four(`q${j}`), j)).join(', ')});`,
    ],
    steps: () => [
      ...FOUR.map(r => `let q${r} = at + k + ${lane(r)};`),
      `return transpose(mat4x4f(${FOUR.map(r => four(`q${r}`)).join(', ')}));`,
    ],
    single: () => [
      ...FOUR.map(r => `let p${r} = at + ${lane(r)};`),
      ...FOUR.map(j => `let q${j} = (${step(j)}) * along;`),
      `return mat4x4f(${FOUR.map(j => known(`vec4f(${FOUR.map(r => view.one(`p${r} + q${j}`)).join(', ')})`, j)).join(', ')});`,
    ],
  }
  const how = [...(even ? [] : ['rest']), ...(beyond ? ['beyond'] : []), ...(aligned && view.width === 4 ? ['aligned'] : [])] // prettier-ignore
  const name = ['block', reading, ...how].join('_')
  const body = [...(beyond ? ['if (k >= K) { return mat4x4f(); }'] : []), ...bodies[reading]()]
  return { name, code: [`fn ${name}${BLOCK_TYPE} {`, ...indent(body), '}'].join('\n') }
}

/** Where matrix z of an operand begins, from where the operand does. */
export const matrixStart = (
  base: string,
  { batch, ...operands }: ProductLayout,
  which: 'a' | 'b',
  numbers: Numbers,
): string => {
  const terms = batch.sizes.flatMap((size, i) => {
    const step = batch[which][i]!
    if (step === 0) return []
    const inner = i === batch.sizes.length - 1 ? '' : ` / ${numbers(sizeOf(batch.sizes.slice(i + 1)))}`
    return [`(z${inner}${i === 0 ? '' : ` % ${numbers(size)}`}) * ${numbers(step)}`]
  })
  return [base, numbers(operands[which].offset), ...terms].join(' + ')
}

/** A statement that stores four elements of a row at (z, i, j) of Y, where there is such a row.
 *  @param even whether rows have a multiple of four elements */
export const store = (even: boolean, value: string, i: string, j: string, view: View): string => {
  const there = `if (${i} < M${even ? ` && ${j} < N` : ''})`
  const place = `y + (z * M + ${i}) * N + ${j}`
  if (view.width === 4) return `${there} { ${view.set(place, value)} }`
  const one = (c: string, n: number): string => view.set(`q + ${n}u`, `${value}.${c}`)
  const parts = ['x', 'y', 'z', 'w'].map((c, n) => (even ? one(c, n) : `if (${j} + ${n}u < N) { ${one(c, n)} }`))
  return `${there} { let q = ${place}; ${parts.join(' ')} }`
}
