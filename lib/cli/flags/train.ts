/** The flags of `train`. */
import type { PublishedSystem } from '../../training'
import type { AttentionFlag } from './attention'
import type { DeadWork } from './dead-work'
import type { VideoFlags } from './videos'

/** What the command line of `train` says, its defaults filled in. */
export interface TrainFlags extends VideoFlags {
  /** A file of flags. */
  readonly config?: string
  /** Passes over all videos. */
  readonly epochs?: number
  /** Steps between checkpoints. */
  readonly every?: number
  readonly seed: number
  readonly alpha: number
  /** Published weights, and whose they are. */
  readonly system?: PublishedSystem
  readonly weights?: string
  /** A file of a pretrained ViT. */
  readonly init: string | undefined
  readonly engine: string
  readonly deadWork: DeadWork
  readonly attention: AttentionFlag
  readonly mode?: string
  readonly runs: string
  readonly name?: string
  readonly resume?: true
  readonly overwrite?: true
  /** Bytes that the process may take. */
  readonly memory?: number
  /** Only tells what it would do. */
  readonly dryRun?: true
  readonly json?: true
  /** Clips that the result is measured with. */
  readonly heldOut: number
  readonly quiet?: true
  readonly verbose?: true
  /** Bytes that features of clips may take on disk. */
  readonly cache: number
}
