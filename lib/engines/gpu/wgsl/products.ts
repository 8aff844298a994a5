/** Matrix products in WGSL. Each thread keeps a tile of Y in registers, so that each element that is read is used in several
 *  sums: blocks of four rows by four columns. */
import { sizeOf } from '../../../tensor'
import { type ProductLayout, productLayout } from '../plan/product'
import { blockFunction, blockNumbers, isOperandAligned, matrixStart, store } from './blocks'
import { type Arrays, haveFours, type Kernel, mapsOf, pointer, pointers, THREADS } from './kernels'
import { indent, type Numbers, numbersAfter } from './print'
import type { DraftStep } from '../plan/draft'
import { inPlace, type Unit } from './units'
import { floats, inFours, type View, vectors } from './view'

/** A product, and the maps of its elements that follow it. */
interface Made {
  readonly unit: Unit
  readonly layout: ProductLayout
  readonly writes: number
  readonly maps: readonly DraftStep[]
  readonly arrays: Arrays
  readonly view: View
}
const FOUR = [0, 1, 2, 3] as const
/** Statements of a tile of several blocks: the sums, what is added to them from blocks `a0`, `a1` … and `b0`, `b1` …, and where
 *  they go. */
const tileOf = ({ layout: { N }, view }: Made, down: readonly number[], across: readonly number[]) => {
  const rows = down.flatMap(i => FOUR.map(r => ({ i, r })))
  const each = (code: (i: number, r: number, j: number) => string): string[] =>
    rows.flatMap(({ i, r }) => across.map(j => code(i, r, j)))
  const sum = (i: number, r: number, j: number): string => `c${4 * i + r}_${j}`
  return {
    start: each((i, r, j) => `var ${sum(i, r, j)} = vec4f();`),
    add: each((i, r, j) => `${sum(i, r, j)} += ${FOUR.map(k => `a${i}[${k}][${r}] * b${j}[${k}]`).join(' + ')};`),
    end: each((i, r, j) => store(N % 4 === 0, sum(i, r, j), `(m0 + ${4 * i + r}u)`, `(n0 + ${4 * j}u)`, view)),
  }
}

/** Where the sums go: where they have no place of their own, to that of what is made of them in the same order. */
const targetOf = ({ writes, maps, arrays }: Made): number =>
  arrays.given.includes(writes) ? writes : inPlace(maps, writes, arrays.kept)!

/** The places of A, B and Y, where matrix z of each begins, and the sizes of Y. */
const placesOf = (made: Made, numbers: Numbers): readonly string[] => {
  const { layout, arrays } = made
  return [
    ...pointers(arrays),
    `let at_a = ${matrixStart(pointer(arrays, layout.a.array), layout, 'a', numbers)};`,
    `let at_b = ${matrixStart(pointer(arrays, layout.b.array), layout, 'b', numbers)};`,
    `let y = ${pointer(arrays, targetOf(made))};`,
    `let M = ${numbers(layout.M)};`,
    `let N = ${numbers(layout.N)};`,
  ]
}

/** Statements of the maps of a tile's elements, which the thread has stored and reads again: the code of each is there once. */
const mapsAfter = (
  { unit, maps, writes, arrays, view }: Made,
  rows: number,
  columns: number,
  numbers: Numbers,
): readonly string[] =>
  maps.length === 0
    ? []
    : [
        `for (var o = 0u; o < ${(rows * columns) / view.width}u; o++) {`,
        `  let i = m0 + o / ${columns / view.width}u;`,
        `  let j = n0 + o % ${columns / view.width}u${view.width === 1 ? '' : ` * ${view.width}u`};`,
        '  if (i < M && j < N) {',
        '    let e = (z * M + i) * N + j;',
        `    let y0 = ${view.width === 1 ? view.one('y + e') : view.four('y + e', true)};`,
        ...indent(indent(mapsOf(unit, maps, arrays, numbers, view, new Map([[writes, 'y0']])))),
        '  }',
        '}',
      ]

/** Multiplications from which on several blocks a thread are worth the longer kernel. */
const MIN_FOR_BLOCKS = 2 ** 18

/** Every thread reads what it needs itself: for adapters in software, whose workgroup memory is memory like any other. */
const registerTiles = (made: Made): Kernel => {
  const { layout, arrays, view } = made
  const { M, N, K, batch } = layout
  const large = M * N * K * sizeOf(batch.sizes) >= MIN_FOR_BLOCKS
  const [down, across] = [M, N].map(size => (large && size > 4 ? [0, 1] : [0])) as [number[], number[]]
  const [rows, columns] = [Math.ceil(M / 4 / down.length), Math.ceil(N / 4 / across.length)]
  const tiles = sizeOf(batch.sizes) * rows * columns
  const helpers = (['a', 'b'] as const).map(x => blockFunction(layout, x, false, view))
  const [left, right] = helpers.map(h => h.name) as [string, string]
  const { start, add, end } = tileOf(made, down, across)
  const { all, given, lets } = numbersAfter(arrays.given.length)
  const [k, inA, inB] = [given(K), blockNumbers(layout.a, K, given), blockNumbers(layout.b, K, given)]
  const [count, matrix, height, width] = [tiles, rows * columns, rows, columns].map(given)
  const body = [
    `let e = w * ${THREADS}u + l;`,
    `if (e >= ${count!}) { return; }`,
    `let z = e / ${matrix!};`,
    `let m0 = e % ${height!} * ${4 * down.length}u;`,
    `let n0 = e / ${height!} % ${width!} * ${4 * across.length}u;`,
    ...placesOf(made, given),
    ...start,
    `for (var k = 0u; k < ${k}; k += 4u) {`,
    ...down.map(i => `  let a${i} = ${left}(at_a, m0 + ${4 * i}u, k, ${inA});`),
    ...across.map(j => `  let b${j} = ${right}(at_b, n0 + ${4 * j}u, k, ${inB});`),
    ...add.map(line => `  ${line}`),
    '}',
    ...end,
    ...mapsAfter(made, 4 * down.length, 4 * across.length, given),
  ]
  return {
    threads: THREADS,
    workgroups: Math.ceil(tiles / THREADS),
    numbers: all,
    view,
    helpers,
    body: [...lets(), ...body],
  }
}

