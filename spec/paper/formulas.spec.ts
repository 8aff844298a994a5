/** What every equation is, of arguments each of which has numbers of its own: see spec/laws/by-hand.ts. */
import { equations } from '../../lib/paper'
import { byHand } from '../laws/by-hand'
import { allEquations, callsOf, type EquationName } from '../laws/equations'
import { isByHand } from '../laws/laws'

describe('Every equation is its formula, number by number', () => {
  for (const name of Object.keys(equations) as EquationName[])
    it(allEquations[name].title, () => isByHand(callsOf(name), byHand[name], { numRuns: 40 }))
})
