/** The laws of every equation of the systems, on every engine: see spec/laws. */
import { systemEquations } from '../../lib/systems'
import { allEquations, callsOf, type EquationName } from '../laws/equations'
import { obeysTheLaws } from '../laws/laws'

describe('Laws of the equations of the systems', () => {
  for (const name of Object.keys(systemEquations) as EquationName[])
    obeysTheLaws(allEquations[name].title, callsOf(name), { numRuns: 10 })
})
