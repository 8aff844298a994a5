/** Figures of cost: the work that reaches no logit, Tables 1, 3 and 4 in one unit, and all systems of Tables 3 and 4. */
import { variants } from '../../../lib/paper'
import { type Compared, comparedSystems } from '../../../lib/systems/compared'
import { costOf, paperTables } from '../../../lib/systems/costs'
import { element } from '../../../lib/format/svg'
import type { Figure } from './figure'

const { V2 } = variants
const products = (deadWork: 'counted' | 'left out', STB: number = V2.STB, TTB: number = V2.TTB): number =>
  costOf({ ...V2, STB, TTB }, deadWork).flops.products

interface Blocks {
  readonly STB: number
  readonly last: number
  readonly TTB: number
  readonly whole: number
}
/** What a block costs: the difference that one more makes. The last STB has what is left over. */
const blocks = (deadWork: 'counted' | 'left out'): Blocks => {
  const whole = products(deadWork)
  const STB = whole - products(deadWork, V2.STB - 1)
  const TTB = whole - products(deadWork, V2.STB, V2.TTB - 1)
  return { STB, TTB, whole, last: STB - (products(deadWork, 2) - 2 * STB - (products(deadWork, 1) - STB)) }
}
const kept = new Map<string, Blocks>()
const blocksOf = (deadWork: 'counted' | 'left out'): Blocks => {
  const found = kept.get(deadWork) ?? blocks(deadWork)
  kept.set(deadWork, found)
  return found
}
const G = (flops: number): string => (flops / 1e9).toFixed(1)

export const deadWork: Figure = {
  title: 'Work that reaches no logit, in Figure 1',
  attempt: 'Switch the light on: what stays dark in V2 is computed for nobody.',
  controls: [{ kind: 'switch', name: 'light', label: 'light up what a logit depends on', symbol: 'y' }],
  start: { light: 1 },
  draw: (_, state) => {
    const written = blocksOf('counted')
    const needed = blocksOf('left out')
    const { STB, TTB } = V2
    const others = needed.whole - (STB - 1) * needed.STB - TTB * needed.TTB
    const embedding = written.whole - STB * written.STB - TTB * written.TTB
    const last = others - embedding
    const all = [
      ...Array.from({ length: STB }, (_, i) => ({ name: `STB ${i + 1}`, all: written.STB, own: i === STB - 1 ? last : needed.STB })),
      ...Array.from({ length: TTB }, (_, i) => ({ name: `TTB ${i + 1}`, all: written.TTB, own: needed.TTB })),
    ] // prettier-ignore
    const light = state['light'] === 1
    const [wide, high] = [26, 150]
    const drawn = all.map(({ name, all: whole, own }, i) => {
      const tall = (whole / written.STB) * high
      const lit = light ? (own / written.STB) * high : tall
      const x = i * (wide + 6) + (i >= STB ? 16 : 0)
      return [
        element('rect', { x, y: high - tall, width: wide, height: tall, class: 'dark', 'data-says': `${name}: ${G(own)} of ${G(whole)} GFLOPs reach a logit` }),
        element('rect', { x, y: high - lit, width: wide, height: Math.max(lit, 0.75), class: i < STB ? 'lit space' : 'lit time', 'data-says': `${name}: ${G(own)} of ${G(whole)} GFLOPs reach a logit` }),
        element('text', { x: x + wide / 2, y: high + 14, 'text-anchor': 'middle' }, name.split(' ')[1]!),
      ].join('') // prettier-ignore
    })
    const width = all.length * (wide + 6) + 16
    const dark = 1 - needed.whole / written.whole
    return [
      element(
        'svg',
        { class: 'blocks', viewBox: `0 -22 ${width} ${high + 46}`, role: 'img', 'aria-label': `GFLOPs of every block of V2: ${G(written.STB)} in an STB, ${G(last)} of them needed in the last; ${G(written.TTB)} in a TTB, ${G(needed.TTB)} of them needed` },
        element('text', { x: 0, y: -8 }, `STB: ${G(written.STB)} GFLOPs each`),
        element('text', { x: width - 6, y: -8, 'text-anchor': 'end' }, `TTB: ${G(written.TTB)}, of which ${G(needed.TTB)} count`),
        ...drawn,
      ), // prettier-ignore
      `<p class="result"><output>${G(written.whole)}</output> GFLOPs are written down, <output>${G(needed.whole)}</output> reach a logit: ${(100 * dark).toFixed(0)} % is dark.</p>`,
      '<p class="step">The head reads class tokens, and a TTB mixes frames but never positions: the patches of the temporal stage are computed for nobody, and the last STB needs only their keys and values.</p>',
    ].join('')
  },
}

