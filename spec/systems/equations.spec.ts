/** What every equation of the systems is, and what it says to arguments that do not fit: see spec/laws. */
import { systemEquations } from '../../lib/systems'
import { byHand } from '../laws/by-hand'
import { callsOf, type EquationName } from '../laws/equations'
import { everyOperandCounts, isByHand } from '../laws/laws'
import { namesWrongSizes } from '../laws/sizes'

const names = Object.keys(systemEquations) as (EquationName & keyof typeof systemEquations)[]

describe('Every equation of the systems is its formula, number by number', () => {
  for (const name of names)
    it(systemEquations[name].title, () => isByHand(callsOf(name), byHand[name], { numRuns: 40 }))
})

describe('Every argument of an equation of the systems counts', () => {
  for (const name of names)
    it(`in ${systemEquations[name].title}`, () =>
      everyOperandCounts(callsOf(name), ({ places }) => places.map(({ path }) => path)))
})

describe('Wrong sizes in the equations of the systems', () => {
  for (const name of names) namesWrongSizes(name)
})
