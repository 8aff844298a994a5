/** What holds of everything that reads bytes: it gives what they hold, or says in one line of its own what is wrong with them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../lib/tensor'

/** One change of a file: bytes of another value, gone, too many, or a part of it in another place. */
const change = fc.record({
  at: fc.nat(),
  length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 64 })),
  kind: fc.constantFrom('flip', 'set', 'drop', 'insert', 'copy', 'cut'),
  bytes: fc.oneof(fc.constant([0]), fc.constant([255]), fc.array(fc.nat(255), { minLength: 1, maxLength: 8 })),
})
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never

const changed = (bytes: Uint8Array, { at: place, length, kind, bytes: others }: Change): Uint8Array => {
  const at = place % Math.max(bytes.length, 1)
  const [before, part, after] = [bytes.slice(0, at), bytes.slice(at, at + length), bytes.slice(at + length)]
  const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(p => [...p]))
  const value = (i: number): number => others[i % others.length]!
  if (kind === 'flip') return joined(before, part.map((v, i) => v ^ (value(i) || 1)), after) // prettier-ignore
  if (kind === 'set') return joined(before, part.map((_, i) => value(i)), after) // prettier-ignore
  if (kind === 'drop') return joined(before, after)
  if (kind === 'insert')
    return joined(
      before,
      Uint8Array.from({ length }, (_, i) => value(i)),
      part,
      after,
    )
  if (kind === 'copy') return joined(before, bytes.slice((at * 7) % bytes.length, ((at * 7) % bytes.length) + length), after) // prettier-ignore
  return before
}

/** A whole file with a few changes, of which most are near its start, where what it says of itself stands; or any bytes. */
export const damaged = (...whole: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const early = change.map(c => ({ ...c, at: c.at % 256 }))
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    {
      weight: 9,
      arbitrary: fc
        .tuple(fc.constantFrom(...whole), fc.array(fc.oneof(early, early, change), { minLength: 1, maxLength: 3 }))
        .map(([bytes, changes]) => changes.reduce(changed, bytes)),
    },
  )
}

/** Expects of every file, damaged in every way, that it is read, or refused in one line that begins with its name, or with that of one
 *  of the files that it belongs to. */
export const readsOrRefuses = (
  names: readonly string[],
  whole: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  numRuns: number,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(damaged(...whole), async bytes => {
      const before = bytes.slice()
      try {
        await read(bytes)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        expect(error.message).to.match(/^[^\n\r]{1,400}$/)
        expect(
          names.some(name => error.message.startsWith(`${name}: `)),
          error.message,
        ).to.equal(true)
      }
      expect(bytes).to.deep.equal(before)
    }),
    { numRuns },
  )
