/** Formulas and layouts through the assembler, against JavaScript and the reference. */
import { expect } from 'chai'
import fc from 'fast-check'
import { concatAll, matmul, mul, permute } from '../../../../lib/primitives'
import { flat, fromArray, over, type Tensor } from '../../../../lib/tensor'
import { trace } from '../../../../lib/trace'
import { each, whole } from '../../../../lib/engines/gpu/plan/expression'
import { parseFormula } from '../../../../lib/engines/gpu/plan/parse'
import { type Plan, planOf } from '../../../../lib/engines/gpu/plan/plan'
import { barriers } from '../../../../lib/engines/gpu/wasm/runtime/barrier'
import { openMachine } from '../../../../lib/engines/gpu/wasm/runtime/machine'
import { randomFunction } from '../../../laws/rewrites'
import { drawn, expectNear, expectSame } from '../../../laws/values'

const run = async (plan: Plan, ...xs: readonly Float32Array[]): Promise<readonly Float32Array[]> => {
  const machine = openMachine(1)
  const given = new Map(xs.map((x, i) => [i, machine.upload(x)]))
  const made = await (await machine.compile(plan))(given)
  const found = plan.outputs.map(({ array }) => machine.download(made.get(array)!))
  await machine.close()
  return found
}
/** Whole numbers, whose sums and products are exact. */
const wholeNumbers = (shape: readonly number[], seed: number): Tensor =>
  over(Float32Array.from(flat(drawn(shape, seed)), Math.round), shape)

