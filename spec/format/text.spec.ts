import { expect } from 'chai'
import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { clock, commandLine, deviation, fixed, percent, table, unitOf, reflowed, wrapped } from '../../lib/format/text'

describe('text for people', () => {
  it('shows time as a clock does', () => {
    expect([0, 6.6, 59.5, 161, 3729, -1].map(clock)).to.deep.equal(['0:00', '0:07', '1:00', '2:41', '1:02:09', '0:00'])
  })

  it('shows parts and deviations in percent, with their sign', () => {
    expect([percent(0.9894), percent(1)]).to.deep.equal(['98.9 %', '100.0 %'])
    expect([deviation(348.17, 339.6), deviation(9, 10)]).to.deep.equal(['+2.5 %', '−10.0 %'])
  })

  it('chooses the unit in which a number lies between 1 and 1000', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 9.99e14, noNaN: true }), n => {
        const { scale } = unitOf(n)
        expect(n / scale).to.be.within(1 - 1e-9, 1000)
      }),
    )
    expect(unitOf(0)).to.deep.equal({ name: '', scale: 1 })
  })

  it('reads back what it has grouped', () => {
    fc.assert(
      fc.property(fc.nat(), n => {
        expect(Number(fixed(n, 2).replaceAll(',', ''))).to.equal(n)
      }),
    )
  })

  it('aligns columns: names to the left, numbers to the right', () => {
    const cells = fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.nat().map(String)), { minLength: 1 })
    fc.assert(
      fc.property(cells, rows => {
        const lines = table(['name', 'n'], rows).split('\n')
        expect(new Set(lines.map(line => line.length)).size).to.equal(1)
        expect(new Set(lines.map(line => line.search(/\S/)))).to.deep.equal(new Set([2]))
      }),
    )
    expect(table(['', 'GFLOPs'], [['V1', '346.4']])).to.equal('      GFLOPs\n  V1   346.4')
  })

  it('command lines are read back by a shell, word for word', () => {
    const word = fc.string({ unit: 'grapheme' })
    const examples = [[['', "'", '\n', '$(x)', '~', '#', '-n', '*', '\\', 'é']] as [string[]]]
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 200, size: 'max' }), words => {
        const read = execFileSync('bash', ['-c', `printf '%s\\0' ${commandLine(words)}`]).toString()
        expect(read.split('\0').slice(0, -1)).to.deep.equal(words)
      }),
      { numRuns: 5, examples },
    )
  })
})

describe('texts for a terminal', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 })
  it('are broken between words: no line is too wide, and no word is lost', () =>
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (all, width) => {
        const lines = wrapped(all.join(' '), width)
        for (const line of lines) expect(line.length).to.be.at.most(width)
        expect(lines.join(' ').split(' ')).to.deep.equal(all)
      }),
    ))

  it('join the lines of a paragraph, and leave headings, commands and blank lines', () => {
    const text = 'One two\nthree four.\n\nExamples:\n  $ run --this\n  $ run --that'
    expect(reflowed(text, 80)).to.equal('One two three four.\n\nExamples:\n  $ run --this\n  $ run --that')
    expect(reflowed(text, 11)).to.equal(
      'One two\nthree four.\n\nExamples:\n  $ run\n      --this\n  $ run\n      --that',
    )
  })

  it('a table breaks the names of its rows where it is too wide, and keeps its numbers', () => {
    const rows = [['a name of many words', '12', '34']]
    expect(table(['', 'first', 'second'], rows)).to.not.include('\n  a name of\n')
    const narrow = [
      ' '.repeat(28) + 'the',
      `${' '.repeat(18)}first  second`,
      '  a name of many     12      34',
      '   words',
    ]
    expect(table(['', 'first', 'the second'], rows, 1, 33)).to.equal(narrow.join('\n'))
    expect(table(['', 'first', 'the second'], rows, 1, 20)).to.equal(
      '  a name of many\n    words\n    first 12, the\n    second 34',
    )
  })
})
