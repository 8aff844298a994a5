/** The laws of every equation: see spec/laws. */
import { equations } from '../../lib/paper'
import { allEquations, callsOf, type EquationName } from '../laws/equations'
import { obeysTheLaws } from '../laws/laws'
import { checksArguments } from '../laws/sizes'

const names = Object.keys(equations) as EquationName[]

describe('Laws of the equations', () => {
  for (const name of names) obeysTheLaws(allEquations[name].title, callsOf(name), { numRuns: 10 })
})

checksArguments(names)
