/** Figures of Sections 3.2 and 3.3: what crosses from block to block, and what is aggregated. */
import { flat, full, type Tensor } from '../../../lib/tensor'
import { concat, layerNorm, matmul, mul, scale, softmax, transpose } from '../../../lib/primitives'
import {
  crossAttention,
  crossStageMap,
  featureTerm,
  forward,
  project,
  type Parameters,
  scores,
} from '../../../lib/paper'
import { answer, bars, clipOf, difference, frame, heads, legend, row, rowOf, signed, small } from './draw'
import { type Figure, type Model, type State } from './figure'
import { clipChoice } from './clips'

/** The parameters with another α in every block that has one, or in the i-th alone. */
const withAlpha = (parameters: Parameters, value: number, only?: number): Parameters => ({
  ...parameters,
  STB: parameters.STB.map((W, i) => (W.alpha && (only === undefined || only === i) ? { ...W, alpha: full(value, []) } : W)), // prettier-ignore
})
const frames = (model: Model, X: Model['clips'], map: Tensor): string[] =>
  Array.from({ length: model.config.frames }, (_, t) => frame(X, t, model.config, { shares: rowOf(map, t) }))

const alphaRange = {
  kind: 'range',
  name: 'alpha',
  label: 'α₂',
  min: -1,
  max: 2,
  step: 0.01,
  symbol: 'alpha',
  marks: ['−1', '0: the baseline', '1', '2'],
  show: (x: number) => signed(x),
} as const

export const alpha: Figure = {
  title: 'What crosses, under your finger',
  attempt: 'Drag α₂ away from 0: what block 1 looked at appears in what block 2 looks at, without any training.',
  controls: [alphaRange, clipChoice],
  start: { alpha: 0, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const value = state['alpha']!
    const { STB, logits } = forward(config, withAlpha(parameters, value, 1), X)
    const [one, two] = [STB[0]!, STB[1]!]
    const learnt = flat(parameters.STB[1]!.alpha!)[0]!
    return [
      heads(config.frames),
      row('Block 1', 'Softmax(A₁): what crosses', frames(model, X, one.map), 'A_prev'),
      row('Block 2 alone', 'Softmax(A₂)', frames(model, X, softmax(two.A)), 'A'),
      row('Block 2, crossed', 'Softmax(A₂ + α₂·A₁)', frames(model, X, crossStageMap(two.A, full(value), one.A).CrossA), 'CrossA'),
      legend('share of the class token’s attention, mean of 2 heads'),
      `<p class="result">Training left α₂ at <output>${signed(learnt, 3)}</output>. With α₂ = ${signed(value)} the network says:</p>`,
      answer(logits, state['clip']),
    ].join('') // prettier-ignore
  },
}

export const readings: Figure = {
  title: 'Two readings of “what crosses”',
  attempt: 'Raise α: the two readings agree in blocks 1 and 2 and part in block 3 (decision D1).',
  controls: [{ ...alphaRange, label: 'every α' }, clipChoice],
  start: { alpha: 1, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const [raw, accumulated] = (['raw', 'accumulated'] as const).map(kind => forward({ ...config, scores: kind }, withAlpha(parameters, state['alpha']!), X).STB) // prettier-ignore
    const apart = [0, 1, 2].map(i => difference(raw![i]!.map, accumulated![i]!.map))
    return [
      heads(config.frames),
      row('Block 3, raw', 'A₃ + α₃·A₂', frames(model, X, raw![2]!.map), 'A'),
      row('Block 3, accumulated', 'A₃ + α₃·(A₂ + α₂·A₁)', frames(model, X, accumulated![2]!.map), 'fused'),
      legend('share of the class token’s attention'),
      `<table class="matrix"><caption>The largest difference between the maps of the two readings</caption><thead><tr>${[1, 2, 3].map(i => `<th scope="col">block ${i}</th>`).join('')}</tr></thead><tbody><tr>${apart.map(x => `<td>${small(x)}</td>`).join('')}</tr></tbody></table>`,
    ].join('') // prettier-ignore
  },
}

/** Queries and keys of a spatial block of the clip. */
const queries = ({ config, parameters }: Model, V: Tensor, i: number) => {
  const W = parameters.STB[i]!
  const X: Tensor = layerNorm(V, W.gain_1, W.bias_1)
  const to = (name: 'Q' | 'K' | 'V'): Tensor =>
    project(X, W[`W_${name}`] as Tensor, W[`b_${name}`] as Tensor, config.heads)
  return { Q: to('Q'), K: to('K'), V: to('V') }
}

