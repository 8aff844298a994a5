/** The laws: what holds for every primitive and every equation, on every engine. */
import { expect } from 'chai'
import fc from 'fast-check'
import ndarray from 'ndarray'
import { add, mul, total } from '../../lib/primitives'
import { type DType, DTypeError, flat, fromArray, over, type Tensor } from '../../lib/tensor'
import { entries, evaluateNodes, leaves, trace } from '../../lib/trace'
import { grad } from '../../lib/transforms'
import { type EngineUnderTest, engines } from './engines'
import { itWhere } from './skips'
import { expectClose, expectNear, expectSame, laidOut, layouts, type Operand, operandsOf, snapshot } from './values'

/** One call of a pure function of tensors; its result is a tensor, or a tree of them. */
export interface Call {
  readonly f: (...xs: Tensor[]) => unknown
  readonly operands: readonly Operand[]
}
/** Every call that the laws should hold for. */
export type Case = fc.Arbitrary<Call>

const DTYPES = ['float32', 'float64'] as const
/** How many calls each law is tried on. */
interface Runs {
  readonly numRuns: number
}
/** A call with the seed of its operands. */
const drawn = (calls: Case): fc.Arbitrary<Call & { readonly seed: number }> =>
  fc.record({ call: calls, seed: fc.nat() }).map(({ call, seed }) => ({ ...call, seed }))

/** A scalar of everything that a call makes, differently weighted: Σ w·y. */
const weighted =
  ({ f }: Call, seed: number) =>
  (xs: readonly Tensor[]): Tensor<[]> => {
    const weight = (y: Tensor, i: number): Tensor =>
      operandsOf([{ shape: y.shape, range: 'any' }], seed + 1 + i, y.dtype)[0]!
    return inner(leaves(f(...xs)), weight)
  }
const inner = (ys: readonly Tensor[], weight: (y: Tensor, i: number) => Tensor): Tensor<[]> =>
  ys.map((y, i) => total(mul(y, weight(y, i)))).reduce((a, b) => add(a, b))

/** dF/dh of F(x + h·d) at h = 0, from central differences at h, h/4 and h/16, extrapolated twice (Richardson). Draws that
 *  are too curved for it, where the last extrapolation still changes it, are skipped. */
const slope = (
  F: (xs: readonly Tensor[]) => Tensor,
  xs: readonly Tensor[],
  ds: readonly Tensor[],
  tolerance: number,
): number => {
  const at = (h: number): number =>
    flat(
      F(
        xs.map((x, i) =>
          over(
            flat(x).map((v, k) => v + h * flat(ds[i]!)[k]!),
            x.shape,
          ),
        ),
      ),
    )[0]!
  const [a, b, c] = [1e-4, 1e-4 / 4, 1e-4 / 16].map(h => (at(h) - at(-h)) / (2 * h)) as [number, number, number]
  const [coarse, fine] = [(16 * b - a) / 15, (16 * c - b) / 15]
  const finest = (256 * fine - coarse) / 255
  fc.pre(Math.abs(finest - fine) <= tolerance * Math.max(1, Math.abs(finest)))
  return finest
}
const along = (gradient: readonly Tensor[], ds: readonly Tensor[]): number =>
  flat(inner(gradient, (_, i) => ds[i]!))[0]!
const directions = ({ operands }: Call, seed: number): Tensor[] =>
  operandsOf(
    operands.map(({ shape }) => ({ shape, range: 'any' })),
    seed + 100,
    'float64',
  )

/** Eager, traced and evaluated, and on an engine: the same. */
export const sameOn = (calls: Case, engine: EngineUnderTest, dtype: DType, runs: Runs): Promise<void> =>
  fc.assert(
    fc.asyncProperty(drawn(calls), async call => {
      const xs = operandsOf(call.operands, call.seed, dtype)
      const eager = leaves(call.f(...xs))
      const { graph } = trace(call.f, ...xs)
      const values = evaluateNodes(graph, xs)
      const made = await engine.run(graph, xs)
      expect(made.length).to.equal(eager.length)
      eager.forEach((y, i) => {
        expect(graph.nodes[graph.outputs[i]!]!.shape, 'the shape in the graph').to.deep.equal(y.shape)
        expectSame(values[graph.outputs[i]!]!, y, 'traced')
        expectClose(made[i]!, y, engine.tolerance[dtype]!, `on ${engine.name}`)
      })
    }),
    runs,
  )

