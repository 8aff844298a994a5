/** A study in pairs: Table 2b under several conditions, with tests. */
import { type AblationTable, gains, stages } from './rows'

const pairs = { seeds: 10, contrasts: gains }
export const study: readonly AblationTable[] = [
  {
    id: 'tables',
    title: 'As in the tables',
    about: 'The task and the network of the tables above.',
    rows: stages(),
    ...pairs,
  },
  {
    id: 'short',
    title: 'Plain clips, few steps',
    about: 'The task of `npm start`, stopped while there is still something to learn.',
    rows: stages({ task: {}, steps: 80 }),
    ...pairs,
  },
  {
    id: 'few',
    title: 'Few clips',
    about: 'The task of `npm start` from 64 clips that come again and again.',
    rows: stages({ task: { clips: 64 }, steps: 100 }),
    ...pairs,
  },
  {
    id: 'hard',
    title: 'Clutter, a second digit, occlusion',
    about:
      'A piece of another digit lies about, a second digit sets out for some side and comes back, and a gray square hides a part of the picture.',
    rows: stages({ task: { clutter: 1, others: 1, occlusion: 0.2 }, steps: 200 }),
    ...pairs,
  },
  {
    id: 'deep',
    title: 'A deeper network',
    about: '5 STB + 3 TTB on plain clips: six scores cross, and seven features are aggregated.',
    rows: stages({ config: { STB: 5, TTB: 3 }, task: {}, steps: 100 }),
    ...pairs,
  },
  {
    id: 'alpha',
    title: 'α starts at 1',
    about: 'The task and the network of the tables; the scores cross from the first step on.',
    rows: stages({ alpha: 1 }).slice(0, 2),
    seeds: pairs.seeds,
    contrasts: gains.slice(0, 1),
  },
]

/** What the study hints at, on seeds that it has not seen: does FAM gain where there is much to learn? */
const FRESH = { first: pairs.seeds + 1, seeds: pairs.seeds }
export const confirmation: readonly AblationTable[] = study
  .filter(({ id }) => ['few', 'hard', 'deep'].includes(id))
  .map(table => ({
    ...table,
    ...FRESH,
    id: `${table.id}-again`,
    title: `${table.title}, fresh seeds`,
    rows: table.rows.slice(1),
    contrasts: [{ label: 'FAM', from: 0, to: 1 }],
  }))
