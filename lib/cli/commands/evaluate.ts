/** `cstransformer evaluate`: how good a network is on videos. */
import { Command, Option } from 'commander'
import { setImmediate as turn } from 'node:timers/promises'
import { jsonText, tame, UserError } from '../../tensor'
import { accuracyOf, scoreVideos, type Views } from '../../training'
import { openDataset } from '../../video/node'
import { confusionPicture } from '../pictures/confusion'
import { confusionTable, MAX_TABLE_CLASSES } from '../terminal/confusion-table'
import { attending, attentionOption } from '../flags/attention'
import { openEngine } from '../flags/engine'
import { checkWritable, save } from '../../disk'
import { writeLines } from '../terminal/lines'
import { countingOn, noBar } from '../terminal/progress'
import { exitCodeOf, listen } from '../terminal/signals'
import type { Streams } from '../terminal/streams'
import { columnsOf, paintFor } from '../terminal/terminal'
import { grouped, percent } from '../../format/text'
import { addNetworkFlags, classifierOf, loadVideoNetwork, type NetworkFlags } from '../run/video-network'
import { classNamesOption, dataOption, readerOf, splitOption, videosOption, viewsOption } from '../flags/videos'
import { concealedIn } from '../run/damage'
import { leftOut } from '../run/dataset'
import { onlyHeldOut, seenRemark } from '../run/held-out'
import { rankingsIn } from '../run/rankings'

interface Flags extends NetworkFlags {
  readonly data: string
  readonly videos?: string
  readonly split?: string
  readonly classNames?: string
  readonly views: Views
  readonly confusion: string
  /** Only what the run of the checkpoint held out. */
  readonly heldOut?: true
  readonly json?: true
}

/** The command. `done` gets the exit code. */
export const evaluateCommand = (streams: Streams, done: (code: number) => void): Command => {
  const command = new Command('evaluate').description('measure a trained network on videos')
  command
    .addOption(dataOption().makeOptionMandatory())
    .addOption(videosOption())
    .addOption(splitOption())
    .addOption(classNamesOption())
  addNetworkFlags(command)
    .addOption(attentionOption())
    .addOption(viewsOption('1x3'))
    .addOption(
      new Option('--confusion <file>', 'where to draw which classes are taken for which').default('confusion.svg'),
    )
    .addOption(new Option('--held-out', 'only videos that the run of the checkpoint held out of training'))
    .addOption(new Option('--json', 'print the result as JSON'))
    .addHelpText(
      'after',
      `
Scores are averaged over the views of a video, after the softmax. A video that cannot be read is left out and named.

Examples:
  $ cstransformer evaluate --data videos --checkpoint runs/mine/best.safetensors --held-out
  $ cstransformer evaluate --data kinetics.csv --split validate --checkpoint best.safetensors --views 4x3 --json
  $ cstransformer evaluate --data kinetics.csv --split validate --system vivit --weights vivit-b-16x2-kinetics400 --views 4x3`,
    )
  return command.action(async () => done(await evaluateAction(command, command.opts<Flags>(), streams)))
}

const evaluateAction = async (command: Command, flags: Flags, { out, err }: Streams): Promise<number> => {
  const opened = loadVideoNetwork(flags)
  const { config, clips } = opened
  const { videos, split, classNames } = flags
  const dataset = openDataset(flags.data, { videos, split, classNames, classes: clips.classes })
  const measured = flags.heldOut ? onlyHeldOut(opened.file, dataset.videos) : dataset.videos
  const remarks = [...opened.remarks, ...seenRemark(opened.file, measured)]
  if (!flags.quiet) writeLines(err, [...remarks, ...dataset.remarks.map(remark => `  ${remark}`)])
  checkWritable(flags.confusion)
  const engine = attending(await openEngine(flags.engine, flags.mode), flags.attention)
  const reader = readerOf(command)
  const { views } = flags
  const bar = flags.quiet ? noBar : countingOn(err, 'videos')
  const stop = listen(() => bar.end())
  const left = leftOut(dataset.problems)
  const concealed = concealedIn()
  const { found, add } = rankingsIn(left, concealed)
  try {
    const size = views.clips * views.crops
    const network = classifierOf(engine, opened, size)
    let count = 0
    for await (const result of scoreVideos(reader, network, config, clips, measured, views)) {
      add(result)
      await turn()
      const asked = stop.asked()
      if (asked) {
        err.write(`Stopped after ${grouped(count)} of ${grouped(measured.length)} videos, without a result.\n`)
        return exitCodeOf(asked)
      }
      bar.show(++count, measured.length)
    }
  } finally {
    bar.end()
    stop.end()
    await reader.close()
    await engine.close()
  }
  const of = measured.length + dataset.problems.length
  if (left.count() > 0) err.write(`${left.text(of)}\n`)
  writeLines(err, concealed.lines())
  if (found.length === 0) throw new UserError(`${flags.data}: no video can be read, of ${of}`)
  const { top1, top5, meanClass, confusion } = accuracyOf(found, config.classes)
  const name = `${opened.file} on ${flags.data}`
  // The figures come first: they are what hours were spent on, and a picture may find the disk full.
  const draw = (): void =>
    save(
      flags.confusion,
      confusionPicture({ title: name, table: confusion, classNames: clips.classes, accuracy: top1 }),
    )
  if (flags.json) {
    const { data, system } = flags
    const result = {
      ...(system === undefined ? { checkpoint: opened.file } : { system, weights: opened.file }),
      data,
      views: `${views.clips}x${views.crops}`,
      videos: found.length,
      top1,
      top5,
      meanClass,
    }
    const more = { classes: clips.classes, confusion, leftOut: left.list(), damaged: concealed.list() }
    out.write(`${jsonText({ ...result, ...more }, 2)}\n`)
    draw()
    return 0
  }
  const paint = paintFor(out)
  out.write(
    [
      `top-1       ${paint('bold', percent(top1))} of ${grouped(found.length)} videos, ${views.clips}×${views.crops} views`,
      `top-5       ${percent(top5)}`,
      `mean class  ${percent(meanClass)}`,
      ...(config.classes > MAX_TABLE_CLASSES
        ? []
        : ['', confusionTable(confusion, clips.classes, paint, columnsOf(out)), '']),
      '',
    ].join('\n'),
  )
  draw()
  out.write(`Picture: ${tame(flags.confusion)}\n`)
  return 0
}
