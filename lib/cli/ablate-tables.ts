/** What is compared with what: the tables of the paper in small, the readings it leaves open, and a study in pairs. */
import { UserError } from '../tensor'
import type { Experiment } from '../training'
import { type Change, changed } from './ablate-experiment'
import { orList } from './config-flags'

export interface Row {
  readonly label: string
  readonly experiment: Experiment
}

export interface AblationTable {
  /** `2b`: what --only names it by, and its files. */
  readonly id: string
  readonly title: string
  /** What it shows, or how it differs from the paper's. */
  readonly about: string
  readonly rows: readonly Row[]
  /** Seeds 1 to n. */
  readonly seeds: number
  /** Pairs of rows, by their index, whose difference is tested. */
  readonly contrasts: readonly Contrast[]
}

/** The gain of row `to` over row `from`, seed by seed. */
export interface Contrast {
  readonly label: string
  readonly from: number
  readonly to: number
}

const row = (label: string, change: Change = {}): Row => ({ label, experiment: changed(change) })

/** Table 2b's rows under some other change. */
const stages = (change: Change = {}): Row[] => {
  const of = (label: string, cssa: boolean, fam: boolean): Row =>
    row(label, { ...change, config: { ...change.config, cssa, fam } })
  return [of('baseline', false, false), of('+ CSSA', true, false), of('+ CSSA + FAM', true, true)]
}
/** One step of the table at a time: fewer tests leave each more of the level. */
const gains: readonly Contrast[] = [
  { label: 'CSSA', from: 0, to: 1 },
  { label: 'FAM', from: 1, to: 2 },
]

const few = { seeds: 5, contrasts: [] }
const paperTables: readonly AblationTable[] = [
  {
    id: '2b',
    title: 'Table 2b: CSSA and FAM',
    about: 'The baseline, with cross-stage self-attention, and with feature aggregation too.',
    rows: stages(),
    ...few,
  },
  {
    id: '1b',
    title: 'Table 1b: position embeddings',
    about: 'Without P_t nothing in the network knows the order of the frames, and half of the answers are guesses.',
    rows: [
      row('none', { config: { spatialPosition: false, temporalPosition: false } }),
      row('P_s', { config: { temporalPosition: false } }),
      row('P_s + P_t'),
    ],
    ...few,
  },
  {
    id: '1c',
    title: 'Table 1c: frames of a clip',
    about: 'The movement is the same; more frames show it in smaller steps.',
    rows: [2, 4, 8, 16].map(frames => row(`${frames} frames`, { config: { frames } })),
    ...few,
  },
  {
    id: '1d',
    title: 'Table 1d: the MLP of a TTB',
    about: 'Its expansion; that of an STB is 4.',
    rows: [1, 2, 4].map(ratioTTB => row(`ratio ${ratioTTB}`, { config: { ratioTTB } })),
    ...few,
  },
  {
    id: '1a',
    title: 'Table 1a: STBs and TTBs',
    about: 'How the blocks are split between space and time.',
    rows: [
      [1, 3],
      [2, 2],
      [3, 1],
      [3, 2],
      [3, 3],
    ].map(([STB, TTB]) => row(`${STB} STB + ${TTB} TTB`, { config: { STB: STB!, TTB: TTB! } })),
    ...few,
  },
  {
    id: 'open',
    title: 'What the paper leaves open',
    about:
      'The readings of decisions D3 to D6, one changed at a time; and that of D1 in a deeper network, since only from its third block on can a stage tell accumulated scores from raw ones.',
    rows: [
      row('as it stands'),
      row('a FAM for each stage (D4)', { config: { aggregation: 'stage' } }),
      row('mean of all tokens (D6)', { config: { pool: 'mean' } }),
      row('α starts at 0.5 (D3)', { alpha: 0.5 }),
      row('α starts at 1 (D3)', { alpha: 1 }),
      row('β starts at 0.1 (D5)', { beta: 0.1 }),
      row('3 + 3 blocks', { config: { STB: 3, TTB: 3 } }),
      row('3 + 3, accumulated (D1)', { config: { STB: 3, TTB: 3, scores: 'accumulated' } }),
    ],
    ...few,
  },
]

const pairs = { seeds: 10, contrasts: gains }
const study: readonly AblationTable[] = [
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

export interface Ablation {
  /** The tables of the paper, in small. */
  readonly tables: readonly AblationTable[]
  /** Table 2b under other conditions, with tests. */
  readonly study: readonly AblationTable[]
}

/** Values that replace those of every table. */
export interface Sizes {
  readonly only?: readonly string[]
  readonly seeds?: number
  readonly steps?: number
}

/** A comparison of one's own: the standard network, and the same with a change. */
export const own = (label: string, change: Change): AblationTable => ({
  id: 'own',
  title: label,
  about: 'The network as it stands, and with this change.',
  rows: [row('as it stands'), row(label, change)],
  seeds: 10,
  contrasts: [{ label: 'the change', from: 0, to: 1 }],
})

export const everything: Ablation = { tables: paperTables, study }

/** The ablation in another size. Throws UserError that names a table that is not there. */
export const sized = ({ tables, study }: Ablation, { only, seeds, steps }: Sizes): Ablation => {
  const known = [...tables, ...study].map(({ id }) => id)
  for (const id of only ?? [])
    if (!known.includes(id)) throw new UserError(`--only should be some of ${orList(known)}, but names '${id}'`)
  const resized = (table: AblationTable): AblationTable => ({
    ...table,
    seeds: seeds ?? table.seeds,
    rows: table.rows.map(({ label, experiment }) => ({
      label,
      experiment: steps === undefined ? experiment : changed({ steps }, experiment),
    })),
  })
  const chosen = (all: readonly AblationTable[]): AblationTable[] =>
    all.filter(({ id }) => !only || only.includes(id)).map(resized)
  return { tables: chosen(tables), study: chosen(study) }
}
