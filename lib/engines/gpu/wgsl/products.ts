/** Matrix products in WGSL. Each thread keeps a tile of Y in registers, so that each element that is read is used in several
 *  sums: blocks of four rows by four columns. */
import { sizeOf } from '../../../tensor'
import { dispatch, type Shader, shared, store } from './blocks'
import type { ProductLayout } from '../plan/product'

const FOUR = [0, 1, 2, 3] as const

/** Statements of a tile of several blocks: the sums, what is added to them from blocks `a0`, `a1` … and `b0`, `b1` …, and where
 *  they go. */
const tileOf = (layout: ProductLayout, down: readonly number[], across: readonly number[]) => {
  const rows = down.flatMap(i => FOUR.map(r => ({ i, r })))
  const each = (code: (i: number, r: number, j: number) => string, separator: string): string =>
    rows.flatMap(({ i, r }) => across.map(j => code(i, r, j))).join(separator)
  const sum = (i: number, r: number, j: number): string => `c${4 * i + r}_${j}`
  return {
    start: each((i, r, j) => `var ${sum(i, r, j)} = vec4f();`, ' '),
    add: each(
      (i, r, j) => `${sum(i, r, j)} += ${FOUR.map(k => `a${i}[${k}][${r}] * b${j}[${k}]`).join(' + ')};`,
      '\n    ',
    ),
    end: each((i, r, j) => store(layout, sum(i, r, j), `(m + ${4 * i + r}u)`, `(n + ${4 * j}u)`), '\n  '),
  }
}

/** Multiplications from which on several blocks a thread are worth the longer kernel. */
const MIN_FOR_BLOCKS = 2 ** 18

/** Every thread reads what it needs itself: for adapters in software, whose workgroup memory is memory like any other. */
export const registerTiles = (layout: ProductLayout, reads: readonly number[]): Shader => {
  const { M, N, K, batch } = layout
  const large = M * N * K * sizeOf(batch.sizes) >= MIN_FOR_BLOCKS
  const [down, across] = [M, N].map(size => (large && size > 4 ? [0, 1] : [0])) as [number[], number[]]
  const [rows, columns] = [Math.ceil(M / 4 / down.length), Math.ceil(N / 4 / across.length)]
  const tiles = sizeOf(batch.sizes) * rows * columns
  const THREADS = 64
  const { groups, index } = dispatch(Math.ceil(tiles / THREADS))
  const { start, add, end } = tileOf(layout, down, across)
  const code = `${shared(layout, reads, false)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_index) l: u32) {
  let t = ${index} * ${THREADS}u + l;
  if (t >= ${tiles}u) { return; }
  let z = t / ${rows * columns}u;
  let m = t % ${rows}u * ${4 * down.length}u;
  let n = t / ${rows}u % ${columns}u * ${4 * across.length}u;
  let at_a = base_a(z);
  let at_b = base_b(z);
  ${start}
  for (var k = 0u; k < ${K}u; k += 4u) {
    ${down.map(i => `let a${i} = left(at_a, m + ${4 * i}u, k);`).join(' ')}
    ${across.map(j => `let b${j} = right(at_b, n + ${4 * j}u, k);`).join(' ')}
    ${add}
  }
  ${end}
}`
  return { code, groups }
}

/** Elements along K that a workgroup keeps at a time. */
const DEPTH = 16
/** Workgroups that keep a GPU busy: with fewer large tiles, small ones are better. */
const MIN_WORKGROUPS = 64

/** The threads of a workgroup share what they read, in workgroup memory: for GPUs. */
export const workgroupTiles = (layout: ProductLayout, reads: readonly number[]): Shader => {
  const { M, N, K, batch } = layout
  const Z = sizeOf(batch.sizes)
  const count = (side: number): number => Z * Math.ceil(M / side) * Math.ceil(N / side)
  const side = count(64) >= MIN_WORKGROUPS ? 64 : 32
  const lanes = side / 4
  const [rows, columns, tiles] = [Math.ceil(M / side), Math.ceil(N / side), count(side)]
  const { groups, index } = dispatch(tiles)
  const blocks = (lanes * DEPTH) / 4
  const { start, end } = tileOf(layout, [0], [0])
  // A column more, so that threads which store side by side along K meet different banks.
  const pitch = lanes + 1
  /** Which block a thread reads: neighbours read what lies side by side. */
  const place = (along: number): string =>
    along === 1
      ? `let i = j / ${DEPTH / 4}u; let k = j % ${DEPTH / 4}u * 4u;`
      : `let i = j % ${lanes}u; let k = j / ${lanes}u * 4u;`
  const keep = (name: string, base: string, first: string, along: number, from: string): string =>
    `${place(along)} let v = ${name}(${base}, ${first} + i * 4u, k0 + k); ${FOUR.map(s => `${from}[(k + ${s}u) * ${pitch}u + i] = v[${s}];`).join(' ')}`
  const code = `${shared(layout, reads, K % DEPTH !== 0)}
var<workgroup> tile_a: array<vec4f, ${DEPTH * pitch}>;
var<workgroup> tile_b: array<vec4f, ${DEPTH * pitch}>;
@compute @workgroup_size(${lanes}, ${lanes})
fn main(@builtin(workgroup_id) w: vec3u, @builtin(local_invocation_id) l: vec3u) {
  let t = ${index};
  if (t >= ${tiles}u) { return; }
  let z = t / ${rows * columns}u;
  let m0 = t / ${columns}u % ${rows}u * ${side}u;
  let n0 = t % ${columns}u * ${side}u;
  let at_a = base_a(z);
  let at_b = base_b(z);
  ${start}
  for (var k0 = 0u; k0 < ${K}u; k0 += ${DEPTH}u) {
    for (var i0 = l.y * ${lanes}u + l.x; i0 < ${2 * blocks}u; i0 += ${lanes * lanes}u) {
      let j = i0 % ${blocks}u;
      if (i0 < ${blocks}u) { ${keep('left', 'at_a', 'm0', layout.a.along, 'tile_a')} }
      else { ${keep('right', 'at_b', 'n0', layout.b.along, 'tile_b')} }
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      let a = tile_a[k * ${pitch}u + l.y];
      let b = tile_b[k * ${pitch}u + l.x];
      ${FOUR.map(r => `c${r}_0 += a[${r}] * b;`).join(' ')}
    }
    workgroupBarrier();
  }
  let m = m0 + l.y * 4u;
  let n = n0 + l.x * 4u;
  ${end}
}`
  return { code, groups }
}
