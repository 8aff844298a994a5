/** Attention in WGSL without a matrix of scores: a thread for each row, of queries, or of keys where gradients are theirs, which goes
 *  through all columns. The output is rescaled where a larger score is found, an online softmax; gradients compute scores again. */
import { attentionSizes, attentionTable, MASK, type ScoreFormulas, scoreFormulas } from '../plan/attention'
import type { Attention } from '../plan/work'
import { type Arrays, type Kernel, perElement, pointer } from './kernels'
import { address, indent, type Numbers, unravelled, writer } from './print'
import { float } from '../plan/print'

/** Statements for each of so many channels c. */
const each = (channels: number, ...statements: readonly string[]): readonly string[] => [
  `for (var c = 0u; c < ${channels}u; c++) {`,
  ...indent(statements),
  '}',
]

/** What a thread does for its row, number e of all. */
const rowOf = (work: Attention, writes: number, arrays: Arrays, given: Numbers): readonly string[] => {
  const { of, operands, scale } = work
  const { d, e } = attentionSizes(operands)
  const { rows, columns, width } = attentionTable(work)
  const [ofRows, ofColumns] = [given(rows), given(columns)]
  const index = unravelled('z', operands[0]!.at.shape.slice(0, -2), given)
  /** The element of an operand at a row and a channel. */
  const at = (which: number, row: string, channel: string): string =>
    `m[${address(pointer(arrays, operands[which]!.array), operands[which]!.at, [...index, row, channel], given)}]`
  const { formula } = writer()
  /** A formula as statements, and its value. */
  const computed = (which: keyof ScoreFormulas, names: Readonly<Record<string, string>>) => {
    const before: string[] = []
    const value = formula(scoreFormulas(work)[which], { scale: float(scale), ...names }, before)
    return { before, value }
  }
  /** What a mask adds to the score of a query and a key. */
  const mask = (query: string, key: string) => (operands[MASK[of]] ? { b: at(MASK[of], query, key) } : {})
  const y = `m[${pointer(arrays, writes)} + e * ${given(width)}`
  const through = (...body: readonly string[]): readonly string[] => [
    `for (var j = 0u; j < ${ofColumns}; j++) {`,
    ...indent(body),
    '}',
  ]
  const output = (): readonly string[] => {
    const score = computed('scaled', { s: 'product', ...mask('i', 'j') })
    const weight = computed('weight', { s: 's', m: 'top' })
    const share = computed('weight', { s: 'top', m: 's' })
    const end = computed('logarithm', { m: 'top', l: 'sum' })
    return [
      `var q: array<f32, ${d}>;`,
      `var o: array<f32, ${e}>;`,
      ...each(d, `q[c] = ${at(0, 'i', 'c')};`),
      'var top = -3.4028234e38;',
      'var sum = 0.0;',
      ...through(
        'var product = 0.0;',
        ...each(d, `product += q[c] * ${at(1, 'j', 'c')};`),
        ...score.before,
        `let s = ${score.value};`,
        'if (s > top) {',
        ...indent([
          ...share.before,
          `let share = ${share.value};`,
          'sum *= share;',
          ...each(e, 'o[c] *= share;'),
          'top = s;',
        ]),
        '}',
        ...weight.before,
        `let p = ${weight.value};`,
        'sum += p;',
        ...each(e, `o[c] += p * ${at(2, 'j', 'c')};`),
      ),
      ...each(e, `${y} + c] = o[c] / sum;`),
      ...end.before,
      `${y} + ${e}u] = ${end.value};`,
    ]
  }
  /** p and its cotangent g of query a and key b, whose channels, or those of C and V, are at hand under these names. */
  const again = (query: string, key: string, products: readonly string[]): readonly string[] => {
    const p = computed('again', { s: 'product', L: at(4, query, '0u'), ...mask(query, key) })
    const g = computed('gradient', { p: 'p', e: 'cotangent', D: at(5, query, '0u') })
    return ['var product = 0.0;', 'var cotangent = 0.0;', ...products, ...p.before, `let p = ${p.value};`, ...g.before, `let g = ${g.value};`] // prettier-ignore
  }
  const queries = (): readonly string[] => [
    `var q: array<f32, ${d}>;`,
    `var o: array<f32, ${d}>;`,
    ...each(d, `q[c] = ${at(0, 'i', 'c')};`),
    ...through(
      ...again('i', 'j', [
        ...each(d, `product += q[c] * ${at(1, 'j', 'c')};`),
        ...each(e, `cotangent += ${at(3, 'i', 'c')} * ${at(2, 'j', 'c')};`),
      ]),
      ...each(d, `o[c] += g * ${at(1, 'j', 'c')};`),
    ),
    ...each(d, `${y} + c] = o[c];`),
  ]
  const keys = (): readonly string[] => [
    `var k: array<f32, ${d}>;`,
    `var o: array<f32, ${d + e}>;`,
    ...each(d, `k[c] = ${at(1, 'i', 'c')};`),
    ...through(
      ...again('j', 'i', [
        ...each(d, `product += k[c] * ${at(0, 'j', 'c')};`),
        ...each(e, `cotangent += ${at(2, 'i', 'c')} * ${at(3, 'j', 'c')};`),
      ]),
      ...each(d, `o[c] += g * ${at(0, 'j', 'c')};`),
      ...each(e, `o[${d}u + c] += p * ${at(3, 'j', 'c')};`),
    ),
    ...each(d + e, `${y} + c] = o[c];`),
  ]
  return [`let z = e / ${ofRows};`, `let i = e % ${ofRows};`, ...{ output, queries, keys }[of]()]
}

/** The function of a unit of attention. */
export const attentionKernel = (work: Attention, writes: number, arrays: Arrays): Kernel => {
  const { matrices, rows } = attentionTable(work)
  return perElement(matrices * rows, arrays, given => rowOf(work, writes, arrays, given))
}
