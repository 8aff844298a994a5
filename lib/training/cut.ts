/** The network cut where frozen parameters end: features of clips, which no step changes, and the logits of features. */
import { listOf, optional, strict, text, word } from '../tensor/given'
import { config } from './kinds'
import { dtypeOf, sizeOf, type DType, type Tensor } from '../tensor'
import type { Parameters } from '../paper'
import { abstractNetwork, logitsOf, type NetworkConfig } from '../systems/network'
import { concatAll, reshape, slice } from '../primitives'
import { abstract, entries, evaluateNodes, type Graph, parted, trace } from '../trace'
import { splitGraph, type Split, withoutDeadWork } from '../transforms'
import { namedBy } from './freeze'
import type { DeadWork, Logits } from './step'

/** A network in two parts. `logits` of `features` are its logits, bit for bit. */
export interface Cut {
  /** N: how many numbers the features of a clip are. With a class-token head and the spatial stage frozen, L_s·T·C' (decision
   *  D6). */
  readonly numbers: number
  /** The features of clips, `[B, N]`: what meets parameters that are trained. Those of a clip are the same in any batch. */
  readonly features: (parameters: Parameters, X: Tensor) => Tensor
  /** The logits of features. */
  readonly logits: (parameters: Parameters, features: Tensor) => ReturnType<Logits>
  /** Parameters of which each part reads only these; null stands for the others. */
  readonly read: {
    readonly features: (all: Parameters) => Parameters
    readonly logits: (all: Parameters) => Parameters
  }
}

/** Where a frozen network is cut, for so many clips. */
const cutFor = (
  config: NetworkConfig,
  freeze: readonly string[],
  deadWork: DeadWork,
  B: number,
  dtype: DType,
): Split => {
  const isFrozen = namedBy(freeze)
  const { channels, frames, height, width } = config
  const whole = (p: Parameters, x: Tensor): Tensor => logitsOf(config, p, x as Tensor<['B', 'C', 'T', 'H', 'W']>)
  const f = deadWork === 'kept' ? whole : withoutDeadWork(whole)
  const X = abstract([B, channels, frames, height, width], dtype)
  const { graph } = trace(f, abstractNetwork(config, dtype), X)
  return splitGraph(graph, ({ name }) => (name === CLIPS ? 'first' : isFrozen(pathOf(name)) ? 'both' : 'rest'))
}

/** What the inputs of `(parameters, X)` are called. */
const CLIPS = '1'
const pathOf = (name: string): string => name.slice('0.'.length)

const shapesOf = ({ nodes, outputs }: Graph) => outputs.map(o => nodes[o]!.shape)

/** Runs a part. @param made the values at the cut, where it reads them */
const evaluate = (graph: Graph, made: readonly Tensor[], parameters: Parameters, X?: Tensor): Tensor[] => {
  const given = new Map(entries([parameters, X]))
  const inputs = graph.nodes.flatMap(n => (n.kind === 'input' ? [n.name] : []))
  const values = evaluateNodes(graph, [...made, ...inputs.slice(made.length).map(name => given.get(name)!)])
  return graph.outputs.map(o => values[o]!)
}

/** The paths of the parameters that a part reads. */
const pathsRead = ({ nodes }: Graph): ReadonlySet<string> => {
  const read = new Set(nodes.flatMap(n => (n.kind === 'operation' ? n.operands : [])))
  return new Set(
    nodes.flatMap((n, i) => (n.kind === 'input' && n.name !== CLIPS && read.has(i) ? [pathOf(n.name)] : [])),
  )
}

/** The network cut where what is made of clips and frozen parameters alone ends; undefined where clips meet what is trained at
 *  once, so that there is nothing to keep.
 *  @param freeze patterns of the parameters that stay as they are */
export const cutOf = strict(
  'cutOf',
  { config, freeze: listOf(text), deadWork: optional(word('kept', 'left out')) },
  (config: NetworkConfig, freeze: readonly string[], deadWork: DeadWork = 'left out'): Cut | undefined => {
    const at = (B: number, dtype: DType = 'float32'): Split => cutFor(config, freeze, deadWork, B, dtype)
    const one = at(1)
    const [first, rest] = [pathsRead(one.first), pathsRead(one.rest)]
    if (first.size === 0) return undefined
    const sizes = shapesOf(one.first).map(sizeOf)
    const numbers = sizes.reduce((a, b) => a + b, 0)
    return {
      numbers,
      features: (parameters, X) => {
        const B = X.shape[0]!
        const made = evaluate(at(B, dtypeOf(X)).first, [], parameters, X)
        return concatAll(1, made.map((x, k) => reshape(x, [B, sizes[k]!]))) // prettier-ignore
      },
      logits: (parameters, X: Tensor) => {
        const { first, rest } = at(X.shape[0]!, dtypeOf(X))
        let from = 0
        const made = shapesOf(first).map((shape, k) => reshape(slice(X, 1, from, (from += sizes[k]!)), shape))
        return evaluate(rest, made, parameters)[0] as ReturnType<Logits>
      },
      read: { features: all => parted(path => first.has(path), all)[0], logits: all => parted(path => rest.has(path), all)[0] }, // prettier-ignore
    }
  },
)
