/** From the command line of `train` to a run in its folder, ready to train: a new one, or one to go on with. */
import type { Command } from 'commander'
import { join } from 'node:path'
import { commandLine } from '../../format/text'
import type { Pretrained } from '../../training'
import { rewindMetrics } from '../../training/metrics'
import { readIndex, saveIndex } from '../../video'
import { openEngine } from '../flags/engine'
import { readerOf } from '../flags/videos'
import { runVideos } from './dataset'
import { digitsTask } from './digits'
import { FILES, openRun, runFolder, saveCheckpoint, startRun } from './folder'
import { checkSameRun, defaultName, newRun, type TrainFlags } from './settings'
import type { Run, Task } from './training'
import { version } from './version'
import { videosTask } from './videos'

export interface Prepared {
  readonly folder: string
  readonly name: string
  readonly opened: Omit<Run, 'progress' | 'stopAsked' | 'task' | 'folder' | 'deadWork'>
  /** Makes what is learned; it has processes of its own, and is closed after use. */
  readonly task: () => Task
  readonly pretrained?: Pretrained | undefined
  /** What there is to say of the videos. */
  readonly remarks: readonly string[]
}

/** Starts a run, or opens one to go on with. Throws UserError where the flags do not fit together, or to the run. */
export const prepare = async (command: Command, flags: TrainFlags, argv: readonly string[]): Promise<Prepared> => {
  const name = flags.name ?? defaultName(command, flags)
  const folder = runFolder(flags.runs, name)
  const old = flags.resume ? openRun(folder) : undefined
  if (old) checkSameRun(command, flags, folder, old)
  const fresh = old ? undefined : newRun(command, flags)
  const { checkpoint, settings } = old ?? fresh!
  const { clips, recipe } = checkpoint
  const index = join(folder, FILES.index)
  const videos = settings.videos && (fresh?.videos ?? runVideos(settings.videos, clips?.classes, readIndex(index)))
  // Another engine may go on: what it computes is the same, to rounding.
  const by = old && flags.engine === 'auto' ? old.settings : flags
  const engine = await openEngine(by.engine, by.mode)
  if (old) rewindMetrics(join(folder, FILES.metrics), checkpoint.step)
  else {
    const mode = flags.mode === undefined ? {} : { mode: flags.mode }
    const versions = { cstransformer: version(), node: process.versions.node }
    const all = {
      ...settings,
      engine: engine.name,
      ...mode,
      command: commandLine(['cstransformer', ...argv]),
      versions,
    }
    startRun(folder, all, flags.overwrite ?? false)
    saveCheckpoint(folder, checkpoint)
  }
  if (videos) saveIndex(index, videos.index)
  const epoch = recipe.schedule.kind === 'steps' ? recipe.schedule.stepsPerEpoch : 50
  const every = flags.every ?? Math.min(1000, Math.max(50, epoch))
  const task = (): Task =>
    videos && clips && settings.videos
      ? videosTask({
          ...{ engine, videos, name, every },
          settings: settings.videos,
          checkpoint: { ...checkpoint, clips },
          reader: readerOf(command),
        })
      : digitsTask(engine, checkpoint, name, flags.heldOut, flags.every)
  const { remarks = [] } = videos ?? {}
  return { folder, name, opened: { engine, checkpoint }, task, pretrained: fresh?.pretrained, remarks }
}
