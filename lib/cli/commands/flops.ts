/** `cstransformer flops`: what a network costs, counted from the trace. */
import { Command } from 'commander'
import { type Config, variants } from '../../paper'
import { addConfigFlags, configOf, givenConfigFlags, variantOf } from '../flags/network'
import { describeClips, describeNetwork } from '../../systems/describe'
import { comparedSystems } from '../../systems/compared'
import { costOf, type Figures, impliedByTable1a, neededFlops, paperTables, type Row } from '../../systems/costs'
import { deviation, fixed, grouped, reflowed, table, unitOf } from '../../format/text'

const COUNTED = [
  'FLOPs are those of the matrix products, a multiply-add counted as two, for one view (one clip, one crop) with',
  '1+P tokens a frame. Softmax, layer norms, GELU, sums and products of elements are "other", a column of their own.',
  '"Needed" are those that a logit depends on (decision D6); training, prediction and export compute no others.',
]

/** Decision D16, with its numbers computed from the figures and from the trace. */
const finding = (): string[] => {
  const printed = paperTables[0]!.rows.map(row => row.paper! / 1e9) as [number, number, number]
  const counted = [variants.V1, variants.V2, variants.V3].map(c => costOf(c).flops.products / 1e9)
  const [theirs, ours] = [printed, counted as typeof printed].map(impliedByTable1a)
  return [
    'Finding (D16): the printed figures of Table 1a are not consistent with equal blocks, for they imply a TTB of',
    `${fixed(theirs!.TTB, 1)} GFLOPs (counted: ${fixed(ours!.TTB, 1)}) and leave ${fixed(theirs!.rest, 1).replace('-', '−')} GFLOPs for all that is not a block (counted: ${fixed(ours!.rest, 1)}).`,
  ]
}

const SCALE = { GFLOPs: 1e9, TFLOPs: 1e12 } as const

const tableText = ({ table: name, title, unit, rows }: Figures, width: number): string => {
  const scaled = (n: number): string => fixed(n / SCALE[unit], unit === 'GFLOPs' ? 1 : 2)
  const printed = rows.some(row => row.paper !== undefined)
  const header = [
    '',
    unit,
    ...(printed ? ['paper', 'deviation'] : []),
    `other ${unit}`,
    'parameters',
    'peak MB',
    'needed',
  ]
  const cells = rows
    .map(count)
    .map(({ label, paper, flops, otherFlops, neededFlops, parameters, peakActivationBytes }) => [
      label,
      scaled(flops),
      ...(paper === undefined ? [] : [fixed(paper / SCALE[unit], 1), deviation(flops, paper)]),
      scaled(otherFlops),
      grouped(parameters),
      fixed(peakActivationBytes / 1e6, 1),
      scaled(neededFlops),
    ])
  return `${name}: ${title}:\n${table(header, cells, 1, width)}`
}

/** A row with what was counted for all its views. */
const count = (row: Row) => {
  const { flops, parameters, peakActivationBytes } = costOf(row.config)
  const views = row.views[0] * row.views[1]
  return {
    ...row,
    flops: flops.products * views,
    otherFlops: flops.rest * views,
    neededFlops: neededFlops(row.config) * views,
    parameters,
    peakActivationBytes,
  }
}

const ONE_UNIT = [
  "Finding: Tables 3 and 4 print two units. The compared systems' figures are their multiply-adds; those of CSTransformer are",
  'operations, two to a multiply-add. In one unit CSTransformer takes half of what the tables suggest beside the others.',
]

/** All four systems of Tables 3 and 4 in both units. */
const systemsText = (width: number): string => {
  const tera = (n: number): string => fixed(n / 1e12, 2)
  const rows = comparedSystems().map(({ label, views, multiplyAdds, operations, paper, unit }) => [
    ...[label, views, tera(multiplyAdds), tera(operations), fixed(paper / 1e12, 1), unit],
  ])
  const header = ['', 'views', 'T multiply-adds', 'T operations', 'paper', 'which are']
  return [`Tables 3 and 4, all systems in one unit:\n${table(header, rows, 1, width)}`, ONE_UNIT.join('\n')].join(
    '\n\n',
  )
}

