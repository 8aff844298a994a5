/** Units of rows in WGSL: layer norms, softmaxes and their gradients, each in one kernel. Folds of rows, maps of their elements
 *  and maps of the rows' results follow one another; what a thread wrote of a row it alone reads again. */
import { merged, splitAxes } from '../plan/axes'
import type { Read } from '../plan/expression'
import { type Formula, named, sameFormula } from '../plan/formula'
import { type Reduction, startsWithElement, SUM } from '../plan/parse'
import type { Fold } from '../plan/work'
import { type Arrays, element, indexes, type Kernel, pointer, pointers, THREADS } from './kernels'
import { indent, numbersAfter, writer } from './print'
import { makes, splitAt, type Unit } from './units'

/** Whether parts of what is reduced may be reduced first, in any order: sums, and choices between two of the elements. */
const inAnyOrder = ({ start, step }: Reduction): boolean => {
  const isName = (f: Formula | undefined, name: string): boolean => f !== undefined && sameFormula(f, named(name))
  if (sameFormula(step, SUM.step)) return sameFormula(start, SUM.start)
  return step.kind === 'apply' && step.op === '?:' && isName(step.of[1], 'x') && isName(step.of[2], 's')
}

/** How many threads share a row: 1, or a power of two of them. */
const lanesFor = ({ steps, length }: Unit, shared: boolean): number => {
  const apart = steps.every(({ work }) => work.kind !== 'fold' || inAnyOrder(work.reduction))
  let lanes = 1
  while (shared && apart && lanes * 2 <= Math.min(THREADS, length)) lanes *= 2
  return lanes
}

/** Statements by which the threads of a row get the fold of all from those that each has in `s`. */
const together = (s: string, { step }: Reduction, lanes: number): readonly string[] => {
  const halves: string[] = []
  const both = writer().formula(step, { s, x: 'other' }, halves)
  return [
    `shared_row[l] = ${s};`,
    'workgroupBarrier();',
    `for (var d = ${lanes / 2}u; d > 0u; d /= 2u) {`,
    '  if (lane < d) {',
    '    let other = shared_row[l + d];',
    ...indent(indent([...halves, `${s} = ${both};`, `shared_row[l] = ${s};`])),
    '  }',
    '  workgroupBarrier();',
    '}',
    `${s} = shared_row[l - lane];`,
    'workgroupBarrier();',
  ]
}

/** The function of a unit of rows.
 *  @param shared whether the threads of a workgroup share rows */
export const rowsKernel = (unit: Unit, arrays: Arrays, shared: boolean): Kernel => {
  const rows = unit.count / unit.length
  const lanes = lanesFor(unit, shared)
  const { all, given, lets } = numbersAfter(arrays.given.length)
  const [count, length] = [given(rows), given(unit.length)]
  const [ofRow, inRow] = [indexes('r', given), indexes('c', given)]
  const { write, formula } = writer()
  /** What rows come to, by arrays. */
  const results = new Map<number, string>()
  const written = new Set<number>()
  const body: string[] = []
  const start = lanes === 1 ? '0u' : 'lane'
  const loop = (inside: readonly string[]): string[] => [
    `for (var c = ${start}; c < ${length}; c += ${lanes}u) {`,
    ...indent(inside),
    '}',
  ]
  /** Stores where there is such a row, by one thread of it. */
  const store = (place: string, value: string, by = ''): string => {
    const statement = `m[${place}] = ${value};`
    return lanes === 1 ? statement : `if (there${by}) { ${statement} }`
  }
  const result = (writes: number, value: string): void => {
    const name = `f${results.size}`
    body.push(`let ${name} = ${value};`)
    results.set(writes, name)
    if (arrays.kept.includes(writes)) body.push(store(`${pointer(arrays, writes)} + r`, name, ' && lane == 0u'))
  }
  const found = (r: Read): string | undefined =>
    results.get(r.array) ?? (written.has(r.array) ? `m[${pointer(arrays, r.array)} + r * ${length} + c]` : undefined)

  /** Reduces what `each` computes of an element. */
  const foldRows = ({ reduction }: Fold, writes: number, each: (out: string[]) => string): void => {
    const s = `s${results.size}`
    if (startsWithElement(reduction)) {
      const inside: string[] = []
      const first = formula(reduction.start, { x: each(inside) }, inside)
      body.push(`var ${s}: f32;`, '{', ...indent([`let c = ${start};`, ...inside, `${s} = ${first};`]), '}')
    } else body.push(`var ${s} = ${formula(reduction.start, {}, body)};`)
    const inside: string[] = []
    const next = formula(reduction.step, { s, x: each(inside) }, inside)
    body.push(...loop([...inside, `${s} = ${next};`]))
    if (lanes > 1) body.push(...together(s, reduction, lanes))
    result(writes, formula(reduction.end, { s }, body))
  }
  for (const step of unit.steps) {
    const { work, writes } = step
    if (work.kind !== 'map' && work.kind !== 'fold') throw new TypeError(`a unit of rows must have maps and folds alone, got a ${work.kind}`) // prettier-ignore
    if (work.kind === 'map' && makes(step, unit) === 'row') {
      const { shape, value } = merged(work.value, work.shape)
      const index = ofRow(shape)
      result(
        writes,
        write(value, r => found(r) ?? element(arrays, r, index, given), body),
      )
      continue
    }
    const from = splitAt(work.shape, unit.length)
    const inner = [...work.shape.keys()].filter(a => a >= from)
    const { kept, reduced, value } = splitAxes(work.value, work.shape, inner)
    const index = [...ofRow(kept), ...inRow(reduced)]
    const each = (out: string[]): string => write(value, r => found(r) ?? element(arrays, r, index, given), out)
    if (work.kind === 'fold') foldRows(work, writes, each)
    else {
      const inside: string[] = []
      const y = each(inside)
      body.push(...loop([...inside, store(`${pointer(arrays, writes)} + r * ${length} + c`, y)]))
      written.add(writes)
    }
  }

  const each = THREADS / lanes
  const place =
    lanes === 1
      ? [`let r = w * ${THREADS}u + l;`, `if (r >= ${count}) { return; }`]
      : [
          `let lane = l % ${lanes}u;`,
          `let there = w * ${each}u + l / ${lanes}u < ${count};`,
          // Threads beyond the last row do it again, to meet at the barriers, and write nothing.
          `let r = min(w * ${each}u + l / ${lanes}u, ${count} - 1u);`,
        ]
  return {
    body: [...pointers(arrays), ...lets(), ...place, ...body],
    numbers: all,
    workgroups: Math.ceil(rows / each),
    threads: THREADS,
  }
}
