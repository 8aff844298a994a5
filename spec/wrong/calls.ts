/** Wrong calls of the library, made of its public signatures: right arguments of which one is something else, or is missing. */
import ndarray from 'ndarray'
import * as library from '../../lib'
import * as paper from '../../lib/paper'
import * as primitives from '../../lib/primitives'
import * as systems from '../../lib/systems'
import * as tensor from '../../lib/tensor'
import * as trace from '../../lib/trace'
import * as training from '../../lib/training'
import * as transforms from '../../lib/transforms'
import {
  type Arg,
  fromArray,
  isTensor,
  type Shape,
  shapeOf,
  type Signature,
  sizeOf,
  type Tensor,
} from '../../lib/tensor'
import type { PublicFunction } from './signatures'

const modules = { library, paper, primitives, systems, tensor, trace, training, transforms } as const
/** The modules whose functions are called; of the others, those that the library itself exports. */
export const called = ['library', 'primitives', 'paper', 'systems', 'transforms', 'training'] as const

const x = (...shape: number[]): Tensor =>
  fromArray(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 5) - 1.5),
    shape,
  )

const config = library.configure({
  ...{ channels: 1, frames: 2, height: 4, width: 4, patch: 2, dim: 4, heads: 2, STB: 2, TTB: 2, classes: 3 },
})
const parameters = library.initialParameters(config, 1)
const recipe = { ...library.digitsRecipe, steps: 1, batch: 2 }
const state = library.startState(recipe, parameters)
const batch = { X: x(2, 1, 2, 4, 4), labels: fromArray([0, 2]) }
const checkpoint = { config, recipe, seed: 1, step: 0, state }
const systemConfig = {
  ...{ dim: 4, heads: 2, ratio: 1, cssa: true, fam: true, channels: 1, frames: 2, height: 4, width: 4, patch: 2 },
  ...{
    blocks: 2,
    classes: 3,
    attention: 'divided' as const,
    model: 2 as const,
    tubelet: 1,
    temporalBlocks: 1,
    window: 1,
  },
} as const
const make = systems.makeInitial(1)
const graph = library.trace((v: Tensor) => primitives.add(v, v), x(2)).graph
const clips = { classes: ['a', 'b', 'c'], stride: 1, shortSide: 4, mean: 0.5, deviation: 0.5 }

