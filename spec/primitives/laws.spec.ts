import { cases } from '../laws/primitives'
import { obeysTheLaws } from '../laws/laws'

describe('Every primitive', () => {
  for (const [name, calls] of Object.entries(cases)) obeysTheLaws(name, calls, { numRuns: 60 })
})
