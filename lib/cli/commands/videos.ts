/** `cstransformer videos`: what a dataset holds, before anything is trained on it. */
import { Command, Option } from 'commander'
import { setImmediate as turn } from 'node:timers/promises'
import { jsonText } from '../../tensor'
import { counted } from '../../format/text'
import type { Sampling } from '../../video'
import { openDataset, readIndex, saveIndex, splitsOf } from '../../video/node'
import { checkWritable } from '../../disk'
import { standardStride } from '../flags/clips'
import { wholeNumber } from '../flags/network'
import {
  addReaderFlags,
  classNamesOption,
  dataOption,
  fpsOption,
  readerOf,
  splitOption,
  strideOption,
  videosOption,
} from '../flags/videos'
import { survey } from '../run/survey'
import { surveyJson, surveyText } from '../run/survey-report'
import { countingOn, noBar } from '../terminal/progress'
import { exitCodeOf, listen } from '../terminal/signals'
import type { Streams } from '../terminal/streams'
import { columnsOf, paintFor } from '../terminal/terminal'

interface Flags {
  readonly data: string
  readonly videos?: string
  readonly split?: string
  readonly classNames?: string
  readonly frames: number
  readonly stride?: number | 'uniform'
  readonly fps?: number
  readonly index?: string
  readonly check?: true
  readonly json?: true
  readonly quiet?: true
}

/** The command. `done` gets the exit code. */
export const videosCommand = (streams: Streams, done: (code: number) => void): Command => {
  const command = new Command('videos').description('say what a dataset holds, and what is left out and why')
  command.addOption(dataOption().makeOptionMandatory())
  for (const option of [videosOption(), splitOption(), classNamesOption(), strideOption(), fpsOption()])
    command.addOption(option)
  command
    .addOption(new Option('--frames <n>', 'frames of a clip').default(8).argParser(wholeNumber('--frames', 1)))
    .addOption(new Option('--index <file>', 'keeps what was seen: what has not changed is not opened again'))
    .addOption(new Option('--check', 'decode every frame, not the first alone, and say which videos are damaged'))
    .addOption(new Option('--json', 'print as JSON'))
    .addOption(new Option('--quiet', 'no progress'))
    .addHelpText(
      'after',
      `
Every video is opened and its first frame decoded, with --check all of them. The path is one that train takes: a folder with a folder for each class, or
with train and val of such folders; a list of 'path label', with blanks, tabs or commas; Kinetics' tables; UCF101's and
HMDB51's splits; annotations of Something-Something and Charades. A folder of numbered pictures is a video.

Examples:
  $ cstransformer videos --data videos
  $ cstransformer videos --data kinetics.csv --split validate --videos val --index seen.jsonl
  $ cstransformer videos --data ucfTrainTestlist/trainlist01.txt --videos UCF-101 --stride uniform --json`,
    )
  addReaderFlags(command)
  return command.action(async () => done(await videosAction(command, command.opts<Flags>(), streams)))
}

const videosAction = async (command: Command, flags: Flags, { out, err }: Streams): Promise<number> => {
  const { data, videos, classNames, frames, fps } = flags
  const sampling: Sampling = { frames, stride: flags.stride ?? standardStride(frames), fps }
  const splits = flags.split === undefined ? Object.entries(splitsOf(data) ?? {}) : []
  const asked =
    splits.length === 0 ? [flags.split] : splits.flatMap(([name, path]) => (path === undefined ? [] : [name]))
  const datasets = asked.map(split => ({ split, dataset: openDataset(data, { videos, classNames, split }) }))
  if (flags.index !== undefined) checkWritable(flags.index)
  let index = flags.index === undefined ? new Map() : readIndex(flags.index)
  const bar = flags.quiet ? noBar : countingOn(err, 'videos')
  const stop = listen(() => bar.end())
  const reader = readerOf(command)
  const parts: string[] = []
  try {
    for (const { split, dataset } of datasets) {
      const found = await survey(dataset, index, reader, flags.check ? 'all' : 'first', async (n, of) => {
        bar.show(n, of)
        await turn()
        return stop.asked() !== undefined
      })
      index = new Map([...index, ...found.index])
      if (flags.index !== undefined) saveIndex(flags.index, index)
      const asked = stop.asked()
      if (asked) {
        bar.end()
        err.write(`Stopped after ${counted(found.seen.size + found.problems.length, 'video', 'videos')}.\n`)
        return exitCodeOf(asked)
      }
      const title = split === undefined ? data : `${data}, ${split}`
      parts.push(flags.json ? jsonText(surveyJson(split, dataset, found, sampling), 2) : surveyText(title, dataset, found, sampling, paintFor(out), columnsOf(out))) // prettier-ignore
    }
  } finally {
    bar.end()
    stop.end()
    await reader.close()
  }
  out.write(
    flags.json && parts.length > 1 ? `[${parts.join(',\n')}]\n` : `${parts.join('\n')}${flags.json ? '\n' : ''}`,
  )
  return 0
}
