/** A way to call every equation, for the laws. An equation without one does not compile. */
import fc from 'fast-check'
import { equations } from '../../lib/paper'
import { systemEquations } from '../../lib/systems'
import { type Arg, type Shape, shapeOf, type Tensor, type TensorArg } from '../../lib/tensor'
import { dimLabels } from '../../lib/tensor/dims'
import { type Call } from './laws'
import { type Range } from './values'

/** Every equation: the paper's, and those of the systems that it compares itself with. */
export const allEquations = { ...equations, ...systemEquations }
export type EquationName = keyof typeof allEquations

type Labels = Readonly<Record<string, number>>

/** What the labels of a signature leave open: the shapes of its ellipses ('...' is the nameless one), how long its lists
 *  are, whether its optional tensors are absent, and labels that are not as they come. */
interface Open {
  readonly absent?: boolean
  readonly labels?: Labels
  readonly ellipses?: Readonly<Record<string, Shape>>
  readonly length?: number
}
type Choose = (labels: Labels) => fc.Arbitrary<Open>

const nothing: Choose = () => fc.constant({})
/** α_i: one ratio, one per head, or one per score (decision D3). */
const alpha: Choose = ({ N, h, S }) =>
  fc.constantFrom([], [h!, 1, 1], [N!, h!, S!, S!]).map(shape => ({ ellipses: { '...': shape } }))
/** α_i beside A_{i−1}: that of the block before, of another number of tokens, or none; the last two make this plain
 *  attention (decision D2). */
const crossing: Choose = labels => {
  const { N, S } = labels as { N: number; S: number }
  const same = { labels: { "N'": N, "S'": S } }
  return fc
    .record({
      ratio: alpha(labels),
      before: fc.constantFrom(same, same, { labels: { "S'": S + 1 } }, { absent: true }),
    })
    .map(({ ratio, before }) => ({ ...ratio, ...before }))
}
/** α_i and what is added to the scores of S queries and M keys, beside A_{i−1} or none. */
const masked: Choose = labels => {
  const { N, h, S, M = S } = labels as { N: number; h: number; S: number; M?: number }
  const shape = fc.constantFrom<Shape>([], [h, 1, 1], [S, M], [N, 1, 1, M], [N, h, S, M])
  return fc
    .record({ alpha: shape, mask: shape, absent: fc.boolean() })
    .map(({ alpha, mask, absent }) => ({ absent, ellipses: { '...': alpha, '...mask': mask } }))
}
/** β_i: one ratio, or one per channel (decision D5). */
const beta: Choose = labels => fc.constantFrom([], [labels["C'"]!]).map(shape => ({ ellipses: { '...': shape } }))
const features: Choose = labels =>
  fc
    .record({ open: beta(labels), length: fc.integer({ min: 1, max: 2 }) })
    .map(({ open, length }) => ({ ...open, length }))
/** α_i beside A_{i−1}, or none. */
const windowed: Choose = ({ N, h, T }) =>
  fc
    .record({ ratio: alpha({ N: N!, h: h!, S: 1 + T! }), absent: fc.boolean() })
    .map(({ ratio, absent }) => ({ ...ratio, absent }))
/** Scores of the block before along time and in space, or none. */
const divided: Choose = ({ B, P, T, h }) => {
  const ratio = (tokens: number) => fc.constantFrom<Shape>([], [h!, 1, 1], [h!, tokens, tokens])
  return fc.record({ time: ratio(T!), space: ratio(1 + P!), absent: fc.boolean() }).map(({ time, space, absent }) => ({
    absent,
    ellipses: { '...time': time, '...space': space },
    labels: { "N'": B! * P!, "T'": T!, "M'": B! * T!, "S'": 1 + P! },
  }))
}

