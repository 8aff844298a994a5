/** Figures of Section 4: the schedule, the ablations, the maps. */
import { paperRecipe } from '../../../lib/training/recipe'
import { stepSchedule } from '../../../lib/training/schedule'
import { attentionMaps } from '../../../lib/training/attention-maps'
import { flat } from '../../../lib/tensor'
import { forward } from '../../../lib/paper'
import { classNames } from '../../../lib/video/digits-in-motion'
import { element } from '../../../lib/format/svg'
import { answer, clipOf, frame, heads, legend, row } from './draw'
import { clipChoice } from './clips'
import type { Figure } from './figure'

const { rate, epochs, drops, factor } = paperRecipe
const at = (epoch: number): number => stepSchedule(rate, { drops, factor, stepsPerEpoch: 1 })(epoch - 1)

export const schedule: Figure = {
  title: 'The rate of each epoch',
  attempt: 'Go through the epochs: the rate drops to a tenth at the start of 5, 14 and 16.',
  controls: [
    {
      kind: 'range',
      name: 'epoch',
      label: 'epoch',
      min: 1,
      max: epochs,
      step: 1,
      symbol: 'rate',
      marks: ['1', `${epochs}`],
    },
  ],
  start: { epoch: 5 },
  draw: (_, state) => {
    const [width, height] = [540, 170]
    const x = (epoch: number): number => 76 + ((epoch - 1) / epochs) * (width - 86)
    const y = (value: number): number => 14 + (Math.log10(rate / value) / 3) * (height - 44)
    const epoch = state['epoch']!
    const path = Array.from(
      { length: epochs },
      (_, i) => `${i ? 'L' : 'M'}${x(i + 1)} ${y(at(i + 1))}H${x(i + 2)}`,
    ).join('')
    return [
      element(
        'svg',
        { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Learning rate: ${[1, ...drops].map(e => `${at(e)} from epoch ${e}`).join(', ')}` },
        ...[0, 1, 2, 3].map(k => element('path', { d: `M76 ${y(rate / 10 ** k)}H${width - 10}`, class: 'grid' }) + element('text', { x: 68, y: y(rate / 10 ** k) + 4, 'text-anchor': 'end' }, `${rate / 10 ** k}`)),
        element('rect', { x: x(epoch), y: 8, width: x(2) - x(1), height: height - 38, class: 'here' }),
        element('path', { d: path, class: 'line', 'data-k': 'rate' }),
        ...[1, ...drops, epochs].map(e => element('text', { x: x(e) + (x(2) - x(1)) / 2, y: height - 8, 'text-anchor': 'middle' }, `${e}`)),
      ),
      `<p class="result">Epoch ${epoch}: a rate of <output>${at(epoch)}</output>, momentum ${paperRecipe.optimizer.momentum}, weight decay ${paperRecipe.optimizer.decay}.</p>`,
    ].join('') // prettier-ignore
  },
}

export const maps: Figure = {
  title: 'Where it looks',
  attempt:
    'Choose a block, or all of them together: attention follows the ink, and the paper’s Figure 4 is such a row.',
  controls: [
    { kind: 'choice', name: 'block', label: 'maps of', options: ['STB 1', 'STB 2', 'STB 3', 'all blocks (rollout)'] },
    clipChoice,
  ],
  start: { block: 2, clip: 5 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const of = state['block'] === 3 ? 'rollout' : state['block']! + 1
    const all = flat(attentionMaps(config, parameters, X, of))
    const P = all.length / config.frames
    const shares = Array.from({ length: config.frames }, (_, t) => all.subarray(t * P, (t + 1) * P))
    return [
      heads(config.frames),
      row('The clip', classNames[state['clip']!]!, shares.map((_, t) => frame(X, t, config))),
      row('Attention', 'of the class token', shares.map((own, t) => frame(X, t, config, { shares: own })), 'map'),
      legend('mean over heads'),
      answer(forward(config, parameters, X).logits, state['clip']),
    ].join('') // prettier-ignore
  },
}
