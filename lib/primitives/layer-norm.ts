import { dtypeOf, flat, full, over, ShapeError, sizeOf, storage, type Tensor } from '../tensor'
import { strict } from '../tensor/given'
import { apply, operation, type Primitive, typed } from '../trace'
import { shift } from './add'
import { div } from './div'
import { matmul } from './matmul'
import { mean } from './mean'
import { mul, scale } from './mul'
import { reshape } from './reshape'
import { sqrt } from './sqrt'
import { sub } from './sub'
import { rowwise } from './support/parts'
import { adding } from './support/reduction'
import { unbroadcast } from './support/unbroadcast'

/** ViT's ε, added to the variance (decision D9). */
export const EPSILON = 1e-6

/** 1/√(mean c² + ε) of each row of a matrix: of centred rows, the factor that gives them variance 1. */
export const inverseDeviation = strict('inverseDeviation', (centred: Tensor, epsilon: number): Tensor => {
  const deviation = sqrt(shift(mean(mul(centred, centred), [1]), epsilon))
  return div(full(1, [], dtypeOf(centred)), deviation)
})

/** y = x̂·g + b with x̂ = c·r, c = x − μ and r = 1/√(σ² + ε), μ and σ² over the last dimension.
 *  With d = ȳ·g:  ∂x = r·(d − mean d − r²·c·mean(d·c)),  ∂g = Σ ȳ·x̂,  ∂b = Σ ȳ.
 *  As matrix products where these will do: mean(d·c) = (ȳ·c)·g/C' and ∂g = rᵀ·(ȳ·c) need neither d·c nor x̂.
 *  Differs on onnx and webasm: the squares of the largest numbers overflow in float32, and such rows become 0 or NaN; on onnx, cpu and
 *  webasm, of denormals c is rounded to a multiple of the least one. */
const primitive: Primitive<{ readonly epsilon: number }> = {
  name: 'layerNorm',
  shape: (_, x, gain, bias) => {
    if (x.length === 0) throw new ShapeError('layerNorm: the operand must have rank 1 or more, got a scalar')
    for (const [name, g] of [
      ['gain', gain],
      ['bias', bias],
    ] as const)
      if (g.length !== 1 || g[0] !== x.at(-1))
        throw new ShapeError(
          `layerNorm: the ${name} must be [${x.at(-1)}] for [${x.join(', ')}], got [${g.join(', ')}]`,
        )
    return [...x]
  },
  reference: ({ epsilon }, x, gain, bias) => {
    const [from, g, b] = [flat(x), flat(gain), flat(bias)]
    const to = storage(from.length, dtypeOf(x))
    const n = g.length
    for (let row = 0; row < from.length; row += n) {
      let mu = 0
      for (let j = 0; j < n; j++) mu += from[row + j]!
      mu /= n
      let variance = 0
      for (let j = 0; j < n; j++) variance += (from[row + j]! - mu) ** 2
      const inverse = 1 / Math.sqrt(variance / n + epsilon)
      for (let j = 0; j < n; j++) to[row + j] = (from[row + j]! - mu) * inverse * g[j]! + b[j]!
    }
    return over(to, x.shape)
  },
  vjp: ({ epsilon }, cotangent, _y, X, gain, bias) => {
    const C = gain.shape[0]!
    const rows = sizeOf(X.shape.slice(0, -1))
    const [ct, x] = [reshape(cotangent, [rows, C]), reshape(X, [rows, C])]
    const c = sub(x, mean(x, [1]))
    const r = inverseDeviation(c, epsilon)
    const d = mul(ct, gain)
    const ct_c = mul(ct, c)
    const along = mul(matmul(ct_c, reshape(scale(gain, 1 / C), [C, 1])), mul(r, r))
    const dx = mul(sub(sub(d, mean(d, [1])), mul(c, along)), r)
    const dgain = matmul(reshape(r, [1, rows]), ct_c)
    return [reshape(dx, X.shape), reshape(dgain, gain.shape), unbroadcast(ct, bias.shape)]
  },
  flops: (_, y) => 8 * sizeOf(y),
  onnx: ({ epsilon }) => ({ op: 'LayerNormalization', attributes: { axis: -1, epsilon: { float: epsilon } } }),
  kernel: ({ epsilon }) => ({
    rows: {
      mu: { ...adding, end: 's / n' },
      inverse: { ...adding, of: '(x0 - mu) * (x0 - mu)', end: `1.0 / Math.sqrt(s / n + ${epsilon})` },
    },
    each: '(x0 - mu) * inverse * x1 + x2',
  }),
  needs: rowwise,
}

/** Layer normalisation over the last dimension, with gain and bias and ε = 1e-6.
 *  Throws ShapeError when gain or bias are not as long as that dimension. */
export const layerNorm = operation(
  primitive,
  typed('x[..., C], gain[C], bias[C] -> [..., C]', (x, gain, bias) =>
    apply(primitive, { epsilon: EPSILON }, x, gain, bias),
  ),
)
