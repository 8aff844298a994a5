/** What becomes of videos whose scores are known, one by one. */
import { ranked, type VideoScores } from '../../training'
import type { concealedIn } from './damage'
import type { leftOut } from './dataset'

/** Collects the classes of videos by their scores, beside their labels; what could not be read is left out, and damage is said. */
export const rankingsIn = (left: ReturnType<typeof leftOut>, concealed: ReturnType<typeof concealedIn>) => {
  const found: { readonly ranking: readonly number[]; readonly label: number }[] = []
  return {
    found,
    add: (result: VideoScores): void => {
      const { path, label } = result.video
      if ('problem' in result) return left.add({ path, reason: result.problem })
      concealed.add(path, result.damaged)
      found.push({ ranking: ranked(result.scores), label })
    },
  }
}
