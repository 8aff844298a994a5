/** What holds of wrong uses: each is one error of ours, in one clean line that names what is wrong, with nothing left behind; or a
 *  right result. */
import { expect } from 'chai'
import { randomStream } from '../../lib/tensor'
import { seed } from '../setup'
import { faultOf, openAsking } from './asking'
import { called, faultOfCall, wrongCalls } from './calls'
import { wrongCommands } from './commands'
import { type PublicFunction, publicFunctions } from './signatures'

/** Some of a list, others with another seed. */
const someOf = <T>(all: readonly T[], count: number): T[] => {
  const random = randomStream(seed, 'wrong uses')
  return all
    .map(item => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ item }) => item)
}

/** @param each command lines of each command, as far as `seconds` in all allow */
export const holdsOfCommands = ({ each, seconds }: { readonly each: number; readonly seconds: number }): void => {
  it('are one error of ours, or a right result', async function () {
    this.timeout(seconds * 10_000)
    const lines = wrongCommands()
    const chosen = [...new Set(lines.map(([name]) => name!))].flatMap(name => someOf(lines.filter(line => line[0] === name), each)) // prettier-ignore
    const asking = openAsking()
    const faults: string[] = []
    try {
      const begun = performance.now()
      for (const argv of someOf(chosen, chosen.length)) {
        if (performance.now() - begun > seconds * 1000) break
        const fault = faultOf(await asking.ask({ argv }))
        if (fault !== undefined) faults.push(`${JSON.stringify(argv).slice(0, 300)}: ${fault}`)
      }
    } finally {
      asking.close()
    }
    expect(faults, faults.slice(0, 20).join('\n')).to.deep.equal([])
  })
}

const functions = (): PublicFunction[] => {
  const known = new Set<string>()
  const found = publicFunctions(called.map(module => (module === 'library' ? '.' : module)))
  return found
    .map(f => (f.module === '.' ? { ...f, module: 'library' } : f))
    .filter(f => !known.has(f.name) && known.add(f.name))
}

/** @param share of all wrong calls, between 0 and 1 */
export const holdsOfCalls = ({ share }: { readonly share: number }): void => {
  it('are one error of ours, or a right result', async function () {
    this.timeout(600_000)
    const all = wrongCalls(functions())
    const faults: string[] = []
    for (const call of someOf(all, Math.ceil(share * all.length))) {
      const fault = await faultOfCall(call)
      if (fault !== undefined)
        faults.push(`${call.f.module}.${call.f.name}, argument ${call.at}: ${call.what}: ${fault}`)
    }
    expect(faults, faults.slice(0, 20).join('\n')).to.deep.equal([])
  })
}
