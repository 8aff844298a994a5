import { holdsOfCalls } from './laws'

describe('Wrong calls of the library', () => holdsOfCalls({ share: 1 }))
