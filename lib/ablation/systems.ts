/** Table 3 in small: the four systems at one size, with and without CSSA and FAM. */
import { variants } from '../paper'
import { configureNetwork, type NetworkConfig } from '../systems/network'
import { type AblationTable, type Row, standard } from './rows'
import type { Ablation } from './tables'
import { systemsWords } from './words'

const { frames, height, width, patch, channels, classes, dim, heads } = variants.digits
const shared = { frames, height, width, patch, channels, classes, dim, heads, cssa: false, fam: false } as const

/** The systems, of as many parameters and multiply-adds as their kinds allow: joint attention of tubelets of one frame, since
 *  longer ones halve the work. */
export const smallSystems: Readonly<Record<string, NetworkConfig>> = {
  CSTransformer: { ...variants.digits, cssa: false, fam: false },
  TimeSformer: configureNetwork({ system: 'timesformer', ...shared, attention: 'divided', blocks: 2, ratio: 4 }),
  ViViT: configureNetwork({
    ...{ system: 'vivit', ...shared, model: 1, tubelet: 1, blocks: 3, ratio: 3.5, temporalBlocks: 0 },
  }),
  VTN: configureNetwork({ system: 'vtn', ...shared, blocks: 4, ratio: 1.75, temporalBlocks: 1, window: 2 }),
}
const names = Object.keys(smallSystems)

/** Both are tasks that leave something to learn. */
const CONDITIONS = [
  {
    id: 'motion',
    title: 'Digits in motion',
    about: 'The task of `npm start`, stopped while there is still something to learn.',
    task: {},
    steps: 80,
  },
  {
    id: 'hard',
    title: 'Clutter, a second digit, occlusion',
    about: 'A piece of another digit lies about, a second digit sets out for some side and comes back, and a gray square hides a part of the picture.', // prettier-ignore
    task: { clutter: 1, others: 1, occlusion: 0.2 },
    steps: 200,
  },
] as const

const rowOf = (name: string, crossed: boolean, { task, steps }: (typeof CONDITIONS)[number]): Row => ({
  label: `${name}${crossed ? ' + CSSA + FAM' : ''}`,
  experiment: {
    ...standard,
    config: { ...smallSystems[name]!, cssa: crossed, fam: crossed },
    recipe: { ...standard.recipe, steps },
    task,
  },
})

const common = { seeds: 10, multiplyAdds: true } as const
/** Each system with and without CSSA and FAM. */
const gains: readonly AblationTable[] = CONDITIONS.map(condition => ({
  ...condition,
  ...common,
  rows: names.flatMap(name => [rowOf(name, false, condition), rowOf(name, true, condition)]),
  contrasts: names.map((name, i) => ({ label: name, from: 2 * i, to: 2 * i + 1 })),
}))
/** CSTransformer and the others as they are published. */
const compared: readonly AblationTable[] = CONDITIONS.map(condition => ({
  ...condition,
  ...common,
  id: `${condition.id}-table-3`,
  title: `${condition.title}, Table 3`,
  rows: names.map(name => rowOf(name, name === 'CSTransformer', condition)),
  contrasts: names.slice(1).map((name, i) => ({ label: `over ${name}`, from: i + 1, to: 0 })),
}))

/** The four systems at one size. */
export const systemsAblation: Ablation = { tables: [], study: gains, confirmation: compared, words: systemsWords }
