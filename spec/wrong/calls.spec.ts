/** Wrong calls, made of the public signatures: some in each run, all in the slow tests. */
import { holdsOfCalls } from './laws'

describe('Wrong calls of the library (some)', () => holdsOfCalls({ share: 0.01 }))
