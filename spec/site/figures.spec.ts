/** The figures of the site compute what they claim, and every page can be made. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { contents } from '../../docs/site/contents'
import { formula } from '../../docs/site/formula'
import { figures } from '../../docs/site/figures'
import type { Figure } from '../../docs/site/figures/figure'
import { loadModel } from '../../docs/site/figures/load'
import { modelFile } from '../../docs/site/model'
import { upright } from '../../docs/generator/formula'

const root = resolve(__dirname, '../..')

describe('the figures of the site', () => {
  const model = loadModel(modelFile())
  const draw = (figure: Figure, more: Readonly<Record<string, number>> = {}): string =>
    figure.draw(model, { ...figure.start, ...more })
  const apart = (text: string): string => /differ by at most <output>(.*?)<\/output>/.exec(text)![1]!

  it('are drawn at both ends of every control, twice alike', () => {
    for (const [name, figure] of Object.entries<Figure>(figures)) {
      for (const control of figure.controls) {
        const ends =
          control.kind === 'range'
            ? [control.min, control.max]
            : control.kind === 'switch'
              ? [0, 1]
              : [0, control.options.length - 1]
        for (const end of ends) {
          const drawn = draw(figure, { [control.name]: end })
          expect(drawn, `${name}, ${control.name} = ${end}`).to.not.match(/NaN|undefined|Infinity/)
        }
      }
      expect(draw(figure), name).to.equal(draw(figure))
    }
  }).timeout(60000)

  it('α: 0 is the block alone, another value is not', () => {
    const rows = (text: string): string[] =>
      text
        .split('<div class="row">')
        .slice(-3)
        .map(
          row =>
            row
              .replace(/<\/div><svg/, '|<svg')
              .split('|')[1]!
              .split('<div class="legend">')[0]!,
        )
    const [, alone, crossed] = rows(draw(figures.alpha, { alpha: 0 }))
    expect(crossed).to.equal(alone)
    const [, before, after] = rows(draw(figures.alpha, { alpha: 1 }))
    expect(after).to.not.equal(before)
  })

  it('β moves no logit, its gain does', () => {
    const moved = (more: Readonly<Record<string, number>>): string =>
      /moved by at most <output>(.*?)<\/output>/.exec(draw(figures.beta, more))![1]!
    expect(moved({ beta: 10 })).to.match(/^0$|·10⁻[⁴-⁹]$/)
    expect(Number(moved({ gain: 10 }))).to.be.above(0.1)
  })

  it('without P_t a clip and its reverse, or another order, have the same logits; with it they have not', () => {
    for (const order of [0, 1]) {
      expect(apart(draw(figures.positions, { P_t: 0, order }))).to.match(/^0$|·10⁻[⁵-⁹]$/)
      expect(Number(apart(draw(figures.positions, { P_t: 1, order })))).to.be.above(0.1)
    }
  })

  it('wide heads give the output of crossing scores', () =>
    expect(apart(draw(figures.wideHeads, { alpha: 1.3 }))).to.match(/^0$|·10⁻[⁵-⁹]$/))

  it('the two readings part in the third block alone', () => {
    const cells = Array.from(draw(figures.readings).matchAll(/<td>([^<]*)<\/td>/g), ([, text]) => text!)
    expect(cells.slice(0, 2)).to.deep.equal(['0', '0'])
    expect(Number(cells[2])).to.be.above(0.01)
  })

  it('dead work is a quarter of V2', () =>
    expect(draw(figures.deadWork)).to.include('<output>348.2</output>').and.include('<output>261.9</output>'))

  it("the four systems: CSTransformer's share of ViViT's cost is half as large in one unit", () => {
    const shares = (unit: number): string[] =>
      Array.from(draw(figures.systems, { unit }).matchAll(/<output>(.*?)<\/output> %/g), ([, share]) => share!)
    expect([0, 1, 2].map(shares)).to.deep.equal([
      ['8.6', '8.8'],
      ['4.3', '4.4'],
      ['4.3', '4.4'],
    ])
    expect(draw(figures.systems, { unit: 2 })).to.match(/TimeSformer-L.*?<td>7\.1<\/td><td>7\.14<\/td><td>6\.87<\/td>/)
  })

  it('the network knows the clips that it is shown', () => {
    for (let clip = 0; clip < 8; clip++)
      expect(draw(figures.alpha, { clip }), `clip ${clip}`).to.match(/class="best"><span>[^<]*✓/)
  })
})

describe('the pages of the site', () => {
  it('name figures, equations and symbols that are there', () => {
    for (const { name, symbols } of contents) {
      const text = readFileSync(join(root, `docs/site/pages/${name}.md`), 'utf8')
      for (const [, figure] of text.matchAll(/^:::(?:figure|wide) (\w+)/gm))
        expect(figures, name).to.have.property(figure!)
      for (const [, key] of text.matchAll(/\]\{(\w+)\}/g)) expect(symbols, name).to.have.property(key!)
    }
  })

  it('set words upright and mark symbols where they stand alone', () => {
    expect(upright('Softmax(A_i) \\cdot \\mathrm{LN}(x)')).to.equal('\\mathrm{Softmax}(A_i) \\cdot \\mathrm{LN}(x)')
    const made = formula('CrossA_i = A_i + \\alpha_i A_{i-1}', {
      A: { tex: ['A_i'], shown: 'A' },
      alpha: { tex: ['\\alpha_i'], shown: 'α' },
    })
    expect(made.match(/class="k-A"/g)).to.have.length(1)
    expect(made).to.match(/class="k-alpha"/)
  })
})
