/** What a primitive says that a part of its result needs, against what changes that part. */
import { expect } from 'chai'
import fc from 'fast-check'
import { fromArray, type Shape, sizeOf, type Tensor } from '../../lib/tensor'
import { evaluateNodes, type OperationNode, type Part, trace } from '../../lib/trace'
import type { PrimitiveName } from '../../lib/primitives'
import { cases } from '../laws/primitives'
import { elements, indices, operandsOf } from '../laws/values'

type At = readonly number[]

/** A part of a shape that is not all of it, or undefined where all sizes are 1. */
const partFrom = (shape: Shape, draw: readonly number[]): Part | undefined => {
  const pick = <T>(from: readonly T[], i: number): T => from[draw[i]! % from.length]!
  const axes = [...shape.keys()].filter(axis => shape[axis]! > 1)
  if (axes.length === 0) return undefined
  const axis = pick(axes, 0)
  const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter(d => n % d === 0)
  const n = pick(divisors(shape[axis]!).slice(1), 1)
  const inner = pick(divisors(shape[axis]! / n), 2)
  const [from, to] = pick(
    indices([n, n + 1]).filter(([a, b]) => a! < b! && b! - a! < n),
    3,
  ) as [number, number]
  return { axis, outer: shape[axis]! / n / inner, n, inner, from, to }
}
const holds = ({ axis, inner, n, from, to }: Part, at: At): boolean => {
  const digit = Math.floor(at[axis]! / inner) % n
  return digit >= from && digit < to
}

/** Whether a part of an operation's result changes when elements of an operand become others. */
const changes = (
  { params, primitive, shape }: OperationNode,
  part: Part,
  xs: readonly Tensor[],
  k: number,
  become: (at: At, now: number) => number,
): boolean => {
  const x = xs[k]!
  const other = fromArray(
    indices(x.shape).map(at => become(at, x.get(...at))),
    x.shape,
    'float64',
  )
  const [before, after] = [xs, xs.map((y, i) => (i === k ? other : y))].map(of =>
    elements(primitive.reference(params, ...of)),
  )
  return indices(shape).some((at, i) => holds(part, at) && !Object.is(before![i], after![i]))
}

interface Drawn {
  readonly node: OperationNode
  readonly xs: readonly Tensor[]
  readonly part: Part
  readonly needs: readonly (Part | null)[] | undefined
}
/** An operation of a primitive with its operands, a part of its result, and what it says of it. */
const drawnOf = (name: PrimitiveName): fc.Arbitrary<Drawn> =>
  fc
    .tuple(cases[name], fc.nat(), fc.tuple(fc.nat(59), fc.nat(59), fc.nat(59), fc.nat(59)))
    .map(([{ f, operands }, seed, draw]) => {
      const inputs = operandsOf(operands, seed, 'float64')
      const { graph } = trace(f, ...inputs)
      const node = graph.nodes.find((n): n is OperationNode => n.kind === 'operation' && n.primitive.name === name)
      const part = node && partFrom(node.shape, draw)
      if (!node || !part) return undefined
      const values = evaluateNodes(graph, inputs)
      const xs = node.operands.map(i => values[i]!)
      return { node, xs, part, needs: node.primitive.needs(node.params, part, node.shape, ...xs.map(x => x.shape)) }
    })
    .filter(drawn => drawn !== undefined)

/** Whose results need not change with an operand: they choose among elements, take some of them, or are 1, as x⁰ is. */
const chooses: readonly string[] = ['argmax', 'equal', 'gather', 'pow', 'slice', 'where']
/** What takes elements as they are: an axis along which it moves them is none that it mixes. */
const moves: readonly string[] = ['reshape', 'slice', 'concat']

describe('Of its operands a primitive needs, for a part of its result,', () => {
  for (const name of Object.keys(cases) as PrimitiveName[])
    describe(name, () => {
      it('nothing beyond what it says', () =>
        fc.assert(
          fc.property(drawnOf(name), ({ node, xs, part, needs }) => {
            needs?.forEach((need, k) => {
              if (need === null) return
              expect(sizeOf([need.outer, need.n, need.inner]), 'the size of the axis').to.equal(xs[k]!.shape[need.axis])
              const changed = changes(node, part, xs, k, (at, now) => (holds(need, at) ? now : name === 'gather' && k === 1 ? 0 : 7)) // prettier-ignore
              expect(changed, `beside ${JSON.stringify(need)} of operand ${k}`).to.equal(false)
            })
          }),
          { numRuns: 60 },
        ))
      if (!chooses.includes(name))
        it('all that it says', () =>
          fc.assert(
            fc.property(drawnOf(name), ({ node, xs, part, needs }) => {
              needs?.forEach((need, k) => {
                xs[k]!.shape.forEach((n, axis) => {
                  for (let i = 0; i < n; i++) {
                    const there = (at: At): boolean => at[axis] === i && (need === null || holds(need, at))
                    if (!indices(xs[k]!.shape).some(there)) continue
                    const changed = [NaN, 1e9, -1e9].some(v => changes(node, part, xs, k, (at, now) => (there(at) ? v : now))) // prettier-ignore
                    expect(changed, `index ${i} of axis ${axis} of operand ${k}`).to.equal(true)
                  }
                })
              })
            }),
            { numRuns: 40 },
          ))
      if (!moves.includes(name))
        it('all of an axis only where it mixes the axis’s positions', () =>
          fc.assert(
            fc.property(drawnOf(name), ({ node, xs, part, needs }) => {
              if (needs !== undefined) return
              const [whole] = xs as [Tensor]
              const outside = (at: At): boolean => !holds(part, at)
              // A running sum needs what comes before: a part from the start on needs no other.
              if (part.from === 0) return
              const changed = [NaN, 1e9, -1e9].some(v => changes(node, part, [whole, ...xs.slice(1)], 0, (at, now) => (outside(at) ? v : now))) // prettier-ignore
              expect(changed, 'elsewhere along the axis').to.equal(true)
            }),
            { numRuns: 40 },
          ))
    })
})
