/** Random signatures, and how they are written. */
import fc from 'fast-check'
import { type Arg, type Dim, showTensor, type TensorArg } from '../../lib/tensor'

/** The names of labels; those of arguments differ from them, so that a size may be an argument too. */
export const LABELS = ['B', 'T', "C'", 'N_1', 'h', 'd', '_'] as const
const ARGS = ['X', 'V_cls', "V'", 'W_Q', 'b1', '_x'] as const
const FIELDS = ['gain', 'bias', "M'"] as const

const label: fc.Arbitrary<Dim> = fc.constantFrom(...LABELS).map(name => ({ kind: 'label', name }))
const number: fc.Arbitrary<Dim> = fc.integer({ min: 1, max: 12 }).map(value => ({ kind: 'number', value }))
const atom = fc.oneof({ weight: 4, arbitrary: label }, { weight: 1, arbitrary: number })
const joined = (kind: '+' | '*', operand: fc.Arbitrary<Dim>): fc.Arbitrary<Dim> =>
  fc.array(operand, { minLength: 2, maxLength: 3 }).map(of => ({ kind, of }))

/** Sums of products of atoms, and products of sums. */
export const dims: fc.Arbitrary<Dim> = fc.oneof(
  { weight: 4, arbitrary: atom },
  { weight: 1, arbitrary: joined('*', fc.oneof(atom, joined('+', atom))) },
  { weight: 1, arbitrary: joined('+', fc.oneof(atom, joined('*', atom))) },
)

const shapeOfDims: fc.Arbitrary<readonly Dim[]> = fc
  .record({
    named: fc.array(dims, { maxLength: 3 }),
    ellipsis: fc.option(fc.record({ at: fc.nat(3), name: fc.constantFrom('', 'before') }), { freq: 4 }),
  })
  .map(({ named, ellipsis }) =>
    ellipsis
      ? [...named.slice(ellipsis.at), { kind: '...', name: ellipsis.name }, ...named.slice(0, ellipsis.at)]
      : named,
  )

const leaf = (name: string): fc.Arbitrary<Arg> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .record({ dims: shapeOfDims, mark: fc.constantFrom('', '*', '?') })
        .map(({ dims, mark }): Arg => ({ kind: 'tensor', name, dims, optional: mark === '?', list: mark === '*' })),
    },
    { weight: 1, arbitrary: fc.constant<Arg>({ kind: 'size', name }) },
  )
const argument = (name: string, depth: number): fc.Arbitrary<Arg> =>
  depth === 0
    ? leaf(name)
    : fc.oneof(
        { weight: 3, arbitrary: leaf(name) },
        {
          weight: 1,
          arbitrary: fc
            .record({ fields: distinct(FIELDS, depth - 1), list: fc.boolean() })
            .map(({ fields, list }): Arg => ({ kind: 'record', name, fields, list })),
        },
      )
/** Arguments of different names. */
const distinct = (names: readonly string[], depth: number): fc.Arbitrary<Arg[]> =>
  fc
    .shuffledSubarray([...names], { minLength: 1, maxLength: 3 })
    .chain(chosen => fc.tuple(...chosen.map(name => argument(name, depth))))

export interface Written {
  readonly args: readonly Arg[]
  readonly results: readonly TensorArg[]
}

/** The labels and ellipses in dimensions. */
const labelsIn = (d: Dim): readonly string[] =>
  d.kind === 'number'
    ? []
    : d.kind === 'label'
      ? [d.name]
      : d.kind === '...'
        ? [`...${d.name}`]
        : d.of.flatMap(labelsIn)
const argLabels = (a: Arg): readonly string[] =>
  a.kind === 'size'
    ? [a.name]
    : a.kind === 'tensor'
      ? a.optional
        ? []
        : a.dims.flatMap(labelsIn)
      : a.fields.flatMap(argLabels)

/** Signatures whose results use only labels of the arguments. */
export const signatures: fc.Arbitrary<Written> = fc
  .record({ args: distinct(ARGS, 2), results: fc.array(shapeOfDims, { minLength: 1, maxLength: 3 }) })
  .map(({ args, results }) => {
    const known = new Set(args.flatMap(argLabels))
    const usable = (d: Dim): boolean => labelsIn(d).every(l => known.has(l))
    return {
      args,
      results: results.map((dims, i) => ({
        kind: 'tensor',
        name: `Y_${i}`,
        dims: dims.filter(usable),
        optional: false,
        list: false,
      })),
    }
  })

const writeArg = (a: Arg): string => {
  if (a.kind === 'size') return a.name
  const mark = a.list ? '*' : a.kind === 'tensor' && a.optional ? '?' : ''
  return a.kind === 'tensor'
    ? showTensor(a.name, a.dims) + mark
    : `${a.name}{${a.fields.map(writeArg).join(', ')}}${mark}`
}
export const write = ({ args, results }: Written): string =>
  `${args.map(writeArg).join(', ')} -> ${results.map(writeArg).join(', ')}`
