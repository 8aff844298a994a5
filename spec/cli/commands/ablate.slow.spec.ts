import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { spawned, temporaryFolder } from '../command'

describe('cstransformer ablate, of two processes', function () {
  this.timeout(120_000)
  const base = temporaryFolder()

  it('shares the work with other processes: each run is done once, and all write the same page', async () => {
    const shared = join(base, 'shared')
    const short = '--quick --steps 2 --held-out 40 --engine onnx'.split(' ')
    const both = ['ablate', '--only', '1b', '--seeds', '1', ...short, '--folder', shared]
    const results = await Promise.all([spawned(both), spawned(both)])
    for (const { code, out, err } of results) {
      expect(code, err).to.equal(0)
      expect(out).to.include(`Report: ${join(shared, 'README.md')}`)
      expect(err).to.not.include('half-written')
    }
    const done = results.map(({ err }) => err.split('\n').filter(line => line.includes('elsewhere')).length)
    expect(Math.max(...done), 'lines that tell of the other').to.be.above(0)
    for (const run of readdirSync(shared).filter(name => name.includes('seed')))
      expect(readdirSync(join(shared, run))).to.deep.equal(['result.json'])
  })
})
