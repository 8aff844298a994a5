/** That nothing of the paper is left out: equations, their numbers, and the table of them. */
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equations } from '../../lib/paper'

const folder = join(__dirname, '../../lib/paper')
const sources = readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8'))
const titles = Object.values(equations).map(e => e.title)
const upTo14 = Array.from({ length: 14 }, (_, i) => i + 1)

/** The numbers that a title names: 'Eqs. (1)–(4)' are four. */
const numbersOf = (title: string): number[] =>
  [...title.matchAll(/\((\d+)\)(?:–\((\d+)\))?/g)].flatMap(([, from, to]) =>
    Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, i) => Number(from) + i),
  )

describe('The paper', () => {
  it('has its equations (1) to (14) here, each once, by the titles', () =>
    expect(titles.flatMap(numbersOf).sort((a, b) => a - b)).to.deep.equal(upTo14))

  it('has its equations (1) to (14) here, each once, by the formulas above the code', () => {
    const tags = sources.flatMap(source => [...source.matchAll(/\\tag\{(\d+)\}/g)].map(([, n]) => Number(n)))
    expect(tags.sort((a, b) => a - b)).to.deep.equal(upTo14)
  })

  it('are listed in the order of their numbers', () => {
    const firsts = titles.flatMap(title => numbersOf(title).slice(0, 1))
    expect(firsts).to.deep.equal([...firsts].sort((a, b) => a - b))
  })

  it('lists every equation of lib/paper in the table, by its own name', () => {
    const named = sources.flatMap(source =>
      [...source.matchAll(/export const (\w+) = equation\(/g)].map(([, name]) => name),
    )
    const written = sources.flatMap(source => [...source.matchAll(/\bequation\(/g)]).length
    expect(named.sort()).to.deep.equal(Object.keys(equations).sort())
    expect(written, 'equations that are not exported constants').to.equal(named.length)
  })

  it('gives every equation a title of its own, which says where it stands in the paper', () => {
    expect(new Set(titles).size).to.equal(titles.length)
    for (const title of titles) expect(title).to.match(/^[^,]+, (Sec\. 3\.[123]|App\. A\.1)(, Eqs?\. [()\d–, ]+)?$/)
  })

  it('describes every equation above its code, with its source', () => {
    const documented = sources.flatMap(source => [
      ...source.matchAll(/Source: (Sec\.|App\.)[^*]*\*\/\nexport const \w+ = equation\(/g),
    ])
    // meanPool is the other reading of a decision, which has no place in the paper.
    expect(documented.length).to.equal(titles.length - 1)
  })
})
