/** The font of the formulas: of STIX Two Math (OFL 1.1), the glyphs that the pages use, with its table of mathematics. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import subsetFont from 'subset-font'

const file = createRequire(__filename).resolve('@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2')

/** A letter of a formula is drawn as its slanted form: 𝐴 of A. */
const slanted = (letter: string): string => {
  const at = letter.codePointAt(0)!
  if (letter === 'h') return 'ℎ'
  if (/[A-Z]/.test(letter)) return String.fromCodePoint(0x1d434 + at - 65)
  if (/[a-z]/.test(letter)) return String.fromCodePoint(0x1d44e + at - 97)
  if (/[α-ω]/.test(letter)) return String.fromCodePoint(0x1d6fc + at - 0x3b1)
  return ''
}
const ALWAYS = '0123456789()[]{}+−=·*,.√∑^∞∈→←′'

/** @param texts pages, in which all between `<math` and `</math>` counts */
export const mathFont = async (texts: Iterable<string>): Promise<Uint8Array> => {
  const used = new Set(ALWAYS)
  for (const text of texts)
    for (const [formula] of text.matchAll(/<math[\s\S]*?<\/math>/g))
      for (const letter of formula.replace(/<[^>]*>/g, '')) [letter, slanted(letter)].forEach(x => x && used.add(x))
  return subsetFont(readFileSync(file), [...used].join(''), { targetFormat: 'woff2' })
}

/** The rule that names the font. */
export const fontFace = (address: string): string =>
  `@font-face{font-family:"STIX Two Math";font-display:swap;src:url("${address}") format("woff2")}math{font-family:"STIX Two Math",math}`