/** Every operand counts: over all calls, each has a gradient, so that none is taken for another.
 *  @param names what each operand of a call is called */
export const everyOperandCounts = <C extends Call>(
  calls: fc.Arbitrary<C>,
  names: (call: C) => readonly string[],
): void => {
  const largest = new Map<string, number>()
  fc.assert(
    fc.property(fc.record({ call: calls, seed: fc.nat() }), ({ call, seed }) => {
      const gradient = grad(weighted(call, seed))(operandsOf(call.operands, seed, 'float64'))
      names(call).forEach((name, i) =>
        largest.set(name, Math.max(largest.get(name) ?? 0, ...[...flat(gradient[i]!)].map(Math.abs))),
      )
    }),
    { numRuns: 30 },
  )
  for (const [name, size] of largest) expect(size, `the largest gradient of ${name}`).to.be.above(0)
}

/** The gradient on an engine is the eager one. */
export const sameGradientOn = (calls: Case, engine: EngineUnderTest, dtype: DType, runs: Runs): Promise<void> =>
  fc.assert(
    fc.asyncProperty(drawn(calls), async call => {
      const xs = operandsOf(call.operands, call.seed, dtype)
      const gradient = grad(weighted(call, call.seed))
      const eager = gradient(xs)
      const { graph } = trace(gradient, xs)
      const values = evaluateNodes(graph, xs)
      const made = await engine.run(graph, xs)
      eager.forEach((g, i) => {
        expectSame(values[graph.outputs[i]!]!, g, `the traced gradient of operand ${i}`)
        expect(made[i]!.shape, `the shape of the gradient of operand ${i}`).to.deep.equal(g.shape)
      })
      // A gradient whose terms cancel holds their rounding: it is measured against the largest of all gradients.
      const together = (gradients: readonly Tensor[]): number[] => gradients.flatMap(g => [...flat(g)])
      expectNear(together(made), together(eager), engine.tolerance[dtype]!, `the gradients on ${engine.name}`)
    }),
    runs,
  )

/** The gradient is what central differences say, along a random direction. */
export const trueGradient = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), call => {
      const xs = operandsOf(call.operands, call.seed, 'float64')
      const ds = directions(call, call.seed)
      const F = weighted(call, call.seed)
      const gradient = grad(F)(xs)
      gradient.forEach((g, i) => expect(g.shape).to.deep.equal(xs[i]!.shape))
      expectNear([along(gradient, ds)], [slope(F, xs, ds, 1e-7)], 1e-7, 'the derivative along a direction')
    }),
    runs,
  )

/** The gradient of the gradient, too. */
export const trueSecondGradient = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), call => {
      const xs = operandsOf(call.operands, call.seed, 'float64')
      const ds = directions(call, call.seed)
      const us = directions(call, call.seed + 1)
      const G = (ps: readonly Tensor[]): Tensor<[]> => inner(grad(weighted(call, call.seed))(ps), (_, i) => us[i]!)
      expectNear([along(grad(G)(xs), ds)], [slope(G, xs, ds, 1e-6)], 1e-6, 'the second derivative along two directions')
    }),
    runs,
  )

/** How operands lie in storage changes no bit, of the result or of the gradient. */
export const sameForEveryLayout = (calls: Case, dtype: DType, runs: Runs): void =>
  fc.assert(
    fc.property(
      drawn(calls).chain(call =>
        fc.record({
          call: fc.constant(call),
          layout: fc.tuple(...call.operands.map(({ shape }) => layouts(shape.length))),
        }),
      ),
      ({ call, layout }) => {
        const views = operandsOf(call.operands, call.seed, dtype).map((x, i) => laidOut(x, layout[i]!))
        const plain = views.map(x => fromArray(flat(x), x.shape, dtype))
        const [viewed, expected] = [views, plain].map(xs => [
          ...leaves(call.f(...xs)),
          ...grad(weighted(call, call.seed))(xs),
        ])
        viewed!.forEach((y, i) => expectSame(y, expected![i]!, `result or gradient ${i}`))
      },
    ),
    runs,
  )

/** Nothing is written to an operand, by the call or by its gradient. */
export const mutatesNothing = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), call => {
      const xs = operandsOf(call.operands, call.seed, 'float64')
      const before = snapshot(xs)
      call.f(...xs)
      grad(weighted(call, call.seed))(xs)
      expect(snapshot(xs)).to.deep.equal(before)
    }),
    runs,
  )