/** Right arguments by the beginning of a type, as the compiler writes it; the first that fits. */
const byType: readonly (readonly [type: RegExp, value: () => unknown])[] = [
  [/^Tensor<\["B", "C", "T"/, () => batch.X],
  [/^(Tensor|PatternArg)/, () => x(2, 3)],
  [/^readonly Tensor/, () => [x(2, 3), x(2, 3)]],
  [/^(Config|Pick<Config)/, () => config],
  [/^Partial<Config>/, () => ({})],
  [/^Parameters/, () => parameters],
  [/^Recipe/, () => recipe],
  [/^State/, () => state],
  [/^Batch/, () => batch],
  [/^Checkpoint/, () => checkpoint],
  [/^Engine/, () => library.ndarrayEngine],
  [/^Optimizer/, () => library.sgd({ momentum: 0.9, decay: 0 })],
  [/^(TimeSformer|ViViT|Vtn|Encoder)Config/, () => systemConfig],
  [/^Make/, () => make],
  [/^Graph/, () => graph],
  [/^Shape|^readonly number\[\]|^N$/, () => [2, 3]],
  [/^readonly A\[\]/, () => [0]],
  [/^(number|X|A)$/, () => 1],
  [/^(string|string \| (number|ClipSource))$/, () => 'x'],
  [/^readonly string\[\]/, () => ['a', 'b', 'c']],
  [/^ArrayLike<number>/, () => [1, 2, 3, 4, 5, 6]],
  [/^DType/, () => 'float32'],
  [/^Uint8Array/, () => training.encodeCheckpoint(checkpoint)],
  [/^Tensors|TensorFile/, () => ({ ...training.decodeSafetensors(training.encodeCheckpoint(checkpoint), 'x') })],
  [/^AdamW|^Sgd/, () => ({ momentum: 0.9, decay: 0 })],
  [/^Steps/, () => ({ drops: [1], factor: 0.1, stepsPerEpoch: 1 })],
  [/^\{ warmup/, () => ({ warmup: 1, steps: 10 })],
  [/^Training/, () => ({ engine: library.ndarrayEngine, config, recipe, state, batch: () => batch })],
  [/^ClipFormat/, () => clips],
  [/^Readonly<\{ clips/, () => ({ clips: 1, crops: 1 })],
  [/^\(\) => number/, () => () => 0.5],
  [/^\(/, () => (v: Tensor) => primitives.total(v)],
  [/^MapOf/, () => 1],
  [/"kept"|^DeadWork/, () => 'left out'],
  [/^Body/, () => (v: Tensor) => v],
  [/^unknown|^T$/, () => x(2)],
  [/./, () => ({})],
]
/** Right arguments of what is typed by a signature that the compiler does not show, or where a type does not say enough. */
const byName: Readonly<Record<string, () => readonly unknown[]>> = {
  matmul: () => [x(2, 3), x(3, 2)],
  layerNorm: () => [x(2, 3), x(3), x(3)],
  gather: () => [x(3, 2), fromArray([2, 0])],
  where: () => [x(2), x(2), x(2)],
  transpose: () => [x(2, 3)],
  rearrange: () => ['[A, B] -> [B, A]', x(2, 3)],
  slice: () => [x(2, 3), 1, 0, 2],
  split: () => [x(2, 3), 1, [1, 2]],
  oneHot: () => [fromArray([0, 2]), 3],
  reshape: () => [x(2, 3), [3, 2]],
  permute: () => [x(2, 3), [1, 0]],
  fromArray: () => [
    [1, 2, 3, 4, 5, 6],
    [2, 3],
  ],
  topK: () => [x(2, 3), fromArray([0, 2]), 1],
  confusion: () => [x(2, 3), fromArray([0, 2])],
  targetsOf: () => [fromArray([0, 2]), 3],
  checkLabels: () => [fromArray([0, 2]), 3],
  resizePosition: () => [x(1, 5, 4), 3, 3],
  resizeFrames: () => [x(2, 1, 4), 3],
  equation: () => ['Title', 'x[A] -> [A]', (v: Tensor) => v],
  timeSformer: () => [systemConfig, systems.timeSformerParameters(systemConfig, make), batch.X],
  viViT: () => [systemConfig, systems.viViTParameters(systemConfig, make), batch.X],
  vtn: () => [systemConfig, systems.vtnParameters(systemConfig, make), batch.X],
  add: () => [x(2, 3), x(3)],
}
/** Arguments of an equation, by its signature. */
const sizes = new Map(Object.entries({ B: 1, T: 2, C: 1, M: 2, I: 2, J: 2, P: 4, N: 2, S: 5, "C'": 4, h: 2, d: 2, F: 4, K: 3, "N'": 2, "S'": 5, w: 1, W: 3, L: 3, D: 2 })) // prettier-ignore
const argument = (arg: Arg): unknown => {
  if (arg.kind === 'size') return sizes.get(arg.name) ?? 1
  const one = (): unknown =>
    arg.kind === 'record'
      ? Object.fromEntries(arg.fields.map(field => [field.name, argument(field)]))
      : x(
          ...shapeOf(arg.dims, { labels: sizes, ellipses: new Map<string, Shape>([['', []]]) }).map(
            (n): number => n ?? 2,
          ),
        )
  return arg.list ? [one(), one()] : one()
}

const functionOf = ({ module, name }: Pick<PublicFunction, 'module' | 'name'>) =>
  (modules[module as keyof typeof modules] as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!

/** Right arguments of a function. */
export const rightArguments = (f: PublicFunction): readonly unknown[] => {
  const { signature } = functionOf(f) as unknown as { signature?: Signature }
  if (byName[f.name]) return byName[f.name]!()
  if (signature) return signature.args.map(argument)
  if (f.parameters[0]?.type.startsWith('Checked')) return [x(2, 3), x(2, 3)]
  return f.parameters
    .filter(({ optional }) => !optional)
    .map(({ type }) => byType.find(([pattern]) => pattern.test(type))![1]())
}

/** What stands in the place of a right argument. */
export const wrong: Readonly<Record<string, () => unknown>> = {
  ...{
    undefined: () => undefined,
    null: () => null,
    NaN: () => NaN,
    '-1': () => -1,
    '0.5': () => 0.5,
    '1e12': () => 1e12,
  },
  ...{ Infinity: () => Infinity, text: () => 'x', hostile: () => 'a\n\u001b[31m\u202e', proto: () => '__proto__' },
  ...{ record: () => ({}), list: () => [], function: () => () => 0, bigint: () => 1n, true: () => true },
  ...{
    'a list of text': () => ['x'],
    'a list of -1': () => [-1, -2],
    'a list of 0.5': () => [0.5],
    'a large shape': () => [1e9, 1e9],
  },
  'a tensor of rank 5': () => x(1, 1, 1, 1, 2),
  'a tensor of float64': () => tensor.cast(x(2, 3), 'float64'),
  'a tensor of nothing': () => tensor.zeros([2, 0]),
  'a tensor of NaN': () => tensor.full(NaN, [2, 3]),
  'an ndarray of int32': () => ndarray(new Int32Array(6), [2, 3]),
  'a record without a prototype': () => ({ __proto__: null }),
}

export interface WrongCall {
  readonly f: PublicFunction
  /** The place of the wrong argument; one place beyond the last for one too many; −1 for none at all. */
  readonly at: number
  readonly what: string
}

/** Whether a function says of itself that it takes this: its type allows it. */
const allows = (type: string, what: string): boolean => {
  if (type.startsWith('string | ClipSource') && /^(text|hostile|proto)$/.test(what)) return true
  const kinds: readonly (readonly [RegExp, RegExp])[] = [
    [/^(number|X|A|string \| number|number \| undefined)$/, /^(-1|0\.5|1e12|Infinity|NaN)$/],
    [/^(string|string \| number)$/, /^(text|hostile|proto)$/],
    [/^Tensor|^Checked|^UnifyArgs|^A$/, /^a tensor/],
    [/^Shape|number\[\]|^N$|^A$|^readonly A/, /^(list|a list of -1|a list of 0\.5|a large shape)$/],
  ]
  if (/^(Partial|Initial|Reading|Targets|OnnxOptions|Remaining|Cut|StepOptions|Running|Parameters|Readonly<Record|\{ readonly freeze|string \| ClipSource)/.test(type) && what.includes('record')) return true // prettier-ignore
  if (/^boolean/.test(type) && what === 'true') return true
  if (/^(Make|\(|Logits|Attention|F$)/.test(type) && what === 'function') return true
  if (/^(ArrayLike|readonly string)/.test(type) && /^(list|a list|a large)/.test(what)) return true
  return (
    /^(unknown|T|P|S|Joinable|PatternArg)\b|^readonly T/.test(type) ||
    kinds.some(([t, w]) => t.test(type) && w.test(what))
  )
}

export const wrongCalls = (functions: readonly PublicFunction[]): WrongCall[] =>
  functions.flatMap(f => {
    const { length } = rightArguments(f)
    const places = Array.from({ length: Math.max(length, f.parameters.length) + 1 }, (_, at) => at)
    return places
      .flatMap(at => Object.keys(wrong).map(what => ({ f, at, what })))
      .concat([{ f, at: -1, what: 'nothing' }])
  })

/** What is no right result: a tensor, not one that was given, that reads beyond its storage, or has a shape that is none. */
const badTensor = (result: unknown, given: readonly unknown[]): string | undefined => {
  for (const y of tensorsIn(result, 0).filter(y => !given.includes(y))) {
    const { shape } = y
    if (!(shape as Shape).every(n => Number.isSafeInteger(n) && n > 0)) return `a tensor of shape [${shape.join(', ')}]`
    let data: ArrayLike<number>
    try {
      data = y.data
    } catch {
      continue // a tracer
    }
    const reach = (sign: 1 | -1): number =>
      shape.reduce((sum, n, i) => sum + Math.max(0, sign * y.stride[i]!) * (n - 1) * sign, y.offset)
    if (reach(1) >= data.length || reach(-1) < 0)
      return `a tensor of shape [${shape.join(', ')}] on ${data.length} numbers`
  }
  return undefined
}
const tensorsIn = (x: unknown, depth: number): Tensor[] =>
  isTensor(x) ? [x] : typeof x === 'object' && x !== null && depth < 4 ? Object.values(x).flatMap(y => tensorsIn(y, depth + 1)) : [] // prettier-ignore

/** Makes a call. Nothing where it is one error of ours, or a right result; what is wrong otherwise. */
export const faultOfCall = async ({ f, at, what }: WrongCall): Promise<string | undefined> => {
  const args = [...rightArguments(f)]
  while (at > args.length) args.push(undefined)
  if (at >= 0) args[at] = wrong[what]!()
  else args.length = 0
  try {
    let result = await functionOf(f)(...args)
    const iterated = result as Partial<AsyncIterator<unknown>> | undefined
    if (typeof iterated?.next === 'function') result = await iterated.next()
    const type = f.parameters[at]?.type ?? ''
    const optional = f.parameters[at]?.optional === true && what === 'undefined'
    const bad = badTensor(result, args)
    if (bad) return `returned ${bad}`
    if (at >= 0 && at < f.parameters.length && f.name !== 'flat' && !allows(type, what) && !optional)
      return `returned something for ${type.slice(0, 60)}`
    if (at >= f.parameters.length && !f.isVariadic) return 'returned something for an argument too many'
    return undefined
  } catch (error) {
    if (!(error instanceof tensor.UserError))
      return `${String((error as Error)?.stack ?? error)
        .split('\n')
        .slice(0, 4)
        .join(' | ')}`
    if (error instanceof tensor.SignatureError) return undefined
    // eslint-disable-next-line no-control-regex
    if (error.message.length > 400 || /[\u0000-\u001f\u202e]/.test(error.message))
      return `said ${JSON.stringify(error.message.slice(0, 500))}`
    return undefined
  }
}
