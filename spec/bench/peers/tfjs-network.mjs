/** The network in TensorFlow.js, whatever computes: the same weights, clips and steps as ours, every token in every block. */
import { EPSILON } from './case.mjs'

/** How a linear layer, x W + b, computes its gradient: with products that transpose an operand by a flag. */
export const byFlags = tf => (x, w, b) => tf.matMul(x, w).add(b)
/** The same with transposes written out before: products of two matrices and no flags. */
export const byTransposes = tf =>
  tf.customGrad((x, w, b, save) => {
    save([x, w])
    const gradFunc = (dy, [u, v]) => [tf.matMul(dy, v.transpose()), tf.matMul(u.transpose(), dy), dy.sum(0)]
    return { value: tf.matMul(x, w).add(b), gradFunc }
  })

/** A forward pass and a step of SGD; each ends by reading its loss.
 *  @param linearly the way of a linear layer that is fastest where it runs */
export const runsOf = (tf, given, [rate, momentum, decay], linearly) => {
  const affine = linearly(tf)
  const { B, channels, T, rows, columns, P, M, C, h, d, STB, TTB, classes, X, labels } = given

  const W = {}
  for (const [name, { data, shape }] of given.weights) W[name] = tf.variable(tf.tensor(data, shape), true, name)
  const momenta = Object.fromEntries(Object.entries(W).map(([name, w]) => [name, tf.variable(tf.zerosLike(w), false)]))
  const clips = tf.tensor(X.data, X.shape)
  const oneHot = tf.oneHot(tf.tensor1d(labels.data, 'int32'), classes).toFloat()

  const linear = (x, w, b) => {
    const flat = x.reshape([-1, x.shape.at(-1)])
    return affine(flat, W[w], W[b]).reshape([...x.shape.slice(0, -1), W[b].shape[0]])
  }
  const layerNorm = (x, gain, bias) => {
    const centred = x.sub(x.mean(-1, true))
    const variance = centred.square().mean(-1, true)
    return centred.mul(variance.add(EPSILON).rsqrt()).mul(W[gain]).add(W[bias])
  }
  const gelu = x => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1))

  const block = (V, at, before) => {
    const [N, S] = V.shape
    const x = layerNorm(V, `${at}.gain_1`, `${at}.bias_1`)
    const [Q, K, Z] = ['Q', 'K', 'V'].map(of =>
      linear(x, `${at}.W_${of}`, `${at}.b_${of}`).reshape([N, S, h, d]).transpose([0, 2, 1, 3]),
    )
    const A = tf.matMul(Q, K, false, true).mul(1 / Math.sqrt(d))
    const map = tf.softmax(before ? A.add(before.mul(W[`${at}.alpha`])) : A)
    const O = tf.matMul(map, Z).transpose([0, 2, 1, 3]).reshape([N, S, C])
    const mid = linear(O, `${at}.W_O`, `${at}.b_O`).add(V)
    const y = layerNorm(mid, `${at}.gain_2`, `${at}.bias_2`)
    return [linear(gelu(linear(y, `${at}.W_1`, `${at}.b_1`)), `${at}.W_2`, `${at}.b_2`).add(mid), A]
  }
  const toTime = V =>
    V.reshape([B, T, 1 + P, C])
      .transpose([0, 2, 1, 3])
      .reshape([B * (1 + P), T, C])

  const network = () => {
    const pixels = clips.transpose([0, 2, 1, 3, 4]).reshape([B * T * channels, rows, M, columns, M])
    const patches = pixels
      .transpose([0, 1, 3, 2, 4])
      .reshape([B * T, channels, P, M * M])
      .transpose([0, 2, 1, 3])
    const embedded = linear(patches.reshape([B * T, P, channels * M * M]), 'patch.W', 'patch.b')
    const placed = embedded
      .add(W.P_s.slice([0, 1, 0], [1, P, C]))
      .reshape([B, T, P, C])
      .add(W.P_t)
    const token = W.V_cls.add(W.P_s.slice([0, 0, 0], [1, 1, C])).add(tf.zeros([B * T, 1, C]))
    let V = tf.concat([token, placed.reshape([B * T, P, C])], 1)
    const outputs = []
    for (const [stage, count] of Object.entries({ STB, TTB })) {
      if (stage === 'TTB') V = toTime(V)
      let A
      for (let i = 0; i < count; i++) {
        ;[V, A] = block(V, `${stage}.${i}`, A)
        outputs.push(stage === 'STB' ? toTime(V) : V)
      }
    }
    const terms = outputs
      .slice(0, -1)
      .map((V_i, i) => layerNorm(V_i.mul(W[`FAM.network.${i}.beta`]), `FAM.network.${i}.gain`, `FAM.network.${i}.bias`))
    const Y = terms.reduce((sum, term) => sum.add(term), outputs.at(-1))
    const y = Y.reshape([B, 1 + P, T, C])
      .slice([0, 0, 0, 0], [B, 1, T, C])
      .mean([1, 2])
    return linear(layerNorm(y, 'head.gain', 'head.bias'), 'head.W', 'head.b')
  }
  const loss = () => tf.logSoftmax(network()).mul(oneHot).sum().div(-B)

  const read = async found => {
    const [value] = await found.data()
    found.dispose()
    return value
  }
  const forward = () => read(tf.tidy(loss))
  const step = () =>
    read(
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, Object.values(W))
        for (const [name, w] of Object.entries(W)) {
          const v = momenta[name].mul(momentum).add(grads[name]).add(w.mul(decay))
          momenta[name].assign(v)
          w.assign(w.sub(v.mul(rate)))
        }
        return value
      }),
    )
  return { forward, step }
}
