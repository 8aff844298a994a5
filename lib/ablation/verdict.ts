/** What an ablation comes to: what is significant, and what only hints at something. */
import { spreadOf } from './picture'
import { type Gain, gainsOf, type TableSummary } from './summary'
import { points } from '../format/text'
import type { Words } from './words'

/** The picture of all that is tested. */
export const FOREST = 'forest.svg'

/** The level of the tests. */
export const LEVEL = 0.05

const listOf = (gains: readonly Gain[]): string =>
  gains
    .map(gain => `${gain.label} under *${gain.table.title}* (${gain.outcome}, ${points(gain.mean)} points)`)
    .join('; ')

/** What is significant, and what only hints at something. */
export const summarySentence = (gains: readonly Gain[]): string => {
  const seen = gains.filter(gain => gain.adjusted < LEVEL)
  const hints = gains.filter(gain => gain.p < LEVEL && gain.adjusted >= LEVEL)
  const first =
    seen.length === 0
      ? `**None of the ${gains.length} differences is significant**; the intervals say how large a gain or loss could be and stay unseen.`
      : `**${seen.length} of ${gains.length} differences ${seen.length === 1 ? 'is' : 'are'} significant:** ${listOf(seen)}.`
  return hints.length === 0 ? first : `${first} Before the correction, p is also below ${LEVEL} for ${listOf(hints)}.`
}

/** The parts of a report. */
export interface Tested {
  readonly tables: readonly TableSummary[]
  readonly study: readonly TableSummary[]
  readonly confirmation: readonly TableSummary[]
  readonly words: Words
}

/** The tests of the study, and of the confirmation: each is corrected for its own. */
export const testedGains = ({ study, confirmation }: Pick<Tested, 'study' | 'confirmation'>): readonly Gain[] => [
  ...gainsOf(study),
  ...gainsOf(confirmation),
]

/** What all of it comes to, before any of it is told. */
export const verdictSection = ({ tables, study, confirmation, words }: Tested): string[] => {
  const [ofStudy, fresh] = [gainsOf(study), gainsOf(confirmation)]
  const sentence = (title: string, gains: readonly Gain[]): string[] =>
    gains.length === 0 ? [] : [`- ${title}: ${summarySentence(gains)}`]
  const positions = tables.find(({ id }) => id === '1b')
  const [, without, whole] = positions?.rows ?? []
  const time =
    without && whole
      ? [`- Time: with P_t ${spreadOf(whole)} of the answers are right, without it ${spreadOf(without)}, where half is the most there is.`]
      : [] // prettier-ignore
  const said = [...time, ...sentence(words.study.verdict, ofStudy), ...sentence(words.confirmation.verdict, fresh)]
  const gains = [...ofStudy, ...fresh].filter(({ table }) => table.seeds > 1)
  return [
    ...(said.length > 0 ? ['## The verdict', said.join('\n')] : []),
    ...(gains.length > 0 ? [`![${words.shown}](${FOREST})`] : []),
  ]
}
