/** From the command line of `train` to a run in its folder, ready to train: a new one, or one to go on with. */
import type { Command } from 'commander'
import { join } from 'node:path'
import { removeEmptyFolder } from '../../folders'
import type { Lock } from '../../lock'
import { commandLine } from '../../format/text'
import type { Engine } from '../../engines'
import { type ClipFormat, type Pretrained, type StepOptions, stepsPerEpoch } from '../../training'
import { rewindMetrics } from '../../training/metrics'
import { readIndex, saveIndex } from '../../video/node'
import { attending } from '../flags/attention'
import { deadWorkOf } from '../flags/dead-work'
import { isGiven } from '../flags/given'
import { openEngine } from '../flags/engine'
import { readerOf, type VideoSettings } from '../flags/videos'
import { runVideos, type RunVideos } from './dataset'
import { digitsTask } from './digits'
import { cutOfRun, dropFeatures, keepFeatures } from './features'
import { fitted, memoryNow, type Room, roomOf } from './fit'
import { checkRun, FILES, lockRun, openRun, readHeldOut, runFolder, saveCheckpoint, saveHeldOut, saveSettings, type Settings, startRun } from './folder' // prettier-ignore
import { checkSameRun, goneOn, recipeToGoOn } from './go-on'
import type { TrainFlags } from '../flags/train'
import { defaultName, type NewRun, newRun, plannedRun } from './settings'
import type { Run, Task } from './training'
import { version } from './version'
import { videosTask } from './videos'

export interface Prepared {
  readonly folder: string
  readonly name: string
  /** The folder is this process's until it is given back. */
  readonly lock: Lock
  readonly opened: Omit<Run, 'progress' | 'stopAsked' | 'task' | 'folder' | 'deadWork'>
  /** Makes what is learned; it has processes of its own, and is closed after use.
   *  @param warn hears of what ends nothing */
  readonly task: (warn: (text: string) => void) => Task
  readonly pretrained?: Pretrained | undefined
  /** What there is to say of the videos. */
  readonly remarks: readonly string[]
  /** What there is to say of memory. */
  readonly memory?: string | undefined
}

/** Starts a run, or opens one to go on with. Throws UserError where the flags do not fit together, or to the run; nothing is
 *  left of a run that has not begun. */
export const prepare = async (command: Command, flags: TrainFlags, argv: readonly string[]): Promise<Prepared> => {
  const name = flags.name ?? defaultName(command, flags)
  const folder = runFolder(flags.runs, name)
  const before = memoryNow()
  const engineOf = async (by: { readonly engine: string; readonly mode?: string }) =>
    attending(await openEngine(by.engine, by.mode, undefined, flags.verbose), flags.attention)
  if (flags.resume) checkRun(folder)
  const planned = flags.resume ? undefined : plannedRun(command, flags)
  let engine = planned && (await engineOf(flags))
  let lock: Lock | undefined
  try {
    const fit = planned && fitted(engine!, planned, roomOf(engine!, flags.memory), planned.options)
    const fresh = planned && newRun(command, { ...planned, recipe: fit!.recipe }, flags)
    lock = lockRun(folder)
    const old = fresh ? undefined : openRun(folder)
    if (old) checkSameRun(command, flags, folder, old)
    // Another engine may go on: what it computes is the same, to rounding.
    engine ??= await engineOf(flags.engine === 'auto' ? old!.settings : flags)
    const room = old && roomOf(engine, flags.memory, before)
    if (!old) begin(folder, { ...fresh!, engine, flags, argv })
    return {
      name,
      folder,
      lock,
      ...opened(command, flags, { name, folder, engine, room, run: old ?? fresh!, options: planned?.options }),
      pretrained: fresh?.pretrained,
      memory: fit?.remark,
    }
  } catch (error) {
    await engine?.close()
    lock?.release()
    if (lock) removeEmptyFolder(folder)
    throw error
  }
}

interface Beginning extends NewRun {
  readonly engine: Engine
  readonly flags: TrainFlags
  readonly argv: readonly string[]
}
const begin = (folder: string, { checkpoint, settings, engine, flags, argv }: Beginning): void => {
  const mode = flags.mode === undefined ? {} : { mode: flags.mode }
  const versions = { cstransformer: version(), node: process.versions.node }
  const command = commandLine(['cstransformer', ...argv])
  startRun(folder, { ...settings, engine: engine.name, ...mode, command, versions }, flags.overwrite ?? false)
  saveCheckpoint(folder, checkpoint)
}

interface Opened {
  readonly name: string
  readonly folder: string
  readonly engine: Engine
  readonly run: Pick<NewRun, 'checkpoint'> & {
    readonly settings: NewRun['settings']
    readonly videos?: RunVideos | undefined
  }
  /** For a run that goes on. */
  readonly room: Room | undefined
  /** Of a run that was planned here. */
  readonly options: StepOptions | undefined
}
const opened = (
  command: Command,
  flags: TrainFlags,
  { name, folder, engine, room, run, options: planned }: Opened,
): Pick<Prepared, 'opened' | 'task' | 'remarks'> => {
  const { settings } = run
  const { clips } = run.checkpoint
  const index = join(folder, FILES.index)
  const held = settings.videos && readHeldOut(folder)
  const videos = settings.videos && (run.videos ?? runVideos(settings.videos, clips?.classes, readIndex(index), held))
  const perEpoch = videos && stepsPerEpoch(videos.train.length, run.checkpoint.recipe.batch)
  const recipe = flags.resume ? recipeToGoOn(command, flags, folder, run.checkpoint, perEpoch) : run.checkpoint.recipe
  const checkpoint = { ...run.checkpoint, recipe }
  const deadWork = deadWorkOf(flags.deadWork)
  const options = planned ?? { deadWork, cut: cutOfRun(checkpoint, settings.videos?.augmentViews, deadWork) }
  const { cut } = options
  // What a run is computed in is not changed unasked: it would end with other bits.
  if (room) fitted(engine, { ...checkpoint, recipe: { ...recipe, parts: recipe.parts ?? 1 } }, room, options)
  const heldOut = flags.resume && !isGiven(command, 'heldOut') ? (settings.heldOut ?? flags.heldOut) : flags.heldOut
  if (flags.resume) saveSettings(folder, goneOn(command, settings as Settings, recipe, heldOut))
  rewindMetrics(join(folder, FILES.metrics), checkpoint.step)
  if (videos) saveIndex(index, videos.index)
  if (videos && !held) saveHeldOut(folder, videos.heldOut)
  const epoch = recipe.schedule.kind === 'steps' ? recipe.schedule.stepsPerEpoch : 50
  const every = flags.every ?? Math.min(1000, Math.max(50, epoch))
  if (!cut) dropFeatures(folder)
  const videoTask = (of: RunVideos, format: ClipFormat, set: VideoSettings, warn: (text: string) => void): Task => {
    const given = {
      engine,
      folder,
      settings: set,
      checkpoint: { ...checkpoint, clips: format },
      reader: readerOf(command),
    }
    const keeping = { ...given, ...{ cut: cut!, train: of.train, index: of.index, limit: flags.cache, warn } }
    const kept = cut && keepFeatures(keeping)
    return videosTask({ ...given, ...{ videos: of, name, every, kept }, onIndex: found => saveIndex(index, found) })
  }
  const task = (warn: (text: string) => void): Task =>
    videos && clips && settings.videos
      ? videoTask(videos, clips, settings.videos, warn)
      : digitsTask(engine, checkpoint, name, heldOut, flags.every)
  const { remarks = [] } = videos ?? {}
  return { opened: { engine, checkpoint }, task, remarks }
}