/** The same call twice, with others between: the same bits. */
export const sameAgain = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), drawn(calls), (call, other) => {
      const xs = operandsOf(call.operands, call.seed, 'float32')
      const first = leaves(call.f(...xs)).map(y => fromArray(flat(y), y.shape))
      other.f(...operandsOf(other.operands, other.seed, 'float32'))
      leaves(call.f(...xs)).forEach((y, i) => expectSame(y, first[i]!, 'the second time'))
    }),
    runs,
  )

/** In float32, nearly what it is in float64. */
export const nearInBothTypes = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), call => {
      const [single, double] = DTYPES.map(d => leaves(call.f(...operandsOf(call.operands, call.seed, d))))
      single!.forEach((y, i) => expectNear(flat(y), flat(double![i]!), 1e-5, 'in float32'))
    }),
    runs,
  )

/** Operands of another element type, or of different ones, are refused. */
export const refusesOtherTypes = (calls: Case, runs: Runs): void =>
  fc.assert(
    fc.property(drawn(calls), call => {
      const [xs, ys] = DTYPES.map(dtype => operandsOf(call.operands, call.seed, dtype)) as [Tensor[], Tensor[]]
      const [first, ...rest] = xs as [Tensor, ...Tensor[]]
      const integers = ndarray(new Int32Array(flat(first)), first.shape) as unknown as Tensor
      expect(() => call.f(integers, ...rest)).to.throw(
        DTypeError,
        / must hold float32 or float64, got an ndarray of int32$/,
      )
      if (rest.length === 0) return
      expect(() => call.f(ys[0]!, ...rest)).to.throw(
        DTypeError,
        /^\w+: the operands must be of one type, got (float64 and float32|float32 and float64)$/,
      )
      expect(() => trace(call.f, ys[0]!, ...rest)).to.throw(
        DTypeError,
        'trace: the inputs must be of one type, got 0 of float64 and 1 of float32',
      )
    }),
    runs,
  )

/** Declares that engines compute a case as the reference does, and its gradient, as tests that name the engine. */
export const agreesOn = (engines: readonly EngineUnderTest[], calls: Case, name: string, runs: Runs): void => {
  for (const engine of engines)
    for (const dtype of DTYPES.filter(d => engine.tolerance[d] !== undefined)) {
      const fewer = { numRuns: Math.ceil(runs.numRuns * engine.share) }
      const test = itWhere(engine.skip ?? engine.lacks?.(name, dtype))
      test(`is the same eagerly, traced, and on ${engine.name} in ${dtype}`, () => sameOn(calls, engine, dtype, fewer))
      test(`has the same gradient eagerly, traced, and on ${engine.name} in ${dtype}`, () =>
        sameGradientOn(calls, engine, dtype, fewer))
    }
}

/** Declares all laws for a case. */
export const obeysTheLaws = (name: string, calls: Case, runs: Runs = { numRuns: 25 }): void => {
  describe(name, () => {
    agreesOn(engines, calls, name, runs)
    it('has the gradient that central differences have', () => trueGradient(calls, runs))
    it('has the second gradient that central differences have', () => trueSecondGradient(calls, runs))
    for (const dtype of DTYPES)
      it(`takes strided, offset, transposed, reversed and repeated views in ${dtype}, to the same bits`, () =>
        sameForEveryLayout(calls, dtype, runs))
    it('writes to no operand', () => mutatesNothing(calls, runs))
    it('gives the same bits again', () => sameAgain(calls, runs))
    it('is nearly the same in float32 and float64', () => nearInBothTypes(calls, runs))
    it('refuses integers and mixed types', () => refusesOtherTypes(calls, runs))
  })
}

/** What a call makes is what its formula says number by number, of arguments each of which has numbers of its own. */
export const isByHand = <C extends Call & { readonly args: (...xs: Tensor[]) => readonly unknown[] }>(
  calls: fc.Arbitrary<C>,
  formula: (...args: never[]) => unknown,
  runs: Runs,
): void =>
  fc.assert(
    fc.property(fc.record({ call: calls, seed: fc.nat() }), ({ call, seed }) => {
      const xs = operandsOf(call.operands, seed, 'float64')
      const expected = new Map(entries((formula as (...args: unknown[]) => unknown)(...call.args(...xs))))
      const found = entries(call.f(...xs))
      expect(found.map(([name]) => name).sort()).to.deep.equal([...expected.keys()].sort())
      for (const [name, y] of found) expectClose(y, expected.get(name)!, 1e-9, name || 'the result')
    }),
    runs,
  )
