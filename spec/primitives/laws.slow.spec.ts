/** Every primitive on the engines that are tried on few calls, since each takes a compiler: on twice as many. */
import { agreesOn } from '../laws/laws'
import { engines } from '../laws/engines'
import { cases } from '../laws/primitives'

const SLOW = engines.filter(({ share }) => share < 0.1)

describe('Every primitive, at length', () => {
  for (const [name, calls] of Object.entries(cases)) describe(name, () => agreesOn(SLOW, calls, name, { numRuns: 120 }))
})
