/** Kernels as modules in WGSL, one for each text: units of the same text are one dispatch, whose workgroups go to one unit after
 *  another. */
import { attentionKernel } from './attention'
import { type Arrays, type Kernel, kernelOf, THREADS } from './kernels'
import { indent } from './print'
import { productKernel, TILE_VECTORS, type Tiling } from './products'
import { rowsKernel } from './rows'
import type { DraftStep } from '../plan/draft'
import { arraysOfUnit, inPlace, type Unit } from './units'
import { floats } from './view'

/** An entry of the table: where an array is, or a number. */
export type Entry = { readonly array: number } | { readonly number: number }
/** A unit with its kernel. Those of the same text differ in places and numbers alone. */
export interface UnitKernel {
  readonly unit: Unit
  readonly kernel: Kernel
  readonly text: string
  /** What it is given: arrays that it reads, and those that it writes. */
  readonly given: readonly number[]
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}

/** The most workgroups along a dimension that WebGPU promises. */
const MAX_WORKGROUPS = 65535
/** Workgroups for a count of them, along x and y. */
export const dispatchOf = (count: number): readonly [number, number] => {
  const y = Math.ceil(count / MAX_WORKGROUPS)
  return [Math.ceil(count / y), y]
}

/** The arrays that a unit reads again from where it wrote them: a row's elements, and a product's sums where these cannot be
 *  kept in the place of what is made of them. */
const readAgain = ({ kind, steps }: Unit, kept: readonly number[]): readonly number[] => {
  if (kind === 'rows') return steps.filter(s => s.work.kind === 'map').map(s => s.writes)
  const [{ writes }, ...maps] = steps as readonly [DraftStep, ...DraftStep[]]
  return kind === 'product' && inPlace(maps, writes, kept) === undefined ? [writes] : []
}

const kernelFor = (unit: Unit, arrays: Arrays, tiling: Tiling): Kernel => {
  const { work, writes } = unit.steps[0]!
  if (work.kind === 'attention') return attentionKernel(work, writes, arrays)
  if (unit.kind === 'product') return productKernel(unit, arrays, tiling)
  return unit.kind === 'rows' ? rowsKernel(unit, arrays, tiling === 'workgroups') : kernelOf(unit, arrays)
}

/** The kernel of a unit.
 *  @param readers how many steps read an array */
export const unitKernel = (unit: Unit, readers: ReadonlyMap<number, number>, tiling: Tiling): UnitKernel => {
  const { reads, made, kept } = arraysOfUnit(unit, readers)
  const again = readAgain(unit, kept)
  const writes = made.filter(a => kept.includes(a) || again.includes(a))
  const arrays = { given: [...reads, ...writes], kept }
  const kernel = kernelFor(unit, arrays, tiling)
  return { unit, kernel, text: kernel.body.join('\n  '), given: arrays.given, reads, writes }
}

/** Fields of a unit at the table's beginning: its first workgroup, and where what it is given begins. */
const FIELDS = 2
/** Finds the unit of workgroup g by halves: `base` is where the dispatch's part of the table begins, how many units it has, and
 *  how many workgroups they have together. */
const FIND = [
  'let g = id.x + id.y * all.x;',
  'if (g >= base.z) { return; }',
  'var u = base.x;',
  'for (var n = base.y; n > 1u; ) {',
  '  let half = n / 2u;',
  `  let later = t[u + half * ${FIELDS}u] <= g;`,
  `  u = select(u, u + half * ${FIELDS}u, later);`,
  '  n = select(half, n - half, later);',
  '}',
  'let w = g - t[u];',
  'let b = base.x + t[u + 1u];',
]

/** The module of a kernel. */
export const codeOf = ({ kernel, text }: UnitKernel): string => {
  const helpers = new Map((kernel.helpers ?? []).map(h => [h.name, h.code]))
  const tiles = ['tile_a', 'tile_b'].map(name => `var<workgroup> ${name}: array<vec4f, ${TILE_VECTORS}>;`)
  return [
    `@group(0) @binding(0) ${(kernel.view ?? floats).memory}`,
    '@group(0) @binding(1) var<storage, read> t: array<u32>;',
    '@group(0) @binding(2) var<uniform> base: vec4u;',
    ...(text.includes('tile_a') ? tiles : []),
    ...(text.includes('shared_row') ? [`var<workgroup> shared_row: array<f32, ${THREADS}>;`] : []),
    ...helpers.values(),
    `@compute @workgroup_size(${kernel.threads})`,
    'fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) all: vec3u, @builtin(local_invocation_index) l: u32) {',
    ...indent(FIND),
    `  ${text}`,
    '}',
  ].join('\n')
}

/** What a dispatch of units of one text is given, and how many workgroups it has. */
export const tableOf = (
  units: readonly UnitKernel[],
): { readonly entries: readonly Entry[]; readonly count: number } => {
  const fields: Entry[] = []
  const entries: Entry[] = []
  let count = 0
  for (const { kernel, given } of units) {
    fields.push({ number: count }, { number: units.length * FIELDS + entries.length })
    entries.push(...given.map(array => ({ array })), ...kernel.numbers.map(number => ({ number })))
    count += kernel.workgroups
  }
  return { entries: [...fields, ...entries], count }
}

/** A table's words, which are kept: they differ from run to run in the places of arrays alone. */
export const tableAt = (entries: readonly Entry[]): ((placeOf: (array: number) => number) => Uint32Array) => {
  const words = Uint32Array.from(entries, entry => ('number' in entry ? entry.number : 0))
  const uses = new Map<number, number[]>()
  entries.forEach((entry, i) => {
    if ('array' in entry) uses.set(entry.array, [...(uses.get(entry.array) ?? []), i])
  })
  return placeOf => {
    for (const [array, at] of uses) {
      const place = placeOf(array)
      for (const i of at) words[i] = place
    }
    return words
  }
}
