/** What became of a pretrained ViT, for people. */
import type { Pretrained } from '../../training'
import { grouped, table } from '../../format/text'

const WORDS = { taken: 'taken', resized: 'resized', initial: 'initial value', unused: 'not used' } as const

interface Row {
  readonly how: keyof typeof WORDS
  readonly name: string
  readonly shape: string
  readonly from: string
}

/** A line of counts, and a table of every tensor: taken, resized, left at its initial value, not used. The same tensor of
 *  several blocks is one row: `STB.0…11.W_Q`. */
export const pretrainedTable = (file: string, { report, unused }: Pretrained): string => {
  const rows: Row[] = [
    ...report.map(({ name, shape, how, from = '' }) => ({ how, name, shape: `[${shape.join(', ')}]`, from })),
    ...unused.map(from => ({ how: 'unused', name: '', shape: '', from }) as const),
  ]
  const all = (how: Row['how']): Row[] => rows.filter(row => row.how === how)
  const count = (how: Row['how']): string => grouped(all(how).length)
  const hows = Object.keys(WORDS) as Row['how'][]
  const cells = hows.flatMap(all).map(({ how, ...row }) => [WORDS[how], row.name, row.shape, row.from])
  return [
    `Pretrained weights of ${file}: ${count('taken')} tensors taken, ${count('resized')} resized, ${count('initial')} left at` +
      ` initial values; ${count('unused')} of the file not used`,
    table(['', 'tensor', 'shape', 'from'], merged(cells), 4),
  ].join('\n')
}

/** Rows that differ in the number of the block alone, as one row. */
const merged = (rows: readonly (readonly string[])[]): string[][] => {
  const groups = new Map<string, string[]>()
  for (const row of rows) {
    const key = row.map(cell => cell.replace(BLOCK, '*')).join('\n')
    groups.set(key, [...(groups.get(key) ?? []), ...(BLOCK.exec(row.join('\n')) ?? [])])
  }
  return [...groups].map(([key, numbers]) => key.split('\n').map(cell => cell.replace('*', range(numbers.map(Number)))))
}
/** The number of a block in a name. */
const BLOCK = /(?<=\.)\d+(?=\.)/

/** 0, 1, 2, 5 as `0…2,5`. */
const range = (numbers: readonly number[]): string =>
  numbers
    .map((n, i) => (numbers[i - 1] === n - 1 ? (numbers[i + 1] === n + 1 ? '' : `…${n}`) : `,${n}`))
    .join('')
    .slice(1)
