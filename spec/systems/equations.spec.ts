/** What every equation of the systems is, and what it says to arguments that do not fit: see spec/laws. */
import { systemEquations } from '../../lib/systems'
import { byHand } from '../laws/by-hand'
import { allEquations, callsOf, type EquationName } from '../laws/equations'
import { isByHand } from '../laws/laws'
import { checksArguments } from '../laws/sizes'

const names = Object.keys(systemEquations) as EquationName[]

describe('Every equation of the systems is its formula, number by number', () => {
  for (const name of names) it(allEquations[name].title, () => isByHand(callsOf(name), byHand[name], { numRuns: 40 }))
})

checksArguments(names, ' of the systems')
