/** Videos as what a run learns. */
import { logitsBy } from '../../systems'
import { INTERIM_CLIPS } from '../../training/accuracy'
import { UserError } from '../../tensor'
import type { Engine } from '../../engines'
import {
  accuracyOf,
  type Checkpoint,
  classifiers,
  type ClipFormat,
  type Rows,
  scoreVideos,
  videoBatches,
} from '../../training'
import type { VideoFacts } from '../../video'
import type { ClipReader, FileIndex } from '../../video/node'
import { confusionPicture } from '../pictures/confusion'
import { concealedIn } from './damage'
import { type Kept, trainingClips } from './features'
import { FILES } from './folder'
import type { Task } from './training'
import type { VideoSettings } from '../flags/videos'
import { counted } from '../../format/text'
import type { RunVideos } from './dataset'
import { rankingsIn } from './rankings'
import { lengthRemarks } from './remarks'

export interface VideoTask {
  readonly engine: Engine
  readonly checkpoint: Checkpoint & { readonly clips: ClipFormat }
  readonly settings: VideoSettings
  readonly videos: RunVideos
  readonly reader: ClipReader
  readonly name: string
  readonly every: number
  /** What is made once of the clips, where some is. */
  readonly kept?: Kept | undefined
  /** Hears what is known of the files at the end. */
  readonly onIndex: (index: FileIndex) => void
}

export const videosTask = (task: VideoTask): Task => {
  const { engine, checkpoint, settings, videos, name, every, kept } = task
  const reader: ClipReader<Rows> = kept?.reader ?? task.reader
  const { config, recipe, seed, step: from, clips } = checkpoint
  const { train, heldOut, left } = videos
  const made = trainingClips(checkpoint, settings)
  const seen = new Map<string, VideoFacts>()
  const concealed = concealedIn()
  const batches = videoBatches({
    reader,
    videos: train,
    batch: recipe.batch,
    seed,
    from,
    ...made,
    ...(kept && { clipOf: kept.clipOf }),
    onProblem: left.add,
    onVideo: (path, video, damaged) => {
      seen.set(path, video)
      concealed.add(path, damaged)
    },
  })
  const load = classifiers(
    engine,
    config,
    checkpoint.state.parameters,
    1,
    kept ? { cut: kept.cut } : { logits: logitsBy(config) },
  )
  return {
    title: `videos of ${settings.data}`,
    heldOut: 'videos it has never seen',
    classNames: clips.classes,
    batch: batches.batch,
    measure: async (parameters, which, onChunk) => {
      const chosen = which === 'few' ? heldOut.slice(0, INTERIM_CLIPS) : heldOut
      const network = load(parameters)
      const { found, add } = rankingsIn(left, concealed)
      try {
        if (onChunk(0, chosen.length)) return undefined
        let done = 0
        for await (const result of scoreVideos(reader, network, config, clips, chosen, { clips: 1, crops: 1 })) {
          add(result)
          if (onChunk(++done, chosen.length)) return undefined
        }
      } finally {
        network.release()
      }
      if (found.length === 0)
        throw new UserError(
          `no held-out video can be read, of ${chosen.length}: ${left.text(videos.of).split('\n')[1]!.trim()}`,
        )
      const { top1, confusion } = accuracyOf(found, config.classes)
      const predictions = found.map(({ ranking }) => ranking[0]!)
      return { clips: found.length, accuracy: top1, predictions, labels: found.map(({ label }) => label), confusion }
    },
    every,
    features: kept,
    pictures: ({ confusion, accuracy }) => ({
      [FILES.confusion]: confusionPicture({ title: name, table: confusion, classNames: clips.classes, accuracy }),
      ...(left.count() === 0 ? {} : { [FILES.leftOut]: `${left.text(videos.of)}\n` }),
    }),
    remarks: () => [
      ...lengthRemarks(seen.values(), made.sampling),
      ...concealed.lines(),
      ...(left.count() === 0
        ? []
        : [`${counted(left.count(), 'video is', 'videos are')} left out, named with the reason in ${FILES.leftOut}`]),
    ],
    close: async () => {
      await batches.end()
      await reader.close()
      if (kept) task.onIndex(kept.index())
    },
  }
}
