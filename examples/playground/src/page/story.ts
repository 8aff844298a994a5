/** What is told of the networks: the sentence at the top, and what its three buttons do. */
import { type Both, networks, type Seen } from '../protocol'
import { HELD_OUT_PAIRS, type Settings } from '../settings'
import { networkTitles } from './clips'
import { percent } from './dom'

/** Whether no block of a network has anything that crosses into it: the two networks are the same then. */
export const nothingCrosses = ({ cssa, fam, stb, ttb }: Settings): boolean =>
  !(cssa && Math.max(stb, ttb) > 1) && !(fam && stb + ttb > 1)

/** Half of the answers: of a clip and its reverse, which have the same frames, one at most is right. */
export const withoutTime = ({ pt, time }: Settings): boolean => !pt || !time

const accuracies = (seen: Both<Seen>): string =>
  networks.map(name => `${networkTitles[name]} ${percent(seen[name].accuracy)}`).join(', ')
const pairs = (seen: Both<Seen>): string =>
  networks.map(name => `${networkTitles[name]} ${Math.round(HELD_OUT_PAIRS * seen[name].pairs)}`).join(', ')

export const story = (settings: Settings, seen: Both<Seen> | undefined): string => {
  const { crossing, order, hard, alpha, beta } = settings
  const now = seen ? ` Now: ${accuracies(seen)}.` : ''
  if (withoutTime(settings))
    return `Without Pₜ a clip and its reverse get the same answer, so one of the two is wrong: 50 % is the most there is.${seen ? ` Of ${HELD_OUT_PAIRS} pairs both clips are right in: ${pairs(seen)}.` : ''}`
  if (!crossing)
    return `Every α and all of FAM's terms are 0 in CSTransformer, which has learnt with them; the baseline never had any.${now}`
  if (!order) return `The frames come out of order, and Pₜ still counts them.${now}`
  if (alpha !== 'learnt') return `Every α of CSTransformer is ${alpha}; nothing was trained again.${now}`
  if (beta !== 'learnt')
    return `Every β of CSTransformer is ${beta}. A layer norm undoes it: only its sign and 0 matter.${now}`
  if (hard)
    return 'Both start again on clips with a piece of another digit, a second digit that comes back and a gray square: where FAM gained most in the ablations.'
  return 'A clip and its reverse have the same frames. Wait until both networks tell them apart, then take something away.'
}
