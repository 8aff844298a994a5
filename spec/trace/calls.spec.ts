import { expect } from 'chai'
import { equation, type Tensor, trace, zeros } from '../../lib'
import { callsIn } from '../../lib/trace'

const inner = equation('Inner', 'x[N] -> [N]', x => x)
const outer = equation('Outer', 'x[N, M], alpha[...] -> [N, M]', (x, _alpha, { N }) => {
  inner(zeros([N]))
  return x
})
const titles = (f: () => unknown): readonly string[] => callsIn(f).map(call => call.title)

describe('The list of calls', () => {
  it('has every call in the order in which they begin, with the sizes of labels and ellipses', () => {
    const calls = callsIn(() => outer(zeros([2, 3]), zeros([4, 1])))
    expect(calls.map(call => call.title)).to.deep.equal(['Outer', 'Inner'])
    expect([...calls[0]!.sizes.labels]).to.deep.equal([['N', 2], ['M', 3]]) // prettier-ignore
    expect([...calls[0]!.sizes.ellipses]).to.deep.equal([['', [4, 1]]])
  })

  it('is the same in a trace', () =>
    expect(titles(() => trace((x: Tensor) => outer(x, zeros([])), zeros([2, 3])))).to.deep.equal(['Outer', 'Inner']))

  it('is of one listener alone, also where lists nest and where something is thrown', () => {
    const within: string[] = []
    const all = titles(() => {
      inner(zeros([1]))
      within.push(...titles(() => inner(zeros([1]))))
      expect(() => callsIn(() => inner(zeros([1, 1] as number[])))).to.throw('Inner')
      outer(zeros([1, 1]), zeros([]))
    })
    expect(within).to.deep.equal(['Inner'])
    expect(all).to.deep.equal(['Inner', 'Outer', 'Inner'])
  })
})
