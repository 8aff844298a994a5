/** The file of what a run measured: what is written to it, what is read, and what is left where a run goes on. */
import { expect } from 'chai'
import fc from 'fast-check'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../lib/tensor'
import { appendMetrics, type Metrics, readMetrics, rewindMetrics } from '../../lib/training/metrics'
import { temporaryFolder } from '../cli/command'

const share = fc.double({ min: 0, max: 1, noNaN: true }).map(x => x + 0)
const some = fc.double({ min: 0, max: 1e6, noNaN: true }).map(x => x + 0)
const heldOut = fc.record({
  heldOut: share,
  heldOutClips: fc.nat(99),
  heldOutByClass: fc.array(fc.option(share), { maxLength: 3 }),
})
const measured = fc.record({
  ...{ step: fc.integer({ min: 1, max: 9 }), loss: some, accuracy: share, rate: some, seconds: some },
  ...{ waitedSeconds: some, clipsPerSecond: some, memoryBytes: some },
})
const lines: fc.Arbitrary<Metrics[]> = fc.array(
  fc.oneof(
    measured,
    fc.tuple(measured, heldOut).map(([a, b]) => ({ ...a, ...b })),
    fc.tuple(fc.nat(9), heldOut).map(([step, b]) => ({ step, ...b, final: true as const })),
  ),
  { maxLength: 8 },
)

describe('metrics.jsonl', () => {
  const folder = temporaryFolder()
  let files = 0
  const written = (metrics: readonly Metrics[]): string => {
    const path = join(folder, `${++files}.jsonl`)
    writeFileSync(path, '')
    metrics.forEach(m => appendMetrics(path, m))
    return path
  }

  it('is read as it was written', () =>
    fc.assert(
      fc.property(lines, all => {
        expect(readMetrics(written(all))).to.deep.equal(all)
      }),
      { numRuns: 30 },
    ))

  it('ends, where a run goes on, at that step: later ones, and the end of the run, are gone', () =>
    fc.assert(
      fc.property(lines, fc.nat(10), (all, step) => {
        const path = written(all)
        rewindMetrics(path, step)
        const left = readMetrics(path)
        expect(left.some(m => 'final' in m || m.step > step)).to.equal(false)
        expect([...left, ...all.filter(m => 'final' in m || m.step > step)]).to.have.deep.members(all)
      }),
      { numRuns: 30 },
    ))

  it('has an end that is true, and fields of their kinds alone', () => {
    const end = { step: 3, heldOut: 0.5, heldOutClips: 8, final: true }
    const cases: readonly [string, string][] = [
      [JSON.stringify({ ...end, final: false }), 'final must be true, got false'],
      [JSON.stringify({ ...end, heldOut: 2 }), 'heldOut must be a number from 0 to 1, got 2'],
      [JSON.stringify({ ...end, step: -1 }), 'step must be a whole number of at least 0, got -1'],
      ['{"step":1,"loss":1e999,"accuracy":0,"rate":0,"seconds":0}', 'loss must be a finite number, got Infinity'],
      ['5', 'must be what a step measured, got 5'],
    ]
    cases.forEach(([line, says], i) => {
      const path = join(folder, `wrong-${i}.jsonl`)
      writeFileSync(path, `${line}\n`)
      expect(() => readMetrics(path))
        .to.throw(UserError)
        .with.property('message', `${path}: line 1: ${says}`)
    })
  })
})