const tablesText = (width: number): string =>
  [
    ...paperTables.map(figures => tableText(figures, width)),
    [...COUNTED, 'Peak MB are the activations of a forward pass in float32.'].join('\n'),
    finding().join('\n'),
    systemsText(width),
  ].join('\n\n')

const tablesJson = () => ({
  counted: COUNTED.join(' '),
  tables: paperTables.map(({ table: name, title, rows }) => ({
    table: name,
    title,
    rows: rows
      .map(count)
      .map(row => (row.paper === undefined ? row : { ...row, deviation: row.flops / row.paper - 1 })),
  })),
  finding: finding().join(' '),
  systems: comparedSystems(),
})

// ---- one configuration -----------------------------------------------------------------------------------------------

const configText = (title: string, config: Config, width: number): string => {
  const { flops, parameters, peakActivationBytes, byEquation } = costOf(config)
  const unit = unitOf(flops.products)
  const scaled = (n: number): string => (n === 0 ? '·' : n / unit.scale < 0.001 ? '< 0.001' : fixed(n / unit.scale, 3))
  const rows = [...byEquation].map(([name, c]) => [
    name,
    scaled(c.products),
    c.products === 0 ? '·' : `${fixed((100 * c.products) / flops.products, 1)} %`,
    scaled(c.rest),
    c.parameters === 0 ? '·' : grouped(c.parameters),
  ])
  const bytes = unitOf(peakActivationBytes)
  const total = ['Together', scaled(flops.products), '100.0 %', scaled(flops.rest), grouped(parameters)]
  return [
    `${title}: ${describeNetwork(config)}, ${describeClips(config)}`,
    table(
      ['Equation', `${unit.name}FLOPs`, 'share', `other ${unit.name}FLOPs`, 'parameters'],
      [...rows, total],
      1,
      width,
    ),
    `A logit depends on ${scaled(neededFlops(config))} ${unit.name}FLOPs of them.`,
    `Activations of a forward pass need ${fixed(peakActivationBytes / bytes.scale, 1)} ${bytes.name}B at their peak, in float32.`,
    COUNTED.join('\n'),
  ].join('\n\n')
}

const configJson = (config: Config) => {
  const { flops, parameters: all, peakActivationBytes, byEquation } = costOf(config)
  return {
    counted: COUNTED.join(' '),
    config,
    flops: flops.products,
    otherFlops: flops.rest,
    neededFlops: neededFlops(config),
    parameters: all,
    peakActivationBytes,
    byEquation: [...byEquation].map(([equation, { products, rest, parameters }]) => ({
      equation,
      flops: products,
      otherFlops: rest,
      parameters,
    })),
  }
}

/** The command. `print` gets the text to show, for so many columns. */
export const flopsCommand = (print: (text: string) => void, columns = Infinity): Command => {
  const width = Math.min(110, columns)
  const command = new Command('flops')
    .description("count a network's operations, beside the paper's figures")
    .option('--json', 'as JSON, in single operations and bytes')
  return addConfigFlags(command, 'V2', [])
    .addHelpText(
      'after',
      `
Without a flag of the network, the tables of the paper; with one, that network equation by equation.

Examples:
  $ cstransformer flops
  $ cstransformer flops --variant V3
  $ cstransformer flops --variant V2 --frames 16 --no-fam
  $ cstransformer flops --json`,
    )
    .action(() => {
      const single = givenConfigFlags(command).length > 0 || command.getOptionValueSource('variant') === 'cli'
      if (command.getOptionValue('json') === true)
        print(JSON.stringify(single ? configJson(configOf(command)) : tablesJson(), null, 2))
      else print(reflowed(single ? configText(variantOf(command), configOf(command), width) : tablesText(width), width))
    })
}
