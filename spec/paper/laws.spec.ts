/** The laws of every equation: see spec/laws. */
import { type EquationName, equations } from '../../lib/paper'
import { callsOf } from '../laws/equations'
import { obeysTheLaws } from '../laws/laws'
import { namesWrongSizes } from '../laws/sizes'

const names = Object.keys(equations) as EquationName[]

describe('Laws of the equations', () => {
  for (const name of names) obeysTheLaws(equations[name].title, callsOf(name), { numRuns: 10 })
})

describe('Wrong sizes in the equations', () => {
  for (const name of names) namesWrongSizes(name)
})
