/** Wrong command lines, made of what `--help` shows: some in each run, many in the slow tests. */
import { holdsOfCommands } from './laws'

describe('Wrong command lines (some)', () => holdsOfCommands({ each: 4, seconds: 6 }))
