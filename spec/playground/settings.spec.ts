/** The playground's address: settings in, and the same settings out. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  choices,
  configOf,
  defaults,
  engineNames,
  MOST_SEED,
  readSeed,
  searchOf,
  type Settings,
  settingsOf,
  SHOWN,
} from '../../examples/playground/src/settings'

const ratio = fc.oneof(
  fc.constant('learnt' as const),
  fc.integer({ min: -20, max: 40 }).map(n => n / 10),
)
const settings: fc.Arbitrary<Settings> = fc.record({
  cssa: fc.boolean(),
  fam: fc.boolean(),
  ps: fc.boolean(),
  pt: fc.boolean(),
  stb: fc.constantFrom(...choices.stb),
  ttb: fc.constantFrom(...choices.ttb),
  frames: fc.constantFrom(...choices.frames),
  patch: fc.constantFrom(...choices.patch),
  hard: fc.boolean(),
  seed: fc.integer({ min: 0, max: MOST_SEED }),
  engine: fc.constantFrom(...engineNames),
  clip: fc.integer({ min: 1, max: SHOWN }),
  run: fc.boolean(),
  time: fc.boolean(),
  crossing: fc.boolean(),
  order: fc.boolean(),
  alpha: ratio,
  beta: ratio,
})

describe("The playground's settings", () => {
  it('come back from the address that holds them', () =>
    fc.assert(
      fc.property(settings, s => void expect(settingsOf(searchOf(s))).to.deep.equal({ settings: s, remarks: [] })),
    ))

  it('are the defaults where the address says nothing, which says nothing of them', () => {
    expect(settingsOf('')).to.deep.equal({ settings: defaults, remarks: [] })
    expect(searchOf(defaults)).to.equal('')
  })

  it('are of a network that can be configured', () =>
    fc.assert(
      fc.property(settings, s => {
        const { STB, TTB, frames, patch, cssa, fam, spatialPosition, temporalPosition } = configOf(s)
        expect([STB, TTB, frames, patch, cssa, fam, spatialPosition, temporalPosition]).to.deep.equal(
          [s.stb, s.ttb, s.frames, s.patch, s.cssa, s.fam, s.ps, s.pt], // prettier-ignore
        )
      }),
    ))

  it('take nothing else: whatever the address holds, each is one that can be chosen, and a remark says what was not', () =>
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(defaults)), fc.string(), (key, text) => {
        const { settings: found, remarks } = settingsOf(`?${new URLSearchParams({ [key]: text }).toString()}`)
        expect(settingsOf(searchOf(found))).to.deep.equal({ settings: found, remarks: [] })
        const taken = String(found[key as keyof Settings])
        if (remarks.length === 0)
          expect(taken).to.equal(
            typeof found[key as keyof Settings] === 'boolean'
              ? String(text === '1')
              : String(['seed', 'alpha', 'beta'].includes(key) && text !== 'learnt' ? Number(text) : text),
          )
        else
          expect(remarks)
            .to.have.length(1)
            .and.to.satisfy(([remark]: string[]) => remark!.includes(`'${text}'`))
      }),
    ))

  for (const text of ['abc', '-1', '1.5', '', '1e3', '4294967296', '٣', '0x10', 'NaN'])
    it(`say that '${text}' is no seed, and take another`, () =>
      expect(readSeed(text, 7)).to.deep.equal({
        value: 7,
        remark: `The seed must be a whole number from 0 to 4294967295, got '${text}': 7 is used`,
      }))
})
