/** The network in jax-js, whatever computes: the same weights, clips and steps as ours, every token in every block, each run one jit.
 *
 *  An operation uses its operands up; `.ref` keeps one. */
import { EPSILON } from './case.mjs'

/** A forward pass and a step of SGD; each ends by reading its loss.
 *  @param written what makes a product's operand be written out before, from the operand and a zero that jit cannot see through */
export const runsOf = (jax, given, [rate, momentum, decay], written) => {
  const { jit, lax, nn, numpy: np, tree, valueAndGrad } = jax
  const { B, channels, T, rows, columns, P, M, C, h, d, STB, TTB, classes, X, labels } = given

  const array = ({ data, shape }) => np.array(data).reshape(shape)
  /** Matrices as [out, in], and those of Q, K and V as one: what SGD does to them is the same. */
  const arranged = () => {
    const made = Object.fromEntries(given.weights.map(([name, w]) => [name, array(w)]))
    for (const [name, w] of Object.entries(made)) if (w.shape.length === 2) made[name] = np.transpose(w)
    for (const Q of Object.keys(made).filter(name => /_Q$/.test(name))) {
      const three = ['Q', 'K', 'V'].map(of => Q.replace(/Q$/, of))
      made[`${Q}KV`] = np.concatenate(
        three.map(name => made[name]),
        0,
      )
      for (const name of three) delete made[name]
    }
    return made
  }
  let W = arranged()
  let momenta = tree.map(np.zerosLike, tree.ref(W))
  const clips = array(X)
  const oneHot = array({
    data: Float32Array.from({ length: B * classes }, (_, i) =>
      Number(labels.data[Math.trunc(i / classes)] === i % classes),
    ),
    shape: [B, classes],
  })
  const zero = np.zeros([1])

  /** The network on weights W, which it keeps; `written` writes an array out. */
  const network = (W, x, written) => {
    const linear = (v, w, b) => np.matmul(v, np.transpose(W[w].ref)).add(W[b].ref)
    const layerNorm = (v, gain, bias) => {
      const centred = v.ref.sub(np.mean(v, -1, { keepdims: true }))
      const variance = np.mean(np.square(centred.ref), -1, { keepdims: true })
      return centred
        .mul(np.reciprocal(np.sqrt(variance.add(EPSILON))))
        .mul(W[gain].ref)
        .add(W[bias].ref)
    }
    const gelu = v => v.ref.mul(0.5).mul(lax.erf(v.mul(Math.SQRT1_2)).add(1))

    const block = (V, at, before) => {
      const [N, S] = V.shape
      const x = layerNorm(V.ref, `${at}.gain_1`, `${at}.bias_1`).reshape([N * S, C])
      const headed = v => np.transpose(v.reshape([N, S, h, d]), [0, 2, 1, 3])
      const [Q, K, Z] = np.split(linear(x, `${at}.W_QKV`, `${at}.b_QKV`), 3, -1).map(headed)
      const A = np.matmul(Q, np.transpose(K, [0, 1, 3, 2])).mul(1 / Math.sqrt(d))
      const map = nn.softmax(before ? A.ref.add(before.mul(W[`${at}.alpha`].ref)) : A.ref, -1)
      const O = np.transpose(np.matmul(map, Z), [0, 2, 1, 3]).reshape([N * S, C])
      const mid = linear(written(O), `${at}.W_O`, `${at}.b_O`).reshape([N, S, C]).add(V)
      const y = layerNorm(mid.ref, `${at}.gain_2`, `${at}.bias_2`).reshape([N * S, C])
      const u = gelu(linear(y, `${at}.W_1`, `${at}.b_1`))
      return [linear(u, `${at}.W_2`, `${at}.b_2`).reshape([N, S, C]).add(mid), A]
    }
    const toTime = V => np.transpose(V.reshape([B, T, 1 + P, C]), [0, 2, 1, 3]).reshape([B * (1 + P), T, C])

    const pixels = np.transpose(x, [0, 2, 1, 3, 4]).reshape([B * T, channels, rows, M, columns, M])
    const patches = np.transpose(pixels, [0, 2, 4, 1, 3, 5]).reshape([B * T * P, channels * M * M])
    const placed = linear(written(patches), 'patch.W', 'patch.b')
      .reshape([B * T, P, C])
      .add(W.P_s.ref.slice([], [1, 1 + P], []))
      .reshape([B, T, P, C])
      .add(W.P_t.ref)
    const token = np.broadcastTo(W.V_cls.ref.add(W.P_s.ref.slice([], [0, 1], [])), [B * T, 1, C])
    let V = np.concatenate([token, placed.reshape([B * T, P, C])], 1)
    const outputs = []
    for (const [stage, count] of Object.entries({ STB, TTB })) {
      if (stage === 'TTB') V = toTime(V)
      let A
      for (let i = 0; i < count; i++) {
        ;[V, A] = block(V, `${stage}.${i}`, A)
        outputs.push({ stage, V: V.ref })
      }
      A?.dispose()
    }
    outputs.pop().V.dispose()
    // A layer norm is of each token alone: before the change of layout it is the same.
    const Y = outputs.reduce((sum, { stage, V: V_i }, i) => {
      const term = layerNorm(V_i.mul(W[`FAM.network.${i}.beta`].ref), `FAM.network.${i}.gain`, `FAM.network.${i}.bias`)
      return sum.add(stage === 'STB' ? toTime(term) : term)
    }, V)
    const y = np.mean(Y.reshape([B, 1 + P, T, C]).slice([], 0, [], []), 1)
    return linear(layerNorm(y, 'head.gain', 'head.bias'), 'head.W', 'head.b')
  }

  const loss = (W, x, target, none) => {
    const logits = network(W, x, v => written(v, none))
    return nn.logSoftmax(logits, -1).mul(target).sum().div(-B)
  }
  const gradient = valueAndGrad(loss)
  const lossJit = jit(loss)
  const stepJit = jit((W, momenta, x, target, none) => {
    const [value, g] = gradient(tree.ref(W), x, target, none)
    const next = { W: {}, momenta: {} }
    for (const [name, w] of Object.entries(W)) {
      next.momenta[name] = momenta[name].mul(momentum).add(g[name]).add(w.ref.mul(decay))
      next.W[name] = w.sub(next.momenta[name].ref.mul(rate))
    }
    return [value, next]
  })

  const forward = async () => (await lossJit(tree.ref(W), clips.ref, oneHot.ref, zero.ref).data())[0]
  const step = async () => {
    const [value, next] = stepJit(W, momenta, clips.ref, oneHot.ref, zero.ref)
    ;({ W, momenta } = next)
    await jax.blockUntilReady([W, momenta])
    return (await value.data())[0]
  }
  return { forward, step }
}
