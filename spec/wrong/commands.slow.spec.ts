import { holdsOfCommands } from './laws'

describe('Wrong command lines', () => holdsOfCommands({ each: 400, seconds: 200 }))