export const units: Figure = {
  title: 'Costs in one unit',
  attempt: 'Choose what a FLOP is: the paper prints operations, and compares them with multiply-adds of others.',
  controls: [{ kind: 'choice', name: 'unit', label: 'one FLOP is', options: ['an operation', 'a multiply-add'] }],
  start: { unit: 0 },
  draw: (_, state) => {
    const per = state['unit'] === 0 ? 1 : 2
    const shown = (flops: number, unit: string): string => {
      const value = flops / per / (unit === 'TFLOPs' ? 1e12 : 1e9)
      return value.toFixed(unit === 'TFLOPs' ? 2 : 1)
    }
    return paperTables
      .map(({ table, title, unit, rows }) => {
        const counted = rows.map(({ config, views: [clips, crops] }) => costOf(config).flops.products * clips * crops)
        const needed = rows.map(({ config, views: [clips, crops] }) => costOf(config, 'left out').flops.products * clips * crops) // prettier-ignore
        const most = Math.max(...counted)
        const lines = rows.map(
          ({ label, paper }, i) =>
            `<tr><th scope="row">${label}</th><td>${paper ? shown(paper, unit) : '–'}</td><td>${shown(counted[i]!, unit)}</td><td>${shown(needed[i]!, unit)}</td><td class="meter"><i style="--part:${(counted[i]! / most).toFixed(3)}"></i><i class="lit" style="--part:${(needed[i]! / most).toFixed(3)}"></i></td></tr>`,
        )
        return `<div class="wide"><table class="costs"><caption>${table}: ${title}; ${per === 1 ? unit : unit.replace('FLOPs', ' multiply-adds')}</caption><thead><tr><td></td><th scope="col">printed</th><th scope="col">counted</th><th scope="col">needed</th><td></td></tr></thead><tbody>${lines.join('')}</tbody></table></div>`
      })
      .join('')
  },
}

let counted: readonly Compared[] | undefined

const UNITS = ['each its own, as printed', 'operations', 'multiply-adds'] as const

export const systems: Figure = {
  title: 'CSTransformer beside TimeSformer, ViViT and VTN, in one unit',
  attempt:
    'Choose one unit for all rows: the share of CSTransformer in the work of ViViT doubles or halves with the mixture.',
  controls: [{ kind: 'choice', name: 'unit', label: 'TFLOPs are', options: UNITS }],
  start: { unit: 0 },
  draw: (_, state) => {
    const all = (counted ??= comparedSystems())
    const chosen = UNITS[state['unit']!]!
    /** TFLOPs in the unit that is chosen: what is printed, and what is counted in operations. */
    const shown = all.map(({ operations, needed, paper, unit }) => {
      const into = chosen === UNITS[0] ? unit : chosen
      const per = into === 'operations' ? 1 : 2
      const printed = (paper * (unit === 'operations' ? 1 : 2)) / per
      return { into, printed: printed / 1e12, counted: operations / per / 1e12, needed: needed / per / 1e12 }
    })
    const most = Math.max(...shown.map(row => row.counted))
    const lines = shown.map(({ into, printed, counted: ours, needed }, i) => {
      const { label, views } = all[i]!
      const [long, lit] = [ours, needed].map(x => (x / most).toFixed(3))
      return `<tr><th scope="row">${label} <small>${views === 'whole' ? 'once' : views}, ${into}</small></th><td>${printed.toFixed(1)}</td><td>${ours.toFixed(2)}</td><td>${needed.toFixed(2)}</td><td class="meter"><i style="--part:${long}"></i><i class="lit" style="--part:${lit}"></i></td></tr>`
    })
    const share = (of: 'printed' | 'counted'): string =>
      `<output>${((100 * shown[3]![of]) / shown[2]![of]).toFixed(1)}</output> %`
    return [
      `<div class="wide"><table class="costs"><caption>Tables 3 and 4, all views together: TFLOPs</caption><thead><tr><td></td><th scope="col">printed</th><th scope="col">counted</th><th scope="col">needed</th><td></td></tr></thead><tbody>${lines.join('')}</tbody></table></div>`,
      `<p class="result">CSTransformer, 1×3, takes ${share('printed')} of what ViViT takes by the printed figures, ${share('counted')} by the counted${chosen === UNITS[0] ? ', when operations are divided by multiply-adds' : ''}.</p>`,
      '<p class="step">Counted is what the equations write down, needed what a logit depends on. VTN is one pass over a whole video of 250 frames.</p>',
    ].join('')
  },
}
