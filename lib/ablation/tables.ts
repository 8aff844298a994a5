/** What is compared with what. */
import { orList } from '../format/text'
import { UserError } from '../tensor'
import { type AblationTable, type Change, changed, row } from './rows'
import { paperTables } from './paper-tables'
import { confirmation, study } from './study'
import type { Words } from './words'

export interface Ablation {
  /** The tables of the paper, in small. */
  readonly tables: readonly AblationTable[]
  /** Table 2b under other conditions, with tests. */
  readonly study: readonly AblationTable[]
  /** What the study hints at, tested on other seeds. */
  readonly confirmation: readonly AblationTable[]
  /** What is said of it; of the paper's ablations without it. */
  readonly words?: Words
}

/** Every table of an ablation. */
export const tablesOf = ({ tables, study, confirmation }: Ablation): AblationTable[] => [
  ...tables,
  ...study,
  ...confirmation,
]
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

export const everything: Ablation = { tables: paperTables, study, confirmation }

/** The ablation in another size. Throws UserError that names a table that is not there. */
export const sized = (ablation: Ablation, { only, seeds, steps }: Sizes): Ablation => {
  const known = tablesOf(ablation).map(({ id }) => id)
  for (const id of only ?? [])
    if (!known.includes(id)) throw new UserError(`--only must be some of ${orList(known)}, got '${id}'`)
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
  const { tables, study, confirmation, ...words } = ablation
  return { ...words, tables: chosen(tables), study: chosen(study), confirmation: chosen(confirmation) }
}
