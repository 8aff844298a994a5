/** The command line as a program that is killed when the reference engine has run so many graphs, between two parts of a step as
 *  it may be: `killed.ts N train …`. */
import { ndarrayEngine } from '../../lib/engines'
import { run } from '../../lib/cli/program'

const [count, ...argv] = process.argv.slice(2)
let left = Number(count)
const { compile } = ndarrayEngine
Object.assign(ndarrayEngine, {
  compile: async (...given: Parameters<typeof compile>) => {
    const execute = await compile(...given)
    return async (...inputs: Parameters<typeof execute>) => {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL')
      return execute(...inputs)
    }
  },
})

void run(argv, { out: process.stdout, err: process.stderr }).then(code => (process.exitCode = code))
