/** Figures of Section 3.1: patches, class token, positions, blocks, head. */
import { flat, full, type Tensor } from '../../../lib/tensor'
import { forward, patchEmbedding } from '../../../lib/paper'
import {
  bars,
  clipOf,
  difference,
  answer,
  frame,
  heads,
  legend,
  percent,
  reordered,
  row,
  rowOf,
  signed,
  small,
} from './draw'
import type { Figure } from './figure'
import { clipChoice } from './clips'

export const patches: Figure = {
  title: 'A patch becomes a token',
  attempt: 'Choose a patch: its pixels, in a row, are all that its token knows before the first block.',
  controls: [
    { kind: 'range', name: 'frame', label: 'frame', min: 1, max: 4, step: 1, symbol: 'X' },
    { kind: 'range', name: 'patch', label: 'patch', min: 1, max: 16, step: 1, symbol: 'X' },
  ],
  start: { frame: 2, patch: 7, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const { frames: T, patch: M, width } = config
    const X = clipOf(model, state['clip']!)
    const [t, p] = [state['frame']! - 1, state['patch']! - 1]
    const P = (width / M) ** 2
    const columns = width / M
    const pixels = Array.from({ length: M * M }, (_, i) => {
      const [y, x] = [Math.floor(p / columns) * M + Math.floor(i / M), (p % columns) * M + (i % M)]
      return flat(X)[(t * width + y) * width + x]!
    })
    const V = patchEmbedding(X as Tensor, M, parameters.patch)
    const token = flat(V).subarray((t * P + p) * config.dim, (t * P + p + 1) * config.dim)
    return [
      heads(T),
      row('X', `a clip, [1, 1, ${T}, ${width}, ${width}]`, Array.from({ length: T }, (_, u) =>
        frame(X, u, config, { ...(u === t ? { chosen: p } : {}), sets: q => `frame=${u + 1},patch=${q + 1}` })), 'X'), // prettier-ignore
      `<p class="step">Its ${M} × ${M} pixels in the order (C, M, M), −1 paper to 1 ink:</p>`,
      `<p class="cells" data-k="X">${pixels.map(x => `<span style="--dark:${((x + 1) / 2).toFixed(2)}">${signed(x, 1)}</span>`).join('')}</p>`,
      `<p class="step">Times W, plus b: its token, ${config.dim} channels.</p>`,
      bars(token, `the ${config.dim} channels of the token`, 2, 'V'),
    ].join('')
  },
}

/** The cosine of two vectors. */
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) [ab, aa, bb] = [ab + a[i]! * b[i]!, aa + a[i]! ** 2, bb + b[i]! ** 2]
  return ab / Math.sqrt(aa * bb)
}

export const classTokens: Figure = {
  title: 'One token, repeated; then each frame makes it its own',
  attempt: 'Go on from block to block: the class tokens of the four frames start as one vector and part ways.',
  controls: [
    { kind: 'range', name: 'block', label: 'after block', min: 0, max: 3, step: 1, symbol: 'V_cls', marks: ['0: before the first', '3: after the last STB'] },
    clipChoice,
  ], // prettier-ignore
  start: { block: 0, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const { frames: T, dim } = config
    const X = clipOf(model, state['clip']!)
    const { V_0, STB } = forward(config, parameters, X)
    const V: Tensor = state['block'] === 0 ? V_0 : STB[state['block']! - 1]!.V
    const S = V.shape[1]!
    const tokens = Array.from({ length: T }, (_, t) => flat(V).subarray(t * S * dim, t * S * dim + dim))
    const cells = tokens.map((a, t) => `<tr><th scope="row">frame ${t + 1}</th>${tokens.map(b => `<td style="--part:${((1 + cosine(a, b)) / 2).toFixed(3)}">${signed(cosine(a, b))}</td>`).join('')}</tr>`) // prettier-ignore
    const range = Math.max(...tokens.flatMap(token => Array.from(token, Math.abs)))
    return [
      heads(T),
      row('The clip', '', Array.from({ length: T }, (_, t) => frame(X, t, config))),
      row('V<sub>cls</sub>', `${dim} channels`, tokens.map((token, t) => bars(token, `class token of frame ${t + 1}`, range, 'V_cls')), 'V_cls'),
      `<table class="matrix"><caption>The cosine between the class tokens of two frames</caption><thead><tr><td></td>${tokens.map((_, t) => `<th scope="col">frame ${t + 1}</th>`).join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`,
    ].join('') // prettier-ignore
  },
}

