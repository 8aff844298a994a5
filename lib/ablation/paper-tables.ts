/** The tables of the paper, in small, and the readings that it leaves open. */
import { type AblationTable, row, stages } from './rows'

const few = { seeds: 5, contrasts: [] }
export const paperTables: readonly AblationTable[] = [
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
