/** Tensors print: their shape, their type, and their corners; whatever prints them. */
import { expect } from 'chai'
import fc from 'fast-check'
import ndarray from 'ndarray'
import { inspect } from 'node:util'
import { fromArray, full, repeated, reshaped, ShapeError, toText, sizeOf, type Tensor, zeros } from '../../lib/tensor'
import { abstract } from '../../lib/trace'
import { elements, laidOut, layouts } from '../laws/values'

const numbers = (...shape: number[]): Tensor => fromArray([...Array(sizeOf(shape)).keys()], shape)

describe('A tensor in words', () => {
  const cases: readonly (readonly [what: string, x: Tensor, text: string])[] = [
    ['a scalar', full(0.5), 'Tensor [] float32 0.5'],
    ['a vector', fromArray([1, -2.5, 1 / 3]), 'Tensor [3] float32\n[     1,   -2.5, 0.3333]'],
    ['what is not finite', fromArray([NaN, -Infinity], [2], 'float64'), 'Tensor [2] float64\n[      NaN, -Infinity]'],
    ['nothing', zeros([0, 2]), 'Tensor [0, 2] float32\n[]'],
    ['a matrix', numbers(2, 3), 'Tensor [2, 3] float32\n[[0, 1, 2],\n [3, 4, 5]]'],
    ['a long vector', numbers(100), 'Tensor [100] float32\n[ 0,  1,  2, …, 97, 98, 99]'],
    [
      'the corners of many matrices',
      numbers(4, 6, 6),
      'Tensor [4, 6, 6] float32\n' +
        '[[[  0,   1, …,   4,   5],\n  [  6,   7, …,  10,  11],\n  …,\n  [ 24,  25, …,  28,  29],\n  [ 30,  31, …,  34,  35]],\n' +
        ' …,\n' +
        ' [[108, 109, …, 112, 113],\n  [114, 115, …, 118, 119],\n  …,\n  [132, 133, …, 136, 137],\n  [138, 139, …, 142, 143]]]',
    ],
  ]
  for (const [what, x, text] of cases)
    it(what, () => expect([String(x), `${x}`, inspect(x), toText(x)]).to.deep.equal([text, text, text, text]))

  it('has its labels, where they are given, as many as it has dimensions', () => {
    const x: Tensor<['B', '1+P']> = zeros([2, 1])
    expect(toText(x, ['B', '1+P'])).to.equal('Tensor [B = 2, 1+P = 1] float32\n[[0],\n [0]]')
    expect(() => toText(x as Tensor, ['B'])).to.throw(ShapeError, 'toText: the labels must be 2, got 1: [B]')
    // @ts-expect-error: these are not its labels
    toText(x, ['B', 'P'])
  })

  it('of a small one holds every element in its order, however it lies in its storage', () => {
    const views = fc
      .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
      .chain(shape => layouts(shape.length).map(layout => laidOut(numbers(...shape), layout)))
    fc.assert(
      fc.property(views, x => {
        const [heading, ...lines] = String(x).split('\n') as [string, ...string[]]
        expect(heading).to.equal(`Tensor [${x.shape.join(', ')}] float32`)
        expect((JSON.parse(lines.join('\n')) as number[]).flat(Infinity)).to.deep.equal(elements(x))
      }),
    )
  })

  it('is said of views, of whatever made them', () => {
    const x = numbers(2, 3, 4)
    for (const view of [
      x.pick(0),
      x.pick(0, 1),
      x.pick(0, 1, 2),
      x.lo(1),
      x.transpose(2, 1, 0),
      reshaped(x, [6, 4]),
      repeated(x, [2, 2, 3, 4]),
    ])
      // prettier-ignore
      expect(inspect(view)).to.match(/^Tensor \[/)
  })

  it('is one line for each tensor in a record, and says a scalar', () =>
    expect(inspect({ alpha: full(0.5), W: numbers(2, 3), of: [numbers(2)] })).to.equal(
      '{\n  alpha: Tensor [] float32 0.5,\n  W: Tensor [2, 3] float32,\n  of: [ Tensor [2] float32 ]\n}',
    ))

  it('says of a traced one that its values are not known', () =>
    expect([String(abstract([2, 3])), inspect(abstract([2, 3]))]).to.deep.equal(
      Array(2).fill('Tensor [2, 3] float32, traced: only its shape is known'),
    ))

  it('adds nothing that a loop over a tensor finds, and leaves ndarrays of other numbers alone', () => {
    const names: string[] = []
    for (const name in numbers(2)) names.push(name)
    const plain: string[] = []
    for (const name in ndarray(new Int32Array(2))) plain.push(name)
    expect(names).to.deep.equal(plain)
    expect(inspect(ndarray(new Int32Array(2)))).to.not.match(/^Tensor/)
  })
})
