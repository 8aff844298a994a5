/** The flags that say which videos a command reads, and how clips are made of them. */
import { type Command, Option } from 'commander'
import { availableParallelism } from 'node:os'
import { cited, UserError } from '../../tensor'
import type { Views } from '../../training'
import type { Jitter } from '../../video'
import { type ClipReader, MOST_WORKERS, openClipReader } from '../../video/node'
import { checkSeconds } from '../../video/time-limit'
import { bytesGiven } from './bytes'
import { number, numbers, wholeNumber } from './network'

/** What flags say of the videos of a run, their defaults filled in; a run remembers it. */
export interface VideoSettings {
  readonly data: string
  readonly videos?: string | undefined
  readonly validation?: string | undefined
  /** A file that names numbered classes. */
  readonly classNames?: string | undefined
  /** Which splits are trained on, and measured with. */
  readonly split?: string | undefined
  readonly validationSplit?: string | undefined
  /** The part of the videos that is held out where there is no `validation`. */
  readonly heldOutPart: number
  /** Which part of a frame a clip of training shows (decision D12). */
  readonly jitter: Jitter
  /** How many augmented views of each video are kept where clips' features are; without it, its middle alone. */
  readonly augmentViews?: number | undefined
}

/** What the command line says of videos. */
export interface VideoFlags {
  readonly data?: string
  readonly videos?: string
  readonly validation?: string
  readonly split?: string
  readonly classNames?: string
  readonly validationSplit?: string
  readonly heldOutPart: number
  readonly stride?: number | 'uniform'
  readonly fps?: number
  readonly shortSide?: number
  readonly jitter?: readonly number[]
  readonly augmentViews?: number
  readonly mean?: readonly number[]
  readonly deviation?: readonly number[]
}

export const dataOption = (): Option =>
  new Option('--data <path>', 'videos: a folder with a folder for each class, a list, a table or annotations in JSON')
export const videosOption = (): Option =>
  new Option('--videos <folder>', 'where the videos of a list are (default: beside it)')
export const splitOption = (): Option =>
  new Option('--split <name>', 'which split of several: train, validate or test; train1 of HMDB51')
export const classNamesOption = (): Option =>
  new Option('--class-names <file>', "names of numbered classes, as UCF101's classInd.txt or Kinetics' classnames.json")

const strideText = "frames of a video from a clip's frame to the next, or uniform: one of each of as many equal parts"
export const strideOption = (standard = '256 / frames'): Option =>
  new Option('--stride <n>', `${strideText} (default: ${standard})`).argParser(text =>
    text === 'uniform' ? text : wholeNumber('--stride', 1)(text),
  )
export const fpsOption = (): Option =>
  new Option(
    '--fps <n>',
    'frame rate at which --stride is meant, as 30: it is longer in videos of more (default: any)',
  ).argParser(above0('--fps'))
const above0 =
  (flag: string) =>
  (text: string): number => {
    const value = number(flag)(text)
    if (value > 0) return value
    throw new UserError(`${flag} must be a number above 0, got ${value}`)
  }

const seconds =
  (flag: string) =>
  (text: string): number => {
    const value = number(flag)(text)
    checkSeconds(flag, value)
    return value
  }

/** The flags of `train` about videos. */
export const addVideoFlags = (command: Command): Command => {
  const add = (option: Option): Command => command.addOption(option.helpGroup('Videos:'))
  add(dataOption())
  add(videosOption())
  add(splitOption())
  add(classNamesOption())
  add(new Option('--validation <path>', 'other videos that the result is measured with, given as --data is'))
  add(new Option('--validation-split <name>', 'which split of --validation, or of --data'))
  const part = new Option('--held-out-part <part>', 'of the videos, measured with where there is no --validation')
  add(part.default(0.2).argParser(number('--held-out-part')))
  add(strideOption())
  add(fpsOption())
  add(
    new Option('--jitter <low,high>', 'shorter side of a frame in training (default: 256,320 for 224)').argParser(
      numbers('--jitter', 'two whole numbers with a comma between', n => n.length === 2),
    ),
  )
  add(
    new Option('--short-side <pixels>', 'shorter side of a frame at inference (default: 256 for 224)').argParser(
      wholeNumber('--short-side', 1),
    ),
  )
  add(
    new Option(
      '--augment-views <n>',
      'with a frozen first part (--freeze): augmented views of each video that are kept (default: its middle alone)',
    ).argParser(wholeNumber('--augment-views', 1)),
  )
  add(
    new Option('--cache <size>', 'what features of clips may take on disk, with a frozen first part; 0 keeps none')
      .default(10e9, '10GB')
      .argParser(bytesGiven('--cache', 'or 0')),
  )
  const channelwise = (flag: string, text: string, expected: string, holds: (c: number) => boolean): Option =>
    new Option(`${flag} <c>`, `${text}, one number or one for each channel (default: 0.5)`).argParser(
      numbers(flag, expected, n => (n.length === 1 || n.length === 3) && n.every(holds)),
    )
  const each = 'one for each channel with commas between'
  add(channelwise('--mean', 'subtracted from colours in [0, 1]', `one number, or ${each}`, () => true))
  add(channelwise('--deviation', 'what colours are then divided by', `one number above 0, or ${each}`, c => c > 0))
  return addReaderFlags(command)
}

interface ReaderFlags {
  readonly workers: number
  readonly timeLimit: number
}

/** The flags of whatever reads videos. */
export const addReaderFlags = (command: Command): Command => {
  const cores = Math.max(1, availableParallelism() - 1)
  const workers = new Option('--workers <n>', 'processes that decode videos').default(cores, 'one less than cores')
  command.addOption(workers.argParser(wholeNumber('--workers', 1, MOST_WORKERS)).helpGroup('Videos:'))
  const limit = new Option('--time-limit <s>', 'seconds after which a clip is given up').default(60)
  return command.addOption(limit.argParser(seconds('--time-limit')).helpGroup('Videos:'))
}

/** A reader as the flags ask for it. Close it after use. */
export const readerOf = (command: Command): ClipReader => openClipReader(command.opts<ReaderFlags>())

/** What reads views, as `4x3`: clips in time and crops in space. */
export const parseViews = (text: string): Views => {
  const [, clips, crops] = /^([1-9]\d{0,2})[x×]([13])$/.exec(text) ?? []
  if (clips === undefined)
    throw new UserError(`--views must be clips × crops, as 1x3, 4x3 or 10x3 (or one crop, as 1x1), got ${cited(text)}`)
  return { clips: Number(clips), crops: crops === '1' ? 1 : 3 }
}

export const viewsOption = (standard: string): Option =>
  new Option('--views <x×y>', 'views whose scores are averaged: clips in time × crops in space, as 1x3, 4x3, 10x3')
    .default(parseViews(standard), standard)
    .argParser(parseViews)
