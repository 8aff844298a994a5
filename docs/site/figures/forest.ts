/** The figure of the ablations: every paired comparison of the study, and the exact test of one of them. */
import { forestPlot } from '../../../lib/ablation/forest'
import { shiftInterval, signFlipTest } from '../../../lib/ablation/statistics'
import { bars, small } from './draw'
import type { Figure } from './figure'

const OUTCOMES = ['accuracy at the end', 'mean accuracy on the way'] as const

export const forest: Figure = {
  title: 'Is there a gain?',
  attempt: 'Choose what is compared and go from line to line: the test is made here, from the pairs of the study.',
  controls: [
    { kind: 'choice', name: 'outcome', label: 'compared', options: OUTCOMES },
    { kind: 'range', name: 'line', label: 'line', min: 1, max: 11, step: 1 },
  ],
  start: { outcome: 0, line: 1 },
  draw: ({ gains }, state) => {
    const chosen = gains.filter(({ outcome }) => outcome === OUTCOMES[state['outcome']!])
    const { label, table, differences } = chosen[Math.min(chosen.length, state['line']!) - 1]!
    const [low, high] = shiftInterval(differences)
    const most = Math.max(...differences.map(Math.abs))
    const points = (x: number): string => `${x < 0 ? '−' : '+'}${(100 * Math.abs(x)).toFixed(1)}`
    return [
      `<div class="wide">${forestPlot(chosen, `Gains in ${OUTCOMES[state['outcome']!]}`)}</div>`,
      `<p class="step"><b>${label}: ${table.title}</b>, the ${differences.length} pairs of seeds:</p>`,
      bars(differences, 'the difference of every pair', most, 'gain'),
      `<p class="result">An exact sign-flip test gives p = <output>${small(signFlipTest(differences))}</output>; the 95 % interval is ${points(low)} to ${points(high)} points.</p>`,
    ].join('')
  },
}
