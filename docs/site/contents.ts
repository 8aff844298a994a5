/** The pages of the site in the paper's order, and the symbols of each. */

export interface Symbol {
  /** As it stands in formulas; the longer of two that begin alike first. */
  readonly tex: readonly string[]
  /** As it stands in code; its own name where nothing else is said. */
  readonly code?: readonly string[]
  /** How it is written in words. */
  readonly shown: string
  /** The equation whose argument or result it is: meaning and shapes are found there. */
  readonly of?: readonly [equation: string, name: string]
  /** What it is, where no equation tells. */
  readonly meaning?: string
}
export interface Page {
  /** The file, without its ending. */
  readonly name: string
  readonly title: string
  readonly symbols: Readonly<Record<string, Symbol>>
}

const alpha: Symbol = { tex: ['\\alpha_i'], shown: 'α_i', of: ['crossStageMap', 'alpha'] }

export const contents: readonly Page[] = [
  { name: 'index', title: 'Contents', symbols: { A: { tex: ['A_i'], shown: 'A_i', of: ['crossStageMap', 'A'] }, A_prev: { tex: ['A_{i-1}'], shown: 'A_{i−1}', of: ['crossStageMap', 'A_prev'] }, alpha, CrossA: { tex: [], shown: 'CrossA_i', of: ['crossStageMap', 'CrossA'] } } },
  { name: 'patches', title: '3.1 Patches', symbols: {
    X: { tex: ['X'], shown: 'X', of: ['patchEmbedding', 'X'] },
    V: { tex: ['V'], shown: 'V', of: ['patchEmbedding', 'V'] },
  } },
  { name: 'class-token', title: '3.1 Class token', symbols: {
    V_cls: { tex: ['V_{cls}'], shown: 'V_cls', of: ['classToken', 'V_cls'] },
  } },
  { name: 'positions', title: '3.1 Positions', symbols: {
    P_s: { tex: ['P_s^{cls}', 'P_s^V', 'P_s'], code: ['P_s', 'P_s_cls', 'P_s_V'], shown: 'P_s', of: ['positionEncoding', 'P_s'] },
    P_t: { tex: ['P_t'], shown: 'P_t', of: ['positionEncoding', 'P_t'] },
    V_cls: { tex: ['V_{cls}'], shown: 'V_cls', of: ['positionEncoding', 'V_cls'] },
    V_0: { tex: ['V_0'], shown: 'V_0', of: ['positionEncoding', 'V_0'] },
  } },
  { name: 'block', title: '3.1 The block', symbols: {
    V: { tex: ['V_{i-1}', 'V_i'], code: ['V', 'V_i'], shown: 'V_{i−1}', of: ['block', 'V'] },
    V_mid: { tex: ["V'_i"], shown: "V'_i", of: ['block', 'V_mid'] },
    map: { tex: [], shown: 'the attention', of: ['block', 'map'] },
  } },
  { name: 'cross-stage-attention', title: '3.2 CSSA', symbols: {
    A: { tex: ['A_i'], shown: 'A_i', of: ['crossStageMap', 'A'] },
    A_prev: { tex: ['A_{i-1}'], shown: 'A_{i−1}', of: ['crossStageMap', 'A_prev'] },
    alpha,
    CrossA: { tex: ['CrossA_i'], code: ['CrossA', 'map'], shown: 'CrossA_i', of: ['crossStageMap', 'CrossA'] },
    fused: { tex: [], shown: 'A_i + α_i·A_{i−1}', of: ['crossStageMap', 'fused'] },
    Q: { tex: ['\\hat{Q}_i', '\\hat{Q}'], shown: 'Q_i', of: ['scores', 'Q'] },
    K: { tex: ['\\hat{K}_i', '\\hat{K}'], shown: 'K_i', of: ['scores', 'K'] },
  } },
  { name: 'aggregation', title: '3.3 FAM', symbols: {
    V: { tex: ['V_i'], code: ['V', 'V_i'], shown: 'V_i', of: ['featureTerm', 'V'] },
    beta: { tex: ['\\beta_i'], shown: 'β_i', meaning: 'the learnt ratio of the i-th output: one number, or one for each channel', of: ['featureTerm', 'W.beta'] },
    gain: { tex: [], shown: 'gain', meaning: 'what the layer norm multiplies each channel by', of: ['featureTerm', 'W.gain'] },
    term: { tex: [], shown: 'LN(β_i·V_i)', meaning: 'one term of the aggregation', of: ['featureTerm', ''], code: ['featureTerm'] },
    V_L: { tex: ['V_L'], shown: 'V_L', of: ['featureAggregation', 'V_L'] },
    Y: { tex: ['Y'], shown: 'Y', of: ['featureAggregation', 'Y'] },
  } },
  { name: 'head', title: '3.1 The head', symbols: {
    y: { tex: ['y'], shown: 'y', of: ['head', 'y'] },
    logits: { tex: ['logits'], shown: 'logits', meaning: 'a number for each of K classes; their softmax gives the class scores', of: ['head', 'logits'] },
  } },
  { name: 'training', title: '4.2 Training', symbols: {
    rate: { tex: [], shown: 'rate', meaning: 'the learning rate of a step' },
  } },
  { name: 'tables', title: '4.3 Tables', symbols: {
    gain: { tex: ['d_i'], code: ['differences'], shown: 'd_i', meaning: 'the difference of a pair: the same seed, with and without' },
  } },
  { name: 'maps', title: '4.4 Maps', symbols: {
    map: { tex: [], code: ['map', 'maps'], shown: 'map', of: ['block', 'map'] },
  } },
] // prettier-ignore
