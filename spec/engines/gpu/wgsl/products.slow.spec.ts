/** The matrix products that take SwiftShader longest to compile: kernels that wait for one another. */
import { softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'
import { itHasFours } from './fours'
import { itHasAllLayouts, itHasBatches, opened } from './products'

describeWhere(softwareAdapter())('Matrix products of our own in WGSL, their tiles in workgroups, at length', () => {
  const engine = opened('workgroups')
  itHasAllLayouts(engine, [[68, 100, 44]])
  itHasBatches(engine)
  itHasFours(engine, 8)
})
