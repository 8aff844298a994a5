import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'

describeWhere(softwareAdapter())('Memory of a process that computes on mode webgpu', () => {
  // In a process of its own: what other tests leave to be collected is as large as a leak.
  it('does not grow over 2,000 steps', async function () {
    this.timeout(300_000)
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['-r', 'ts-node/register/transpile-only'],
      join(__dirname, 'growth.ts'),
    ])
    const growth = JSON.parse(stdout) as number[]
    expect(growth).to.have.length(2)
    // A tensor of 64 KiB kept by each step would be 55 MB in each half, garbage in one at most.
    expect(Math.min(...growth), 'bytes more after 850 steps, twice').to.be.below(45e6)
  })
})
