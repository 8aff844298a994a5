/** A matrix product in WebAssembly, in place of the one that gpu.js makes: four rows by eight columns of Y at a time stay in
 *  SIMD registers, so that each element that is read is used in several sums. Sums are in the order of K, as in the plain
 *  kernel: results are the same to the last bit. */
import type { Emitter, ModuleBuilder } from './gpujs'
import type { Product } from './product'

/** Where gpu.js puts the arguments and the result, in bytes. */
export interface Memory {
  readonly arrays: Readonly<Record<string, { readonly offset: number }>>
  readonly outputOffset: number
}

const FLOAT = 4
const ROWS = 4

/** v128.load32_splat, which gpu.js's builder has no name for. */
const loadSplat = (em: Emitter, offset: number): void => {
  const bytes: number[] = []
  let rest = offset
  do {
    bytes.push(rest > 127 ? (rest & 127) | 128 : rest)
    rest >>>= 7
  } while (rest > 0)
  em._push([0xfd, 0x09, 2, ...bytes])
}

/** A function (a, b, y): so many rows by columns of Y, from the addresses of a row of A, a column of B and an element of Y.
 *  A column is four elements wide, or a single one. */
const tile = (
  builder: ModuleBuilder,
  name: string,
  p: Product,
  memory: Memory,
  rows: number,
  columns: number,
  wide: boolean,
): void => {
  const em = builder.addFunction(name, { params: ['i32', 'i32', 'i32'], results: [] })
  const [A, B, Y] = [0, 1, 2]
  const type = wide ? 'v128' : 'f32'
  const width = wide ? 4 * FLOAT : FLOAT
  const [a0, b0] = [p.a, p.b].map(x => memory.arrays[`a${x.argument}`]!.offset + x.offset * FLOAT) as [number, number]
  const down = (p.rows.at(-1)?.a ?? 0) * FLOAT
  const left = em.addLocal('i32')
  const s = em.addLocal(type)
  const b = Array.from({ length: columns }, () => em.addLocal(type))
  const sums = Array.from({ length: rows }, () => b.map(() => em.addLocal(type)))
  em.i32Const(p.k).localSet(left).loop()
  b.forEach((local, c) => {
    em.localGet(B)
    if (wide) em.v128Load(b0 + c * width, 2)
    else em.f32Load(b0 + c * width, 2)
    em.localSet(local)
  })
  sums.forEach((row, r) => {
    em.localGet(A)
    if (wide) loadSplat(em, a0 + r * down)
    else em.f32Load(a0 + r * down, 2)
    em.localSet(s)
    row.forEach((sum, c) => {
      em.localGet(sum).localGet(s).localGet(b[c]!)
      if (wide) em.f32x4Mul().f32x4Add()
      else em.f32Mul().f32Add()
      em.localSet(sum)
    })
  })
  em.localGet(A)
    .i32Const(p.a.step * FLOAT)
    .i32Add()
    .localSet(A)
  em.localGet(B)
    .i32Const(p.b.step * FLOAT)
    .i32Add()
    .localSet(B)
  em.localGet(left).i32Const(1).i32Sub().localTee(left).brIf(0).end()
  sums.forEach((row, r) =>
    row.forEach((sum, c) => {
      em.localGet(Y).localGet(sum)
      const at = memory.outputOffset + r * p.n * FLOAT + c * width
      if (wide) em.v128Store(at, 2)
      else em.f32Store(at, 2)
    }),
  )
}

/** A function (a, b, y, from, to): the columns from … to−1 of so many rows. */
const span = (
  builder: ModuleBuilder,
  name: string,
  tiles: readonly (readonly [tile: string, columns: number])[],
): void => {
  const em = builder.addFunction(name, { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] })
  const [A, B, Y, FROM, TO] = [0, 1, 2, 3, 4]
  for (const [called, columns] of tiles) {
    em.block().loop()
    em.localGet(FROM).i32Const(columns).i32Add().localGet(TO).i32GtS().brIf(1)
    em.localGet(A)
    for (const base of [B, Y]) em.localGet(base).localGet(FROM).i32Const(2).i32Shl().i32Add()
    em.call(called)
    em.localGet(FROM).i32Const(columns).i32Add().localSet(FROM).br(0).end().end()
  }
}

/** Writes the functions of a product to a module. gpu.js calls `run(from, to, seed)` for elements from … to−1 of Y. */
export const writeProduct = (builder: ModuleBuilder, p: Product, memory: Memory): void => {
  for (const [rows, kind] of [
    [ROWS, 'four'],
    [1, 'one'],
  ] as const) {
    tile(builder, `${kind}_8`, p, memory, rows, 2, true)
    tile(builder, `${kind}_4`, p, memory, rows, 1, true)
    tile(builder, `${kind}_1`, p, memory, rows, 1, false)
    const tiles = [8, 4, 1].map(columns => [`${kind}_${columns}`, columns] as const)
    span(builder, kind, tiles)
  }
  const em = builder.addFunction('run', { params: ['i32', 'i32', 'i32'], results: [] })
  const [AT, TO] = [0, 1]
  const [y, x, end] = [em.addLocal('i32'), em.addLocal('i32'), em.addLocal('i32')]
  /** The address of row y: Σ step · index, the indexes being those of y in row-major order. */
  const address = (which: 'a' | 'b'): void => {
    em.i32Const(0)
    let inner = 1
    for (const row of [...p.rows].reverse()) {
      if (row[which] !== 0) {
        em.localGet(y).i32Const(inner).i32DivU().i32Const(row.size).i32RemU()
        em.i32Const(row[which] * FLOAT)
          .i32Mul()
          .i32Add()
      }
      inner *= row.size
    }
  }
  const rowsFrom = (called: string): void => {
    address('a')
    address('b')
    em.localGet(y)
      .i32Const(p.n * FLOAT)
      .i32Mul()
    em.localGet(x).localGet(end).call(called)
  }
  const last = p.rows.at(-1)
  em.localGet(AT).i32Const(p.n).i32DivU().localSet(y)
  em.localGet(AT).i32Const(p.n).i32RemU().localSet(x)
  em.block().loop()
  em.localGet(AT).localGet(TO).i32GeS().brIf(1)
  // Four whole rows of one matrix, where there are as many left.
  em.localGet(x).i32Eqz()
  em.localGet(AT)
    .i32Const(ROWS * p.n)
    .i32Add()
    .localGet(TO)
    .i32LeS()
    .i32And()
  em.localGet(y)
    .i32Const(last?.size ?? 1)
    .i32RemU()
    .i32Const(ROWS)
    .i32Add()
    .i32Const(last?.b === 0 ? last.size : 0)
    .i32LeS()
    .i32And()
  em.if_()
  em.i32Const(p.n).localSet(end)
  rowsFrom('four')
  em.localGet(y).i32Const(ROWS).i32Add().localSet(y)
  em.localGet(AT)
    .i32Const(ROWS * p.n)
    .i32Add()
    .localSet(AT)
  em.else_()
  em.localGet(x).localGet(TO).i32Add().localGet(AT).i32Sub().localSet(end)
  em.localGet(end).i32Const(p.n).i32GtS().if_().i32Const(p.n).localSet(end).end()
  rowsFrom('one')
  em.localGet(AT).localGet(end).i32Add().localGet(x).i32Sub().localSet(AT)
  em.localGet(y).i32Const(1).i32Add().localSet(y)
  em.i32Const(0).localSet(x)
  em.end()
  em.br(0).end().end()
  builder.exportFunction('run')
}
