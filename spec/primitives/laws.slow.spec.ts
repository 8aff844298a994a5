/** The laws of every primitive, on twice as many calls: on mode webgpu, where a call takes a compiler, on six instead of three. */
import { cases } from '../laws/primitives'
import { obeysTheLaws } from '../laws/laws'

describe('Every primitive, at length', () => {
  for (const [name, calls] of Object.entries(cases)) obeysTheLaws(name, calls, { numRuns: 120 })
})