export const wideHeads: Figure = {
  title: 'Crossing scores are wider heads',
  attempt: 'Drag α₂: both ways of computing give the same output, so that no score matrix has to cross.',
  controls: [alphaRange, clipChoice],
  start: { alpha: 0.7, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const ratio = full(state['alpha']!)
    const { V_0, STB } = forward(config, parameters, X)
    const before = queries(model, V_0, 0)
    const now = queries(model, STB[0]!.V, 1)
    const crossed = crossAttention(now.Q, now.K, now.V, ratio, scores(before.Q, before.K) as Tensor)
    // [Q_i, α Q_{i−1}] · [K_i, K_{i−1}]ᵀ / √d: the scale stays that of d channels.
    const d = now.Q.shape[3]!
    const Q: Tensor = concat(3, now.Q, mul(ratio, before.Q))
    const K: Tensor = concat(3, now.K, before.K)
    const map = softmax(scale(matmul(Q, transpose(K)), 1 / Math.sqrt(d)))
    const wide = matmul(map, now.V)
    return [
      heads(config.frames),
      row('Scores cross', 'Softmax(A₂ + α₂·A₁)', frames(model, X, crossed.map), 'CrossA'),
      row('Heads twice as wide', '[Q₂, α₂·Q₁]·[K₂, K₁]ᵀ/√d', frames(model, X, map), 'CrossA'),
      legend('share of the class token’s attention'),
      `<table class="matrix"><thead><tr><td></td><th scope="col">what crosses, numbers a head</th><th scope="col">multiply-adds of the scores</th></tr></thead><tbody>
       <tr><th scope="row">scores</th><td>S² = ${17 ** 2}</td><td>S²·d = ${17 ** 2 * d}</td></tr>
       <tr><th scope="row">queries and keys</th><td>2·S·d = ${2 * 17 * d}</td><td>S²·2d = ${17 ** 2 * 2 * d}</td></tr></tbody></table>`,
      `<p class="result">The outputs differ by at most <output>${small(difference(crossed.O as Tensor, wide as Tensor))}</output>.</p>`,
    ].join('') // prettier-ignore
  },
}

/** The parameters with another β and with a gain times something in the first term of the aggregation. */
const withTerm = (parameters: Parameters, { beta, gain }: State): Parameters => ({
  ...parameters,
  FAM: { network: parameters.FAM!.network!.map((W, i) => (i === 0 ? { ...W, beta: full(beta!, []), gain: mul(W.gain, full(gain!)) } : W)) }, // prettier-ignore
})

export const beta: Figure = {
  title: 'β moves nothing; the gain moves everything',
  attempt: 'Drag β₁ from 0.1 to 10: nothing moves. Then drag the gain.',
  controls: [
    { kind: 'range', name: 'beta', label: 'β₁', min: 0.1, max: 10, step: 0.1, symbol: 'beta', marks: ['0.1', '10'], show: x => signed(x, 1) },
    { kind: 'range', name: 'gain', label: 'gain ×', min: 0, max: 10, step: 0.1, symbol: 'gain', marks: ['0', '10'], show: x => signed(x, 1) },
    clipChoice,
  ], // prettier-ignore
  start: { beta: 1, gain: 1, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const plain = forward(config, parameters, X)
    const changed = withTerm(parameters, state)
    const { logits } = forward(config, changed, X)
    const token = (parts: Parameters): ArrayLike<number> =>
      flat(featureTerm(plain.STB[0]!.V, parts.FAM!.network![0]!) as Tensor).subarray(0, config.dim)
    const scaled = Array.from(flat(plain.STB[0]!.V).subarray(0, config.dim), x => x * state['beta']!)
    return [
      `<p class="step" data-k="V"><b>β₁·V₁</b>, the class token of frame 1</p>`,
      bars(scaled, 'the scaled feature', 4, 'V'),
      `<p class="step" data-k="term"><b>LN(β₁·V₁)</b>, what is added to Y</p>`,
      bars(token(changed), 'the term of the aggregation', 4, 'term'),
      `<p class="result">Logits have moved by at most <output>${small(difference(plain.logits as Tensor, logits as Tensor))}</output>.</p>`,
      answer(logits, state['clip']),
    ].join('')
  },
}
