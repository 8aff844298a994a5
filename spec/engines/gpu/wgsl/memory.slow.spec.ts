import { expect } from 'chai'
import { join } from 'node:path'
import { growthOf } from '../../../growth'
import { softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'

describeWhere(softwareAdapter())('Memory of a process that computes on mode webgpu', () => {
  it('does not grow over 2,000 steps', async function () {
    this.timeout(300_000)
    const growth = await growthOf(join(__dirname, 'growth.ts'))
    // A tensor of 64 KiB kept by each step would be 55 MB in each half, garbage in one at most.
    expect(growth, 'bytes more after 850 steps, twice').to.be.below(45e6)
  })
})