const choices: Readonly<Record<EquationName, Choose>> = {
  patchEmbedding: nothing,
  classToken: nothing,
  positionEncoding: nothing,
  scores: nothing,
  attention: nothing,
  project: nothing,
  joinHeads: nothing,
  multiHead: nothing,
  crossStageMap: alpha,
  crossAttention: crossing,
  crossMultiHead: crossing,
  wideHeadAttention: () => fc.boolean().map(absent => ({ absent })),
  maskedAttention: masked,
  maskedMultiHead: masked,
  maskedBlock: masked,
  mlp: nothing,
  block: crossing,
  toTime: nothing,
  toSpace: nothing,
  featureTerm: beta,
  featureAggregation: features,
  classPool: nothing,
  meanPool: nothing,
  head: nothing,
  joinFrames: nothing,
  dividedBlock: divided,
  meanOfFrames: nothing,
  tubeletEmbedding: nothing,
  withClassToken: nothing,
  classTokens: nothing,
  firstToken: nothing,
  windowAttention: windowed,
  windowBlock: windowed,
  deepHead: nothing,
}

/** Numbers that keep an equation far from where its derivative explodes: the rows of a layer norm are not constant, the
 *  ratio before it is not 0, and scores stay below those that make a softmax steep. */
const rangeOf = (name: string): Range =>
  name === 'beta' ? 'nonzero' : /^[Wb]_/.test(name) ? 'small' : /^[VXYy]/.test(name) ? 'distinct' : 'any'

/** A tensor of a call: its path among the arguments, its place in the signature, and its shape. */
export interface Place {
  readonly path: string
  readonly arg: TensorArg
  readonly shape: Shape
}
export interface EquationCall extends Call {
  readonly places: readonly Place[]
  /** Calls the equation with tensors for its places. */
  readonly f: (...xs: Tensor[]) => unknown
  /** The arguments that are made of tensors for its places. */
  readonly args: (...xs: Tensor[]) => readonly unknown[]
  /** The sizes that are arguments themselves. */
  readonly given: Labels
}

const labelsOf = (arg: Arg): readonly string[] =>
  arg.kind === 'size'
    ? [arg.name]
    : (arg.kind === 'tensor' ? arg.dims.flatMap(dimLabels) : arg.fields.flatMap(labelsOf)).filter(
        l => !l.startsWith('.'),
      )

/** Builds an argument, asking for its tensors one by one. */
const argument = (arg: Arg, path: string, labels: Labels, open: Open, tensor: (place: Place) => unknown): unknown => {
  if (arg.kind === 'size') return labels[arg.name]
  const ellipses = new Map(Object.entries(open.ellipses ?? {}).map(([name, shape]) => [name.slice(3), shape]))
  const sizes = { labels: new Map(Object.entries(labels)), ellipses }
  const one = (at: string): unknown =>
    arg.kind === 'tensor'
      ? tensor({ path: at, arg, shape: arg.optional && open.absent ? [] : (shapeOf(arg.dims, sizes) as Shape) })
      : Object.fromEntries(
          arg.fields.map(field => [field.name, argument(field, `${at}.${field.name}`, labels, open, tensor)]),
        )
  return arg.list ? Array.from({ length: open.length! }, (_, i) => one(`${path}.${i}`)) : one(path)
}

/** Calls of an equation with random sizes; the arguments are what its signature says. */
export const callsOf = (name: EquationName): fc.Arbitrary<EquationCall> => {
  const { args } = allEquations[name].signature
  const equation = allEquations[name] as unknown as (...args: unknown[]) => unknown
  // Channels are several, for a layer norm over one or two hardly depends on them.
  const size = (label: string) => fc.integer(label === "C'" ? { min: 3, max: 5 } : { min: 1, max: 3 })
  return fc
    .record(Object.fromEntries(args.flatMap(labelsOf).map(label => [label, size(label)])))
    .chain(labels => choices[name](labels).map(open => ({ labels: { ...labels, ...open.labels }, open })))
    .map(({ labels, open }) => {
      const build = (tensor: (place: Place) => unknown): unknown[] =>
        args.map(arg => argument(arg, arg.name, labels, open, tensor))
      const places: Place[] = []
      build(place => places.push(place))
      const given = (...xs: Tensor[]): readonly unknown[] => {
        let next = 0
        return build(() => xs[next++])
      }
      return {
        places,
        operands: places.map(({ arg, shape }) => ({ shape, range: rangeOf(arg.name) })),
        f: (...xs) => equation(...given(...xs)),
        args: given,
        given: Object.fromEntries(args.flatMap(a => (a.kind === 'size' ? [[a.name, labels[a.name]!]] : []))),
      }
    })
}
