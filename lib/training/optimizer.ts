/** Optimizers as pure functions: parameters, state and gradients in, new parameters and state out. */
import { number, optional, recordOf, strict } from '../tensor/given'
import { dtypeOf, full, type Tensor } from '../tensor'
import { add, div, mul, scale, shift, sqrt, sub } from '../primitives'
import { leaves, mapTree } from '../trace'

/** The learning rate η, a scalar: one for all parameters, or one for each by its path. */
export type Rate = Tensor<[]> | ((path: string) => Tensor<[]>)
const rateAt = (rate: Rate, path: string): Tensor => (typeof rate === 'function' ? rate(path) : rate)

/** A rule that makes new parameters of old ones and their gradients, and keeps a state S between steps. */
export interface Optimizer<S> {
  /** The state before the first step. */
  readonly start: <P>(parameters: P) => S
  /** One step. */
  readonly update: <P>(parameters: P, state: S, gradients: P, rate: Rate) => { parameters: P; state: S }
}

const zerosLike = <T>(tree: T): T => mapTree(x => full(0, x.shape, dtypeOf(x)), tree)

/** The settings of stochastic gradient descent. */
export interface Sgd {
  /** μ */
  readonly momentum: number
  /** λ, of every parameter */
  readonly decay: number
}

/** Stochastic gradient descent with momentum and weight decay, as PyTorch's SGD has them (decision D11):
 *  $$g \leftarrow g + \lambda w, \quad v \leftarrow \mu v + g, \quad w \leftarrow w - \eta v$$ */
export const sgd = strict(
  'sgd',
  { settings: recordOf({ momentum: number, decay: number }) },
  ({ momentum, decay }: Sgd): Optimizer<{ readonly momenta: unknown }> => ({
    start: parameters => ({ momenta: zerosLike(parameters) }),
    update: (parameters, { momenta }, gradients, rate) => {
      type P = typeof parameters
      const v = mapTree(
        (w, [before, g]) => add(scale(before!, momentum), add(g!, scale(w, decay))),
        parameters,
        momenta as P,
        gradients,
      )
      const next = mapTree((w, [step], path) => sub(w, mul(step!, rateAt(rate, path))), parameters, v)
      return { parameters: next, state: { momenta: v } }
    },
  }),
)

/** AdamW's settings, PyTorch's where nothing is said. */
export interface AdamW {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** λ, of every parameter */
  readonly decay: number
}
interface AdamWState {
  /** The first moments, m. */
  readonly m: unknown
  /** The second moments, v. */
  readonly v: unknown
  /** β₁ᵗ and β₂ᵗ after t steps. */
  readonly powers: { readonly beta1: Tensor; readonly beta2: Tensor }
}

/** Adam with decoupled weight decay, as PyTorch's AdamW has it:
 *  $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2$$
 *  $$w \leftarrow w - \eta \lambda w - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}$$ */
export const adamw = strict(
  'adamw',
  {
    settings: recordOf({ beta1: optional(number), beta2: optional(number), epsilon: optional(number), decay: number }),
  },
  ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay }: AdamW): Optimizer<AdamWState> => ({
    start: parameters => {
      const dtype = dtypeOf(leaves(parameters)[0]!)
      return {
        m: zerosLike(parameters),
        v: zerosLike(parameters),
        powers: { beta1: full(1, [], dtype), beta2: full(1, [], dtype) },
      }
    },
    update: (parameters, state, gradients, rate) => {
      type P = typeof parameters
      const m = mapTree((g, [before]) => add(scale(before!, beta1), scale(g, 1 - beta1)), gradients, state.m as P)
      const v = mapTree(
        (g, [before]) => add(scale(before!, beta2), scale(mul(g, g), 1 - beta2)),
        gradients,
        state.v as P,
      )
      const powers = { beta1: scale(state.powers.beta1, beta1), beta2: scale(state.powers.beta2, beta2) }
      const bias = shift(scale(powers.beta1, -1), 1) // 1 − β₁ᵗ
      const correction = sqrt(shift(scale(powers.beta2, -1), 1))
      const next = mapTree(
        (w, [m_w, v_w], path) => {
          const eta = rateAt(rate, path)
          const kept = shift(scale(eta, -decay), 1) // 1 − ηλ
          return sub(mul(w, kept), mul(div(eta, bias), div(m_w!, shift(div(sqrt(v_w!), correction), epsilon))))
        },
        parameters,
        m,
        v,
      )
      return { parameters: next, state: { m, v, powers } }
    },
  }),
)
