/** Kernels for textures, as mode headlessgl has them: tried here without textures. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type GpuJsSource, gpuJsSource } from '../../../../lib/engines/gpu/gpujs/source'
import { packedProduct } from '../../../../lib/engines/gpu/gpujs/textures'
import { row } from '../../../../lib/engines/gpu/gpujs/threads'
import { whole } from '../../../../lib/engines/gpu/plan/expression'

/** What the threads of a kernel in a row compute, one after another. */
const run = ({ source, output }: GpuJsSource, ...arrays: readonly unknown[]): unknown[] => {
  expect(output, 'a row').to.have.length(1)
  const quotient = (a: number, b: number): number => Math.floor(a / b)
  const inner = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * b[i]!, 0)
  const f = new Function('quotient', 'inner', `return ${source}`)(quotient, inner) as (...xs: unknown[]) => unknown
  return Array.from({ length: output[0]! }, (_, x) => f.call({ thread: { x } }, ...arrays))
}

const small = (max: number) => fc.integer({ min: 1, max })

describe('Threads in a row', () => {
  it('have the indexes of the elements that they stand for, in row-major order', () =>
    fc.assert(
      fc.property(fc.array(small(7), { maxLength: 4 }), shape => {
        const expected = shape.reduce<number[][]>(
          (all, n) => all.flatMap(index => Array.from({ length: n }, (_, i) => [...index, i])),
          [[]],
        )
        const { output, index } = row(shape)
        expect(run({ source: `function () { return [${index.join(', ')}] }`, output })).to.deep.equal(expected)
      }),
    ))

  it('read what lies in any order', () =>
    fc.assert(
      fc.property(small(5), small(5), small(5), (a, b, c) => {
        const array = Array.from({ length: a * b * c }, (_, i) => i)
        const at = { shape: [c, a, b], stride: [1, b * c, c], offset: 0 }
        const copied = run(
          gpuJsSource({ kind: 'map', value: { ...whole(0, [c, a, b]), at }, shape: [c, a, b] }, row),
          array,
        )
        const expected = Array.from({ length: c }, (_, k) => array.filter(v => v % c === k)).flat()
        expect(copied).to.deep.equal(expected)
      }),
    ))
})

describe('Products of packed operands', () => {
  /** Whole numbers: their sums are the same in any order. */
  const drawn = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7 + seed) % 11) - 5)
  /** How the numbers of [batch, rows, columns] lie: row by row, or column by column; the same for all of a batch, or not. */
  const lying = (rows: number, columns: number, byColumn: boolean, shared: boolean) =>
    [shared ? 0 : rows * columns, byColumn ? 1 : columns, byColumn ? rows : 1] as const
  const sizes = { batch: small(3), m: small(6), n: small(6), k: fc.integer({ min: 4, max: 13 }), offset: fc.nat(3) }
  const layout = { byColumn: fc.boolean(), shared: fc.boolean() }

  it('are the products, for all layouts, batches and sizes', () =>
    fc.assert(
      fc.property(fc.record(sizes), fc.record(layout), fc.record(layout), ({ batch, m, n, k, offset }, l, r) => {
        const [ab, am, ak] = lying(m, k, l.byColumn, l.shared)
        const [bb, bk, bn] = lying(k, n, r.byColumn, r.shared)
        const space = [batch, m, n, k]
        const [a, b] = [drawn(offset + batch * m * k, 1), drawn(batch * k * n, 2)]
        const left = { kind: 'read', array: 0, at: { shape: space, stride: [ab, am, 0, ak], offset } } as const
        const right = { kind: 'read', array: 1, at: { shape: space, stride: [bb, 0, bn, bk], offset: 0 } } as const
        const packed = packedProduct({ kind: 'product', space, left, right }, 1)!
        const expected = Array.from({ length: batch * m * n }, (_, at) => {
          const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n]
          const factors = Array.from(
            { length: k },
            (_, q) => a[offset + p * ab + i * am + q * ak]! * b[p * bb + q * bk + j * bn]!,
          )
          return factors.reduce((x, y) => x + y)
        })
        expect(run(packed.sums, run(packed.left, a), run(packed.right, b))).to.deep.equal(expected)
      }),
    ))

  it('are left as they are where that is faster', () => {
    const at = { shape: [8, 8, 8], stride: [8, 1, 0], offset: 0 }
    const read = { kind: 'read', array: 0, at } as const
    expect(packedProduct({ kind: 'product', space: [8, 8, 8], left: read, right: read })).to.equal(undefined)
  })
})
