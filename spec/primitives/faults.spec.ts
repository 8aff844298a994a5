import { expect } from 'chai'
import { full } from '../../lib/tensor'
import { abstract } from '../../lib/trace'
import { faults, type Makers } from './faults'

const ndarrays: Makers = { x: (...shape) => full(1, shape), wide: (...shape) => full(1, shape, 'float64') }
const tracers: Makers = { x: (...shape) => abstract(shape), wide: (...shape) => abstract(shape, 'float64') }

describe('What a primitive says of operands that do not fit, whether it computes or records', () => {
  for (const [name, list] of Object.entries(faults))
    describe(name, () => {
      for (const { of, error, says } of list)
        it(says, () => {
          for (const make of [ndarrays, tracers])
            expect(() => of(make))
              .to.throw(error)
              .with.property('message', says)
        })
    })
})
