import { expect } from 'chai'
import { ndarrayEngine } from '../../lib/engines'
import { add, exp, mul } from '../../lib/primitives'
import { fromArray, toArray, type Tensor } from '../../lib/tensor'
import { trace } from '../../lib/trace'

describe('The reference engine', () => {
  const x = fromArray([1, 2], [2], 'float64')
  const compiled = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]) => ndarrayEngine.compile(trace(f, ...xs).graph)
  const run = async (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): Promise<unknown[]> =>
    (await (await compiled(f, ...xs))(xs)).map(toArray)

  it('says what it is and which element types it runs', () => {
    expect([ndarrayEngine.name, ndarrayEngine.dtypes]).to.deep.equal(['ndarray', ['float32', 'float64']])
    expect(ndarrayEngine.description).to.equal('ndarray, the reference, on one thread')
  })

  it('gives every output, those among them that are inputs, constants, used by others, or named twice', async () => {
    const all = (a: Tensor): Tensor[] => {
      const b = add(a, a)
      return [a, x, b, mul(b, a), b]
    }
    expect(await run(all, x)).to.deep.equal([
      [1, 2],
      [1, 2],
      [2, 4],
      [2, 8],
      [2, 4],
    ])
  })

  it('takes inputs that nothing reads', async () => {
    expect(await run((_a, b) => add(b, b), x, fromArray([5], [1], 'float64'))).to.deep.equal([[10]])
  })

  it('compiles once and runs often, each time from its own inputs', async () => {
    const f = await compiled(a => mul(a, a), x)
    const results = await Promise.all([3, 4].map(v => f([fromArray([v, v], [2], 'float64')])))
    expect(results.map(([y]) => toArray(y!))).to.deep.equal([
      [9, 9],
      [16, 16],
    ])
  })

  it('needs no copy to upload or download, and releases nothing that is the caller’s', async () => {
    const handle = ndarrayEngine.upload(x)
    ndarrayEngine.release([handle])
    expect(await ndarrayEngine.download(handle)).to.equal(x)
    await ndarrayEngine.close()
    expect(await run(a => exp(mul(a, a)), fromArray([0], [1]))).to.deep.equal([[1]])
  })

  it('refuses inputs of another shape, type or number than it was compiled for, by name', async () => {
    const f = await compiled(a => mul(a, a), x)
    const says = async (given: Tensor[]): Promise<string> =>
      f(given).then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    expect(await says([fromArray([1, 2, 3], [3], 'float64')])).to.equal(
      'input 0 of the graph must be float64[2], got float64[3]',
    )
    expect(await says([fromArray([1, 2], [2])])).to.equal('input 0 of the graph must be float64[2], got float32[2]')
    expect(await says([x, x])).to.equal('the inputs of the graph must be 1, got 2')
  })
})
