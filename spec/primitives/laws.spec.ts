import { cases, composites } from '../laws/primitives'
import { obeysTheLaws } from '../laws/laws'

describe('Every primitive', () => {
  for (const [name, calls] of Object.entries(cases)) obeysTheLaws(name, calls, { numRuns: 60 })
})

describe('What is made of primitives', () => {
  for (const [name, calls] of Object.entries(composites)) obeysTheLaws(name, calls, { numRuns: 30 })
})
