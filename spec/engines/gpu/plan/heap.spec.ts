import { expect } from 'chai'
import fc from 'fast-check'
import { heap } from '../../../../lib/engines/gpu/plan/heap'

describe('A heap', () => {
  it('gives blocks that do not overlap, and is as it was when all are given back', () =>
    fc.assert(
      fc.property(fc.array(fc.record({ size: fc.nat(500), drop: fc.nat(9) }), { maxLength: 60 }), actions => {
        const space = heap(128)
        const blocks: { at: number; size: number }[] = []
        for (const { size, drop } of actions) {
          const at = space.take(size)
          expect(at % 64).to.equal(0)
          for (const b of blocks) expect(at + size <= b.at || b.at + b.size <= at, 'apart').to.be.true
          blocks.push({ at, size })
          if (drop < 5) space.give(blocks.splice(drop % blocks.length, 1)[0]!.at)
          expect(space.end()).to.be.at.least(Math.max(128, ...blocks.map(b => b.at + b.size)))
        }
        for (const b of blocks) space.give(b.at)
        expect([space.used(), space.end()]).to.deep.equal([0, 128])
      }),
    ))
})
