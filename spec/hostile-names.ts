/** Names as no one should give them: what a terminal obeys, what XML cannot hold, and what ends elements, lines and quotes. */
import fc from 'fast-check'

const parts = ['\u001b[31m', '\u001b]0;x\u0007', '\u009b2J', '\r', '\n', '\0', '\u202e', '\u2066', '\ud800', '\udfff', '\ufffe', '\u2028', '<script>', ']]>', '&amp;', '"', "'", '`', '-->', 'é', '😀', 'a', ' '] // prettier-ignore

/** Names of any letters, most of them hostile. */
export const hostileName: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary', maxLength: 3 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map(found => found.join(''))

/** What a terminal would obey, or show in another order. */
// eslint-disable-next-line no-control-regex
export const WILD = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/
