/** The kit for a card, on an adapter in software: packed, and run where there is neither Node nor a variable of this environment. */
import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root, temporaryFolder } from '../../cli/command'
import { softwareAdapter } from '../../laws/gpu'
import { describeWhere } from '../../laws/skips'
import type { Found } from './kit/report'

const elsewhere = process.platform + process.arch === 'linuxx64' ? undefined : 'it is for x64 Linux'

describeWhere(elsewhere ?? softwareAdapter())('The kit for a card', function () {
  this.timeout(900_000)
  const folder = temporaryFolder()
  const kit = join(folder, 'kit')
  const bin = join(folder, 'bin')
  const run = (...flags: string[]) =>
    spawnSync(join(bin, 'bash'), [join(kit, 'run'), ...flags], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: bin, VK_DRIVER_FILES: process.env['VK_DRIVER_FILES'] },
    })

  before(() => {
    execFileSync(join(root, 'spec/bench/gpu/pack'), { cwd: folder, stdio: 'pipe' })
    cpSync(join(root, '.gpu-kit'), kit, { recursive: true })
    mkdirSync(bin)
    for (const name of ['bash', 'env', 'gzip', 'dirname', 'chmod', 'mv'])
      symlinkSync(execFileSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name))
  })

  it('says what it computes on, and that all cases hold', () => {
    const { status, stdout, stderr } = run('--minutes', '8', '--out', 'out', '--stages', 'machine,checks')
    expect(status, stderr).to.equal(0)
    const { stages } = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8')) as Found
    expect(stages.map(s => `${s.name}: ${s.ended}`)).to.deep.equal(['machine: done', 'checks: done'])
    expect(stages[0]!.rows[0]!.note).to.match(/^gpu\.js on webgpu, .*our own plans in WGSL/)
    for (const { note } of stages[1]!.rows) expect(note).to.match(/^\d+ tried, .*: all hold$/)
    expect(stdout).to.include('golden cases: loss and gradients, ours: 18 tried')
  })

  it('stops a stage when its time is over, with all that it has started', () => {
    const { status, stdout } = run('--minutes', '0.15', '--out', 'short', '--stages', 'attention')
    expect(status).to.equal(0)
    expect(stdout).to.include('attention: stopped after its 9 s\n')
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).to.not.include(join(kit, 'node'))
  })

  it('says what flags may be', () => {
    expect(run('--stages', 'coffee').stderr).to.match(/^run: --stages must be of machine, .*, got 'coffee'\n$/)
    expect(run('--minutes', 'few').stderr).to.equal("run: --minutes must be a number above 0, got 'few'\n")
  })
})
