/** Graphs cut in two: one after the other the parts are the graph. */
import { expect } from 'chai'
import fc from 'fast-check'
import { abstract, abstractParameters, network, type Parameters, type Tensor, variants } from '../../lib'
import { sizeOf } from '../../lib/tensor'
import { add, exp, mul } from '../../lib/primitives'
import { entries, type Graph, type InputNode, leaves, trace } from '../../lib/trace'
import { lossOf } from '../../lib/training'
import { type Side, splitGraph, valueAndGrad, withoutDeadWork } from '../../lib/transforms'
import { goldenCases, goldenNetwork } from '../golden'
import { randomLoss, randomOperands, results } from '../laws/rewrites'
import { expectSame } from '../laws/values'

const inputsOf = ({ nodes }: Graph): InputNode[] => nodes.filter(n => n.kind === 'input')

/** Expects that a graph and its parts, one after the other, compute the same bits. */
const joins = (graph: Graph, inputs: readonly Tensor[], sideOf: (input: InputNode) => Side): void => {
  const { first, rest } = splitGraph(graph, sideOf)
  const given = (side: Side): Tensor[] => inputs.filter((_, i) => sideOf(inputsOf(graph)[i]!) !== side)
  const made = results(first, given('rest'))
  expect(made.map(x => [...x.shape])).to.deep.equal(
    inputsOf(rest)
      .slice(0, made.length)
      .map(({ shape }) => [...shape]),
  )
  const expected = results(graph, inputs)
  results(rest, [...made, ...given('first')]).forEach((y, i) => expectSame(y, expected[i]!, `output ${i}`))
}

const sides = fc.constantFrom<Side>('first', 'rest', 'both')

describe('splitGraph', () => {
  it('cuts random functions and their gradients so that the parts, joined again, are the whole', () =>
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        fc.array(sides, { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        (seed, steps, of, differentiated) => {
          const xs = randomOperands(seed)
          const f = randomLoss(seed, steps)
          const { graph } = trace(differentiated ? valueAndGrad(f) : (f as (x: readonly Tensor[]) => unknown), xs)
          joins(graph, xs, ({ name }) => of[Number(name)]!)
        },
      ),
      { numRuns: 100 },
    ))

  describe('cuts networks, their losses and gradients, wherever parameters are frozen', () => {
    for (const name of goldenCases)
      it(name, () => {
        const { config, parameters, X, labels } = goldenNetwork(name, 'float64')
        const loss = (p: Parameters, x: typeof X) => lossOf(config, p, { X: x, labels })
        for (const f of [loss, valueAndGrad(withoutDeadWork(loss))]) {
          const { graph } = trace(f as (p: Parameters, x: typeof X) => unknown, parameters, X)
          for (const frozen of [/^1$|^0\.(patch|V_cls|P_s|P_t)/, /^1$|^0\.(patch|V_cls|P_|STB)/, /^0\.STB/])
            joins(graph, leaves([parameters, X]), ({ name: path }) =>
              path === '1' ? 'first' : frozen.test(path) ? 'both' : 'rest',
            )
        }
      })
  })

  it('computes each operation once: in the rest, what needs an input of it; in the first part, what needs one of that', () => {
    const f = (w: Tensor, v: Tensor, x: Tensor) => add(mul(exp(x), exp(w)), mul(exp(v), exp(w)))
    const { graph } = trace(f, abstract([]), abstract([]), abstract([3]))
    const names = ({ nodes }: Graph) => nodes.flatMap(n => (n.kind === 'operation' ? [n.primitive.name] : []))
    const cut = (x: Side, w: Side, v: Side) => splitGraph(graph, input => ({ 0: w, 1: v, 2: x })[input.name]!)
    const frozen = cut('first', 'both', 'rest')
    expect(names(frozen.first)).to.deep.equal(['exp', 'exp', 'mul'])
    expect(names(frozen.rest)).to.deep.equal(['exp', 'exp', 'mul', 'add']) // of w again, which is not kept
    expect(inputsOf(frozen.rest).map(n => n.name)).to.deep.equal(['cut.0', '0', '1'])
    const all = cut('first', 'first', 'first')
    expect(names(all.rest)).to.deep.equal([])
    const none = cut('first', 'rest', 'rest')
    expect(names(none.first)).to.deep.equal(['exp'])
    expect(names(none.rest).sort()).to.deep.equal(['exp', 'mul', 'exp', 'exp', 'mul', 'add'].sort())
    expect(cut('rest', 'rest', 'rest').first.outputs).to.deep.equal([])
  })

  it("cuts a V2 whose spatial stage is frozen at its blocks' class tokens: L_s·T·C' numbers a clip (decision D6)", () => {
    const config = variants.V2
    const f = (p: Parameters, x: Tensor) => network(config, p, x as Tensor<['B', 'C', 'T', 'H', 'W']>)
    const { graph } = trace(withoutDeadWork(f), abstractParameters(config), abstract([2, 3, 8, 224, 224]))
    const spatial = /^0\.(patch|V_cls|P_s|P_t|STB)/
    const { first, rest } = splitGraph(graph, ({ name }) =>
      name === '1' ? 'first' : spatial.test(name) ? 'both' : 'rest',
    )
    const numbers = first.outputs.reduce((sum, o) => sum + sizeOf(first.nodes[o]!.shape), 0)
    expect(numbers / 2).to.equal(config.STB * config.frames * config.dim)
    const read = new Set(rest.nodes.flatMap(n => (n.kind === 'operation' ? n.operands : [])))
    const paths = rest.nodes.flatMap((n, i) => (n.kind === 'input' && read.has(i) ? [n.name] : []))
    expect(paths.filter(path => spatial.test(path))).to.deep.equal([])
    expect(entries(abstractParameters(config)).length).to.be.greaterThan(paths.length)
  })
})
