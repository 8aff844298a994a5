/** A network as an ONNX model, to leave for other runtimes. */
import { optional, strict, word } from '../tensor/given'
import { config, parameters } from './kinds'
import { cast, type Tensor } from '../tensor'
import { equations, type Parameters } from '../paper'
import { systemEquations } from '../systems'
import { logitsOf, type NetworkConfig } from '../systems/network'
import { abstract, entries, type Graph, mapTree, trace } from '../trace'
import { emit, type ModelProto } from '../engines'
import { simplify, withoutDeadWork } from '../transforms'

const signatures = new Map<string, string>(
  Object.values({ ...equations, ...systemEquations }).map(e => [e.title, e.signature.source.trim()]),
)

/** What an exported node says of its equation: its title with the equation's number, and its signature. */
const describe = (title: string): string => [title, signatures.get(title)].filter(Boolean).join(': ')

/** The graph of a forward pass on a number of clips. */
const graphOf = (config: NetworkConfig, parameters: Parameters, deadWork: 'kept' | 'left out', B: number): Graph => {
  const { channels, frames, height, width } = config
  const X = abstract([B, channels, frames, height, width]) as Tensor<['B', 'C', 'T', 'H', 'W']>
  const shapes = mapTree(x => abstract(x.shape), parameters)
  const forward = (given: Parameters & { readonly X: typeof X }): Tensor => logitsOf(config, given, given.X)
  return simplify(trace(deadWork === 'kept' ? forward : withoutDeadWork(forward), { ...shapes, X }).graph)
}

/** The ONNX model of a network: clips X `[B, C, T, H, W]` of any number B to `logits` `[B, K]`. Weights carry their paths as
 *  names, nodes the equations they come from; those of float64 are rounded to float32. What no logit depends on is not computed (decision D6) unless `deadWork` is
 *  'kept'; no logit differs. */
export const networkModel = strict(
  'networkModel',
  { config, parameters, deadWork: optional(word('kept', 'left out')) },
  (config: NetworkConfig, parameters: Parameters, deadWork: 'kept' | 'left out' = 'left out'): ModelProto =>
    // Two numbers of clips that no size of a network is likely to be: what differs between the graphs depends on B.
    emit(graphOf(config, parameters, deadWork, 1009), {
      batch: { input: 'X', other: graphOf(config, parameters, deadWork, 1013) },
      outputs: ['logits'],
      weights: new Map(entries(parameters).map(([path, x]) => [path, cast(x, 'float32')])),
      title: `${config.system ?? 'Cross-Stage Transformer for Video Learning'}: clips X[B, C, T, H, W] -> logits[B, K]`,
      describe,
    }),
)
