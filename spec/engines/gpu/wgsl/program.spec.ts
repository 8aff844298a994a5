/** What a training step is on mode webgpu, counted: no adapter is needed for that. */
import { expect } from 'chai'
import fc from 'fast-check'
import { trace, variants } from '../../../../lib'
import type { DraftStep } from '../../../../lib/engines/gpu/plan/draft'
import { placed, peakOf } from '../../../../lib/engines/gpu/wgsl/arena'
import { planOf } from '../../../../lib/engines/gpu/plan/plan'
import { type Dispatch, type Program, programOf } from '../../../../lib/engines/gpu/wgsl/program'
import { tilings } from '../../../../lib/engines/gpu/wgsl/products'
import { initialParameters } from '../../../../lib/paper'
import { full } from '../../../../lib/tensor'
import { adamw, gradientOf, type Optimizer, sgd, trainingStep } from '../../../../lib/training'
import { simplify } from '../../../../lib/transforms'
import { drawn } from '../../../laws/values'

type Variant = 'digits' | 'tiny' | 'small'
const givenTo = (variant: Variant, clips: number) => {
  const config = variants[variant]
  const { channels, frames, height, width } = config
  const batch = { X: drawn([clips, channels, frames, height, width]), labels: full(0, [clips]) }
  return { config, parameters: initialParameters(config, 1), batch }
}
/** A training step of a variant. */
const stepOf = <S>(variant: Variant, clips: number, optimizer: Optimizer<S>, clip?: number) => {
  const { config, parameters, batch } = givenTo(variant, clips)
  const state = { parameters, optimizer: optimizer.start(parameters) }
  const { graph } = trace(trainingStep(config, optimizer, clip, {}), state, batch, full(0.1, []))
  return planOf(simplify(graph))
}
const SGD = sgd({ momentum: 0.9, decay: 1e-4 })

/** Arrays that live in a run alone: the dispatches that write and read them. */
const livesIn = ({ dispatches, arena }: Program) => {
  const lives = new Map<number, { from: number; to: number }>()
  dispatches.forEach(({ reads, writes }, time) => {
    for (const array of [...writes, ...reads])
      if (arena.offsets.has(array)) lives.set(array, { from: lives.get(array)?.from ?? time, to: time })
  })
  return lives
}

describe('A training step on mode webgpu', function () {
  this.timeout(300_000)
  const cases: readonly (readonly [Variant, clips: number, most: number])[] = [
    ['digits', 32, 200],
    ['tiny', 16, 300],
    ['small', 4, 380],
  ]
  for (const [variant, clips, most] of cases)
    it(`of ${variant} has at most ${most} dispatches, each after what it reads, in an arena that is hardly larger than what lives in it`, () => {
      const plan = stepOf(variant, clips, SGD)
      for (const tiling of Object.keys(tilings) as (keyof typeof tilings)[]) {
        const program = programOf(plan, tiling)
        const { dispatches, arena, alive, sizes } = program
        expect(dispatches.length, tiling).to.be.at.most(most)
        expect(arena.size).to.be.within(alive, 1.2 * alive)
        const made = new Set<number>()
        const { constants, steps } = plan
        const written = new Set(steps.map(s => s.writes))
        const expectReady = ({ reads, writes }: Dispatch): void => {
          for (const a of reads) expect(made.has(a) || !written.has(a) || constants.has(a), `array ${a} before it is read`).to.equal(true) // prettier-ignore
          for (const a of writes) {
            expect(made.has(a), `array ${a}, written twice`).to.equal(false)
            made.add(a)
          }
        }
        dispatches.forEach(expectReady)
        for (const { array } of plan.outputs) expect(made.has(array) || !written.has(array)).to.equal(true)
        // All steps are done, each once.
        const done = dispatches.flatMap(d => d.units.flatMap(u => u.unit.steps.map(s => s.writes)))
        expect(done.filter(a => written.has(a)).sort((a, b) => a - b)).to.deep.equal([...written].sort((a, b) => a - b))
        // What lives at the same time lies apart.
        const lives = [...livesIn(program)].map(([array, life]) => {
          const at = arena.offsets.get(array)!
          return { ...life, at, end: at + sizes[array]! }
        })
        const clash = lives.filter((a, i) =>
          lives.some((b, j) => j > i && a.from <= b.to && b.from <= a.to && a.end > b.at && b.end > a.at),
        )
        expect(clash).to.deep.equal([])
      }
    })

  it('of small multiplies four elements at a time, but where rows have 65 or 10 of them, or sums 10 terms', () => {
    const { dispatches } = programOf(stepOf('small', 2, SGD), 'workgroups')
    for (const { units, code } of dispatches)
      for (const { unit } of units) {
        const [{ work, title }] = unit.steps as [DraftStep]
        if (work.kind !== 'product') continue
        const [N, K] = work.space.slice(-2)
        expect(code.includes('array<vec4f>'), title).to.equal(N! % 4 === 0 && K !== 10)
      }
  })

  it('updates 84 parameters in few dispatches, many of them together', () => {
    const { dispatches } = programOf(stepOf('digits', 2, SGD), 'registers')
    const updates = dispatches.map(d => d.units.filter(u => u.unit.steps.some(s => s.title === 'output')).length)
    expect(
      updates.reduce((a, b) => a + b),
      'updates',
    ).to.be.above(80)
    expect(
      updates.filter(n => n > 0),
      `${updates.join()}`,
    ).to.have.lengthOf.at.most(15)
  })

  for (const [variant, most] of [
    ['digits', 30],
    ['tiny', 30],
    ['small', 30],
  ] as const)
    it(`has at most ${most} dispatches more for the global norm, clipping and AdamW of ${variant} than for its gradient`, () => {
      const { config, parameters, batch } = givenTo(variant, 2)
      const gradient = planOf(simplify(trace(gradientOf(config, {}), parameters, batch).graph))
      const [step, less] = [stepOf(variant, 2, adamw({ decay: 0.01 }), 1), gradient].map(p => programOf(p, 'registers').dispatches.length) // prettier-ignore
      expect(step! - less!).to.be.within(4, most)
    })
})

describe('An arena', () => {
  const lifetimes = fc.array(
    fc.record({ size: fc.integer({ min: 0, max: 1000 }), from: fc.nat(30), length: fc.nat(10) }),
    { maxLength: 40 },
  )
  it('has a place for each array, apart from those that live when it does', () =>
    fc.assert(
      fc.property(lifetimes, all => {
        const lives = all.map(({ size, from, length }, array) => ({ array, size, from, to: from + length }))
        const { offsets, size } = placed(lives, 8)
        expect(size).to.be.at.least(peakOf(lives))
        for (const [i, a] of lives.entries()) {
          const at = offsets.get(a.array)!
          expect(at % 8).to.equal(0)
          expect(at + a.size).to.be.at.most(size)
          for (const b of lives.slice(i + 1)) {
            const other = offsets.get(b.array)!
            const apart = at + a.size <= other || other + b.size <= at
            expect(apart || a.to < b.from || b.to < a.from).to.equal(true)
          }
        }
      }),
    ))
})
