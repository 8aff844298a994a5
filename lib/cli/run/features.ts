/** Features of the clips of a run, where what clips go through first is frozen: made once, and kept in the run's folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeEmptyFolder } from '../../folders'
import { UserError } from '../../tensor'
import type { Engine } from '../../engines'
import { type Checkpoint, type ClipFormat, type Cut, cutOf, type DeadWork, viewsOf } from '../../training'
import { featureReader, type Features, madeBy, openFeatureCache } from '../../training/node'
import { type ClipRequest, trainingClip } from '../../video'
import { type ClipReader, contentOf, type FileIndex, type LabelledVideo } from '../../video/node'
import { counted, grouped } from '../../format/text'
import { bytesText } from '../flags/bytes'
import type { VideoSettings } from '../flags/videos'

type VideoCheckpoint = Checkpoint & { readonly clips: ClipFormat }

/** The folder of features in that of a run. */
const featuresFolder = (folder: string): string => join(folder, 'features')

/** Where the network of a run on videos is cut; undefined where nothing of it is made once. Throws UserError for what then
 *  cannot be. */
export const cutOfRun = (
  { config, recipe, clips }: Pick<Checkpoint, 'config' | 'recipe' | 'clips'>,
  augmented: number | undefined,
  deadWork: DeadWork,
): Cut | undefined => {
  const cut = clips && recipe.freeze ? cutOf(config, recipe.freeze, deadWork) : undefined
  if (!cut && augmented !== undefined)
    throw new UserError('--augment-views is of features that are kept: --freeze spatial, or all that clips go through first, expected with it') // prettier-ignore
  if (cut && (recipe.mixup ?? 0) > 0)
    throw new UserError(`mixup must be left out where features of clips are kept, since it mixes clips, got ${recipe.mixup!}`) // prettier-ignore
  return cut
}

/** What takes the place of clips in a run. */
export interface Kept {
  readonly cut: Cut
  readonly reader: ClipReader<Features>
  /** The clip of a video in an epoch. */
  readonly clipOf: (video: LabelledVideo, epoch: number) => ClipRequest
  /** What is known of the files by now. */
  readonly index: () => FileIndex
  /** What is said of it before the run. */
  readonly text: string
}

interface Keeping {
  readonly engine: Engine
  readonly cut: Cut
  readonly checkpoint: VideoCheckpoint
  readonly settings: VideoSettings
  readonly folder: string
  readonly train: readonly LabelledVideo[]
  readonly index: FileIndex
  readonly reader: ClipReader
  /** Bytes that features may take on disk. */
  readonly limit: number
  /** Hears why some are not kept. */
  readonly warn: (text: string) => void
}

/** How the clips of a run are made. */
export const trainingClips = ({ config, clips }: VideoCheckpoint, { jitter }: VideoSettings) => ({
  sampling: { frames: config.frames, stride: clips.stride, fps: clips.fps },
  where: jitter,
  normalisation: clips,
  channels: config.channels === 1 ? (1 as const) : (3 as const),
})

export const keepFeatures = (keeping: Keeping): Kept => {
  const { engine, cut, checkpoint, settings, train, reader, limit, warn } = keeping
  const { config, seed, state, clips } = checkpoint
  const { parameters } = state
  const folder = featuresFolder(keeping.folder)
  const index = new Map(keeping.index)
  const content = (path: string): string => {
    const found = contentOf(path, index.get(path))
    index.set(path, found.facts)
    return found.content
  }
  const onEnd = (why: string): void => warn(`${why}; clips whose features are not kept are computed in each epoch`)
  const cache = openFeatureCache(folder, madeBy(config, cut, parameters), { limit, onEnd })

  const { augmentViews: views } = settings
  const places = new Map(train.map((video, i) => [video, i]))
  const clipOf = (video: LabelledVideo, epoch: number): ClipRequest =>
    views === undefined
      ? viewsOf(video, config, clips, { clips: 1, crops: 1 })[0]!
      : trainingClip(
          video,
          { seed, epoch: 1 + ((epoch - 1) % views), index: places.get(video)! },
          trainingClips(checkpoint, settings),
        )
  const of = views === undefined ? "each video's middle" : counted(views, 'augmented view', 'augmented views')
  const text = `${grouped(cut.numbers)} numbers a clip, of ${of}; in ${folder}, up to ${bytesText(limit)}`
  return {
    cut,
    reader: featureReader(reader, { engine, cut, parameters, cache, contentOf: content }),
    clipOf,
    index: () => index,
    text,
  }
}

/** Removes the features that a run of the same name has kept, where this one keeps none. */
export const dropFeatures = (folder: string): void => {
  const features = featuresFolder(folder)
  if (!existsSync(features)) return
  openFeatureCache(features, '', { limit: 0 })
  removeEmptyFolder(features)
}