/** Elements along K that a workgroup keeps at a time. */
const DEPTH = 16
/** Workgroups that keep a GPU busy: with fewer large tiles, small ones are better. */
const MIN_WORKGROUPS = 64
/** Vectors of workgroup memory that an operand's tile needs, at most. */
export const TILE_VECTORS = DEPTH * 17

/** The threads of a workgroup share what they read, in workgroup memory: for GPUs. */
const workgroupTiles = (made: Made): Kernel => {
  const { layout, arrays, view } = made
  const { M, N, K, batch, a, b } = layout
  const Z = sizeOf(batch.sizes)
  const count = (size: number): number => Z * Math.ceil(M / size) * Math.ceil(N / size)
  const side = count(64) >= MIN_WORKGROUPS ? 64 : 32
  const lanes = side / 4
  const [rows, columns] = [Math.ceil(M / side), Math.ceil(N / side)]
  const blocks = (lanes * DEPTH) / 4
  const helpers = (['a', 'b'] as const).map(x => blockFunction(layout, x, K % DEPTH !== 0, view))
  const [left, right] = helpers.map(h => h.name) as [string, string]
  const { start, end } = tileOf(made, [0], [0])
  // A column more, so that threads which store side by side along K meet different banks.
  const pitch = lanes + 1
  /** Which block a thread reads: neighbours read what lies side by side. */
  const place = (along: number): string =>
    along === 1
      ? `let i = j / ${DEPTH / 4}u; let k = j % ${DEPTH / 4}u * 4u;`
      : `let i = j % ${lanes}u; let k = j / ${lanes}u * 4u;`
  const { all, given, lets } = numbersAfter(arrays.given.length)
  const [steps, inA, inB] = [given(K), blockNumbers(a, K, given), blockNumbers(b, K, given)]
  const [matrix, height, width] = [rows * columns, rows, columns].map(given)
  const keep = (name: string, base: string, first: string, along: number, to: string, numbers: string): string =>
    `${place(along)} let v = ${name}(${base}, ${first} + i * 4u, k0 + k, ${numbers}); ${FOUR.map(s => `${to}[(k + ${s}u) * ${pitch}u + i] = v[${s}];`).join(' ')}`
  const body = [
    `let z = w / ${matrix!};`,
    `let mt = w / ${width!} % ${height!} * ${side}u;`,
    `let nt = w % ${width!} * ${side}u;`,
    ...placesOf(made, given),
    ...start,
    `for (var k0 = 0u; k0 < ${steps}; k0 += ${DEPTH}u) {`,
    `  for (var i0 = l; i0 < ${2 * blocks}u; i0 += ${lanes * lanes}u) {`,
    `    let j = i0 % ${blocks}u;`,
    `    if (i0 < ${blocks}u) { ${keep(left, 'at_a', 'mt', a.along, 'tile_a', inA)} }`,
    `    else { ${keep(right, 'at_b', 'nt', b.along, 'tile_b', inB)} }`,
    '  }',
    '  workgroupBarrier();',
    `  for (var k = 0u; k < ${DEPTH}u; k++) {`,
    `    let av = tile_a[k * ${pitch}u + l / ${lanes}u];`,
    `    let bv = tile_b[k * ${pitch}u + l % ${lanes}u];`,
    ...FOUR.map(r => `    c${r}_0 += av[${r}] * bv;`),
    '  }',
    '  workgroupBarrier();',
    '}',
    `let m0 = mt + l / ${lanes}u * 4u;`,
    `let n0 = nt + l % ${lanes}u * 4u;`,
    ...end,
    ...mapsAfter(made, 4, 4, given),
  ]
  return {
    threads: lanes * lanes,
    workgroups: Z * rows * columns,
    numbers: all,
    view,
    helpers,
    body: [...lets(), ...body],
  }
}

/** Where the elements that several sums need are kept: in the registers of each thread, or in memory that the threads of a
 *  workgroup share. */
export const tilings = { registers: registerTiles, workgroups: workgroupTiles } as const
/** How our products on WebGPU share their work. */
export type Tiling = keyof typeof tilings

/** The function of a unit of a product. */
export const productKernel = (unit: Unit, arrays: Arrays, tiling: Tiling): Kernel => {
  const [{ work, writes }, ...maps] = unit.steps as readonly [DraftStep, ...DraftStep[]]
  if (work.kind !== 'product') throw new TypeError(`a unit of a product must begin with one, got a ${work.kind}`)
  const { space, left, right } = work
  const layout = productLayout(space, left, right)
  const aligned = (['a', 'b'] as const).some(which => isOperandAligned(layout, which))
  const view = aligned && inFours(layout.N) && haveFours(unit, maps, [writes]) ? vectors : floats
  return tilings[tiling]({ unit, layout, writes, maps, arrays, view })
}
