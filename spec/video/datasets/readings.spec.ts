import { expect } from 'chai'
import fc from 'fast-check'
import { readings } from '../../../lib/video/datasets/readings'

const meanings = (line: string): readonly string[] =>
  readings(line).map(({ path, frames, label }) => [path, frames, label].filter(part => part !== undefined).join(' | '))

const word = fc.stringMatching(/^[A-Za-z_][A-Za-z_0-9-]{0,7}$/)
/** Names with blanks and commas in them. */
const name = fc.array(word, { minLength: 1, maxLength: 3 }).chain(words => fc.constantFrom(' ', ', ', '-').map(between => words.join(between))) // prettier-ignore
const video = fc.tuple(name, fc.constantFrom('.mp4', '.AVI', '.webm')).map(parts => parts.join(''))
const separators = fc.constantFrom(' ', '  ', '\t', ',', ', ', ' , ', ';', '; ')

describe('A line of a list', () => {
  it('with a path that ends as a video does has one reading, whatever separates them and whatever is in the names', () =>
    fc.assert(
      fc.property(
        video,
        name,
        separators,
        fc.constantFrom('', ' ', '\r'),
        (path, label, separator, end) =>
          void expect(meanings(`${path}${separator}${label}${end}`)).to.deep.equal([`${path} | ${label}`]),
      ),
    ))

  it('means the same with quotes around path or label', () =>
    fc.assert(
      fc.property(video, name, separators, (path, label, separator) => {
        for (const [p, l] of [
          [`"${path}"`, label],
          [path, `"${label}"`],
          [`"${path}"`, `"${label}"`],
        ] as const)
          expect(meanings(`${p}${separator}${l}`)).to.deep.equal([`${path} | ${label}`])
      }),
    ))

  it('with a tab has one reading, whatever its path ends in', () =>
    fc.assert(
      fc.property(
        name,
        name,
        (path, label) => void expect(meanings(`${path}\t${label}`)).to.deep.equal([`${path} | ${label}`]),
      ),
    ))

  for (const [line, expected] of [
    ['videos/a.mp4 0', ['videos/a.mp4 | 0']],
    ['v.mp4 riding a bike', ['v.mp4 | riding a bike']],
    ['a, b/1.mp4 jump', ['a, b/1.mp4 | jump']],
    ['a b/1.mp4, jump', ['a b/1.mp4 | jump']],
    ['"a ""b"".mp4" jump', ['a "b".mp4 | jump']],
    ['a.mp4,"bending back, slowly"', ['a.mp4 | bending back, slowly']],
    ['videos\\a.mp4 0', ['videos\\a.mp4 | 0']],
    ['Archery/v_Archery_g01_c01.avi', ['Archery/v_Archery_g01_c01.avi']],
    ['34870;Drumming', ['34870 | Drumming']],
    ['x/1\t163\t7', ['x/1 | 163 | 7']],
    // What may be two things is both.
    ['x.mp4 y.mp4 3', ['x.mp4 | y.mp4 3', 'x.mp4 y.mp4 | 3']],
    ['x.mp4 y.mp4', ['x.mp4 | y.mp4', 'x.mp4 y.mp4']],
    ['some/path 163 1', ['some/path | 163 1', 'some/path | 163 | 1', 'some/path 163 | 1']],
    ['some/path.mp4 163 1', ['some/path.mp4 | 163 1', 'some/path.mp4 | 163 | 1']],
    ['34870;Drumming Fingers', ['34870 | Drumming Fingers', '34870;Drumming | Fingers']],
    // What is no line of a list has none.
    ['b', []],
    ['', []],
    ['b\t', []],
  ] as const)
    it(`'${line}' has ${expected.length === 1 ? 'one reading' : `${expected.length} readings`}`, () =>
      void expect(meanings(line)).to.deep.equal(expected))

  it('is refused at once where it is longer than any', () =>
    expect(() => readings('a '.repeat(1e6))).to.throw('must be at most 4000 characters, got 2000000'))
})
