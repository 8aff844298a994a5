import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { spawned } from './command'

/** Declares that a shell gets a script. */
export const itIsFor = (shell: 'bash' | 'zsh' | 'fish' | 'powershell'): void => {
  it(`is for ${shell}, by a script`, async () => {
    const { code, out } = await spawned(['complete', shell])
    expect(code).to.equal(0)
    expect(out).to.match(/^#.* completion for cstransformer/m)
    if (shell === 'bash' && process.platform !== 'win32')
      expect(spawnSync('bash', ['-n'], { input: out, encoding: 'utf8' })).to.include({ status: 0, stderr: '' })
  })
}
