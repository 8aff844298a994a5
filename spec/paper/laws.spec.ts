/** The laws of every equation: see spec/laws. */
import { equations } from '../../lib/paper'
import { callsOf, type EquationName } from '../laws/equations'
import { everyOperandCounts, obeysTheLaws } from '../laws/laws'
import { namesWrongSizes } from '../laws/sizes'

const names = Object.keys(equations) as (EquationName & keyof typeof equations)[]

describe('Laws of the equations', () => {
  for (const name of names) obeysTheLaws(equations[name].title, callsOf(name), { numRuns: 10 })
})

describe('Every argument of an equation counts', () => {
  for (const name of names)
    it(`in ${equations[name].title}`, () =>
      everyOperandCounts(callsOf(name), ({ places }) => places.map(({ path }) => path)))
})

describe('Wrong sizes in the equations', () => {
  for (const name of names) namesWrongSizes(name)
})