describe('Kernels in WebAssembly', () => {
  it('have every operator of formulas, as JavaScript has it', async () => {
    const formulas = [
      'x0 + x1 * x0 - x1', 'x0 * x1 + x0 * x0', 'x0 - x1 * x1', '-x0 * -x1', 'x0 / 4.0 + x1 / 2.0',
      'x0 < x1 && x1 < 2.0 ? x0 : x1', 'x0 > x1 || x1 >= 2.0 ? x0 : x1', 'x0 <= x1 ? 1.0 : 0.0', '!(x0 === x1) ? x0 : 7.0',
      'x0 !== x1 && !(x0 < 0.0) ? 1.0 : -1.0', 'Math.max(x0, x1, 1.0)', 'Math.min(x0, x1)', 'Math.abs(x0) + Math.floor(x1 / 2.0)',
      'Math.sqrt(x0 * x0)', 'Math.cbrt(x0 * x0 * x0)', 'Math.atan2(x0, x1)', 'Math.pow(x0, 2.0)',
    ] // prettier-ignore
    const shape = [37]
    const [a, b] = [1, 2].map(seed => flat(wholeNumbers(shape, seed)) as Float32Array) as [Float32Array, Float32Array]
    for (const source of formulas) {
      const value = each(parseFormula(source), [whole(0, shape), whole(1, shape)])
      const step = { work: { kind: 'map', value, shape } as const, reads: [0, 1], writes: 2, frees: [], title: source }
      const plan: Plan = { constants: new Map(), steps: [step], outputs: [{ array: 2, shape }], sizes: [37, 37, 37] }
      const expected = new Function('x0', 'x1', `return ${source}`) as (x0: number, x1: number) => number
      const [found] = await run(plan, a, b)
      found!.forEach((v, i) => expect(v, `${source} of ${a[i]}, ${b[i]}`).to.equal(Math.fround(expected(a[i]!, b[i]!))))
    }
  })

  it('have random formulas of random sizes, as JavaScript has them', async () => {
    /** A formula of whole numbers, and how large they may become: exact, whatever is rounded once or twice. */
    type Bounded = readonly [source: string, most: number]
    const { value: formulas } = fc.letrec<{ value: Bounded; test: string }>(tie => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom<Bounded>(['x0', 2], ['x1', 2], ['3.0', 3], ['1.0', 1], ['0.0', 0]),
        fc.tuple(tie('value'), fc.constantFrom('+', '-'), tie('value')).map(([[a, m], op, [b, n]]): Bounded => [`(${a} ${op} ${b})`, m + n]), // prettier-ignore
        fc.tuple(tie('value'), tie('value')).map(([[a, m], [b, n]]): Bounded => [`${a} * ${b}`, m * n]),
        fc.tuple(tie('value'), fc.constantFrom('max', 'min'), tie('value')).map(([[a, m], f, [b, n]]): Bounded => [`Math.${f}(${a}, ${b})`, Math.max(m, n)]), // prettier-ignore
        tie('value').map(([a, m]): Bounded => [`Math.abs(${a})`, m]),
        tie('value').map(([a, m]): Bounded => [`(0.0 - ${a})`, m]),
        tie('value').map(([a, m]): Bounded => [`Math.floor(${a} / 2.0)`, m]),
        fc.tuple(tie('test'), tie('value'), tie('value')).map(([t, [a, m], [b, n]]): Bounded => [`(${t} ? ${a} : ${b})`, Math.max(m, n)]), // prettier-ignore
      ),
      test: fc
        .tuple(tie('value'), fc.constantFrom('<', '>', '<=', '>=', '===', '!=='), tie('value'), fc.constantFrom('', '!'))
        .map(([[a], op, [b], not]) => `${not}(${a} ${op} ${b})`),
    })) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(
        formulas.filter(([source, most]) => most < 2 ** 24 && /x0/.test(source) && /x1/.test(source)),
        fc.integer({ min: 1, max: 67 }),
        fc.nat(),
        async ([source], n, seed) => {
          const [a, b] = [seed, seed + 1].map(s => flat(wholeNumbers([n], s)) as Float32Array) as [Float32Array, Float32Array] // prettier-ignore
          const value = each(parseFormula(source), [whole(0, [n]), whole(1, [n])])
          const step = { work: { kind: 'map', value, shape: [n] } as const, reads: [0, 1], writes: 2, frees: [], title: source } // prettier-ignore
          const plan: Plan = { constants: new Map(), steps: [step], outputs: [{ array: 2, shape: [n] }], sizes: [n, n, n] } // prettier-ignore
          const expected = new Function('x0', 'x1', `return ${source}`) as (x0: number, x1: number) => number
          const [found] = await run(plan, a, b)
          expect(found!.length).to.equal(n)
          // 0 and −0 are the same number.
          found!.forEach((v, i) => expect(v + 0, `${source} of ${a[i]}, ${b[i]}`).to.equal(expected(a[i]!, b[i]!) + 0))
        },
      ),
      { numRuns: 200 },
    )
  }).timeout(120_000)

  it('have random functions of tensors of odd sizes, as the references have them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom([3, 5], [7, 13], [1, 67], [9, 11], [13, 1], [2, 31]),
        async (seed, steps, [m, n]) => {
          const xs = [[m, n], [n], [n, m], []].map((shape, i) => drawn(shape, seed + i))
          const f = (...of: Tensor[]): readonly Tensor[] => randomFunction(seed, steps)(of)
          const found = await run(planOf(trace(f, ...xs).graph), ...xs.map(x => flat(x) as Float32Array))
          const expected = f(...xs)
          // What a value that cancels holds is measured against the largest.
          const all = expected.flatMap(y => [...flat(y)])
          expectNear(found.flatMap(y => [...y]), all, 1e-4, 'all results together') // prettier-ignore
        },
      ),
      { numRuns: 60 },
    )
  }).timeout(120_000)

  it('put results where they belong, whatever their sizes', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 2, maxLength: 3 }), fc.nat(2), async (shape, k) => {
        const axis = k % shape.length
        const xs = [1, 2, 3].map(seed => wholeNumbers(shape, seed))
        const f = (...ys: Tensor[]) => concatAll(axis, [ys[0]!, mul(ys[1]!, ys[1]!), ys[2]!])
        const [found] = await run(planOf(trace(f, ...xs).graph), ...xs.map(x => flat(x) as Float32Array))
        const expected = f(...xs)
        expectSame(over(found!, expected.shape), fromArray(flat(expected), expected.shape), `along axis ${axis}`)
      }),
      { numRuns: 40 },
    )).timeout(120_000) // prettier-ignore

  it('have products of all sizes around those of tiles, packed and not', async () => {
    const transposed = (x: Tensor): Tensor => permute(x, [1, 0])
    for (const [m, k, n] of [[1, 1, 1], [1, 257, 5], [7, 259, 49], [33, 17, 63], [130, 300, 66], [257, 5, 19]] as const) {
      const xs = [wholeNumbers([m, k], 1), wholeNumbers([k, n], 2)]
      const f = (a: Tensor, b: Tensor) => [matmul(a, b), matmul(transposed(b), transposed(a)), matmul(transposed(a), a)]
      const found = await run(planOf(trace(f, ...(xs as [Tensor, Tensor])).graph), ...xs.map(x => flat(x) as Float32Array))
      f(...(xs as [Tensor, Tensor])).forEach((y, i) =>
        expectSame(over(found[i]!, y.shape), fromArray(flat(y), y.shape), `product ${i} of ${m}, ${k}, ${n}`),
      )
    }
  }).timeout(120_000) // prettier-ignore

  it('wait for what lies in a part of the same place', () => {
    const plan = { sizes: [16, 16, 16] } as unknown as Plan
    const needed = (second: number): boolean => {
      const wait = barriers(plan, new Map([[0, 0], [1, second]])) // prettier-ignore
      wait({ reads: [2], writes: 0 }, true)
      return wait({ reads: [2], writes: 1 }, true)
    }
    expect([0, 4, 60, 64, 128].map(needed)).to.deep.equal([true, true, true, false, false])
  })
})
