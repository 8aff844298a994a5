/** What everything costs, against operations that are counted: see spec/laws/counted.ts. */
import { cases, composites } from '../laws/primitives'
import { costsWhatItDoes } from '../laws/counted'
import { allEquations, callsOf, type EquationName } from '../laws/equations'

describe('What a primitive costs is what its definition does', () => {
  for (const [name, calls] of Object.entries({ ...cases, ...composites })) it(name, () => costsWhatItDoes(calls, 25))
})

describe('What an equation costs is what its definition does', () => {
  for (const name of Object.keys(allEquations) as EquationName[])
    it(allEquations[name].title, () => costsWhatItDoes(callsOf(name), 8))
})
