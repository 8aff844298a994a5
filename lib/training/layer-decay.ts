/** Rates that are lower the nearer a layer is to the input, for fine-tuning. */
import { number, strict } from '../tensor/given'
import { optimizer } from './kinds'
import { scale } from '../primitives'
import { entries } from '../trace'
import type { Optimizer, Rate } from './optimizer'

/** A path of a system's parameters as CSTransformer's would be: in space first, then along time. */
const asOurs = (path: string): string =>
  path
    .replace(/^(space|time)\.FAM\./, 'FAM.')
    .replace(/^space\.blocks\./, 'STB.')
    .replace(/^time\.blocks\./, 'TTB.')
    .replace(/^time\.(?=\d)/, 'STB.')

/** How far below the head the layers of some parameters are: the head and FAM 0, the last TTB 1, …, the patches last. */
const depths = (all: readonly string[]): ((path: string) => number) => {
  const paths = all.map(asOurs)
  const blocks = (stage: string): number =>
    Math.max(0, ...paths.map(path => (path.startsWith(`${stage}.`) ? Number(path.split('.')[1]) + 1 : 0)))
  const [STB, TTB] = [blocks('STB'), blocks('TTB')]
  return path => {
    const [stage, i] = asOurs(path).split('.')
    if (stage === 'head' || stage === 'FAM') return 0
    if (stage === 'TTB') return TTB - Number(i)
    if (stage === 'STB') return TTB + STB - Number(i)
    return TTB + STB + 1
  }
}

/** An optimizer whose rate is γⁿη in the layer n below the head (ELECTRA, Clark et al., 2020); with γ = 1 it is the same.
 *  @param decay γ */
export const layered = strict(
  'layered',
  { optimizer, decay: number },
  <S>(optimizer: Optimizer<S>, decay: number): Optimizer<S> => ({
    ...optimizer,
    update: (parameters, state, gradients, rate: Rate) => {
      const depth = depths(entries(parameters).map(([path]) => path))
      const at = (path: string) => scale(typeof rate === 'function' ? rate(path) : rate, decay ** depth(path))
      return optimizer.update(parameters, state, gradients, at)
    },
  }),
)
