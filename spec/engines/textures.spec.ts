/** Threads in a row, as mode headlessgl has them: tried here without textures. */
import { expect } from 'chai'
import fc from 'fast-check'
import { inRow } from '../../lib/engines/gpu/textures'

type Index = readonly [x: number, y: number, z: number]

/** What the threads of a row compute, one after another. */
const computed = ({ source, output }: { readonly source: string; readonly output: readonly number[] }): Index[] => {
  expect(output, 'a row').to.have.length(1)
  const quotient = (a: number, b: number): number => Math.floor(a / b)
  const f = new Function('quotient', `return ${source}`)(quotient) as () => Index
  return Array.from({ length: output[0]! }, (_, x) => f.call({ thread: { x } }))
}

describe('Threads in a row', () => {
  it('have the indexes of the threads that they stand for, in row-major order', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }), output => {
        const [x = 1, y = 1, z = 1] = output
        const axes = [...'xyz'].map((axis, i) => (i < output.length ? `this.thread.${axis}` : '0'))
        const expected = Array.from({ length: x * y * z }, (_, i): Index => {
          const row = Math.floor(i / x)
          return [i % x, row % y, Math.floor(row / y)]
        })
        expect(computed(inRow({ source: `function () { return [${axes.join(', ')}] }`, output }))).to.deep.equal(
          expected,
        )
      }),
    ))
})