const ORDERS: readonly (readonly [string, readonly number[]])[] = [
  ['reversed', [3, 2, 1, 0]],
  ['shuffled', [2, 0, 3, 1]],
]

export const positions: Figure = {
  title: 'Without P_t, time has no direction',
  attempt:
    'Switch P_t off: the clip and its reverse get the same logits, so that no network could tell leaving from arriving.',
  controls: [
    { kind: 'switch', name: 'P_t', label: 'P_t, when in the clip', symbol: 'P_t' },
    { kind: 'switch', name: 'P_s', label: 'P_s, where in the frame', symbol: 'P_s' },
    { kind: 'choice', name: 'order', label: 'the second clip is the first one', options: ORDERS.map(([name]) => name) },
    clipChoice,
  ],
  start: { P_t: 1, P_s: 1, order: 0, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const kept = { ...parameters, ...Object.fromEntries((['P_s', 'P_t'] as const).map(name => [name, state[name] ? parameters[name] : full(0, parameters[name]!.shape)])) } // prettier-ignore
    const [name, order] = ORDERS[state['order']!]!
    const X = clipOf(model, state['clip']!)
    const clips = [X, reordered(X, order)] as const
    const logits = clips.map(x => forward(config, kept, x).logits)
    const apart = difference(logits[0]!, logits[1]!)
    return [
      ...clips.map((x, i) => row(i === 0 ? 'The clip' : `The clip ${name}`, '', Array.from({ length: config.frames }, (_, t) => frame(x, t, config)))),
      `<div class="side">${logits.map((x, i) => `<div><b>${i === 0 ? 'the clip' : name}</b>${answer(x)}</div>`).join('')}</div>`,
      `<p class="result">The logits differ by at most <output>${small(apart)}</output>${apart < 1e-4 ? ': rounding, and nothing else.' : '.'}</p>`,
    ].join('') // prettier-ignore
  },
}

export const rows: Figure = {
  title: 'A token and its row of attention',
  attempt: 'Point at a patch and choose it: the other patches of its frame light up by what it takes from each.',
  controls: [
    { kind: 'range', name: 'block', label: 'STB', min: 1, max: 3, step: 1, symbol: 'map' },
    { kind: 'choice', name: 'head', label: 'head', options: ['mean of both', 'first', 'second'] },
    { kind: 'range', name: 'token', label: 'token', min: 0, max: 16, step: 1, symbol: 'V', marks: ['0: the class token', '16'] },
    clipChoice,
  ], // prettier-ignore
  start: { block: 2, head: 0, token: 6, clip: 1 },
  draw: (model, state) => {
    const { config, parameters } = model
    const X = clipOf(model, state['clip']!)
    const { map } = forward(config, parameters, X).STB[state['block']! - 1]!
    const token = state['token']!
    const head = state['head'] === 0 ? undefined : state['head']! - 1
    const shares = Array.from({ length: config.frames }, (_, t) => rowOf(map, t, token, head))
    const toClass = shares.map(own => 1 - own.reduce((a, b) => a + b, 0))
    return [
      heads(config.frames),
      row(token === 0 ? 'The class token' : `Patch ${token}`, 'takes from', shares.map((own, t) =>
        frame(X, t, config, { shares: own, ...(token === 0 ? {} : { chosen: token - 1 }), sets: p => `token=${p + 1}` })), 'map'),
      row('', 'from the class token', toClass.map(part => `<output>${percent(part)}</output>`)),
      legend('rows sum to 1'),
    ].join('') // prettier-ignore
  },
}
