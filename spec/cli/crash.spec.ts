import { expect } from 'chai'
import fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bytes, cli, root, small, temporaryFolder } from './command'
import { crashes } from './crashes'

describe('A run that is killed', () => {
  const folder = temporaryFolder()
  const { whole, at } = crashes(folder)

  it('at any change of the file system goes on to the same parameters and metrics (some of all)', async () => {
    const { length } = await whole()
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: length }), fc.boolean(), at), {
      numRuns: 6,
      endOnFailure: true,
    })
  })

  it('between two parts of a step goes on bit for bit', async function () {
    this.timeout(120_000)
    const flags = (name: string): string[] => [
      ...['train', '--runs', folder, '--name', name, ...small, '--steps', '3', '--every', '1', '--accumulate', '4'],
      ...['--optimizer', 'SGD', '--quiet'],
    ]
    expect((await cli(flags('parts'))).code).to.equal(0)
    // A step runs four parts and an update, a measurement three batches: between parts of the first step and of the second, and
    // before the update of that.
    for (const n of [2, 10, 12]) {
      const name = `parts-${n}`
      const program = ['-r', 'ts-node/register/transpile-only', join(root, 'spec/cli/killed.ts'), `${n}`]
      const { signal, stderr } = spawnSync(process.execPath, [...program, ...flags(name)], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(signal, stderr).to.equal('SIGKILL')
      expect(existsSync(join(folder, name, 'last.safetensors'))).to.equal(true)
      const { code, err } = await cli([...flags(name), '--resume'])
      expect(code, err).to.equal(0)
      expect(bytes(folder, name, 'last.safetensors'), name).to.equal(bytes(folder, 'parts', 'last.safetensors'))
    }
  })
})
