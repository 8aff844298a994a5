/** The example of an ablation, which trains four networks. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(__dirname, '..')

describe('The example of an ablation', () => {
  it('runs in short, and gives a gain for every seed and a test', () => {
    const args = ['-r', 'ts-node/register/transpile-only', 'examples/ablation/compare.ts', '2', '2']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    expect(stderr).to.equal('')
    const [first, second, gain, test] = stdout.trimEnd().split('\n')
    expect(first).to.match(/^seed 1: \d+\.\d % as it stands, \d+\.\d % with {"pool":"mean"}$/)
    expect(second).to.match(/^seed 2: /)
    expect(gain).to.match(/^mean gain -?\d+\.\d points, 95 % interval -Infinity to Infinity$/)
    expect(test).to.match(/^sign-flip test: p = (0\.500|1\.000), and no less than 0\.5 from 2 pairs$/)
  })
})
