/** `cstransformer predict`: what a network takes a video for. */
import { Command, Option } from 'commander'
import { jsonText, tame, UserError } from '../../tensor'
import { logitsBy } from '../../systems'
import { meanScores, predict, ranked, scoreVideos, type Views } from '../../training'
import { wholeNumber } from '../flags/network'
import { attending, attentionOption } from '../flags/attention'
import { openEngine } from '../flags/engine'
import { writeLines } from '../terminal/lines'
import type { Streams } from '../terminal/streams'
import { paintFor, terminalOf } from '../terminal/terminal'
import { percent } from '../../format/text'
import { concealedIn } from '../run/damage'
import {
  addNetworkFlags,
  classifierOf,
  digitClip,
  loadVideoNetwork,
  type NetworkFlags,
  type VideoNetwork,
} from '../run/video-network'
import { addSubject, type SubjectFlags, subjectOf } from '../flags/subject'
import { readerOf, viewsOption } from '../flags/videos'

interface Flags extends NetworkFlags, SubjectFlags {
  readonly views: Views
  readonly top: number
  readonly json?: true
}

/** The command. */
export const predictCommand = (streams: Streams): Command => {
  const command = new Command('predict').description('say what a trained network takes a video for')
  return addNetworkFlags(addSubject(command))
    .addOption(attentionOption())
    .addOption(viewsOption('1x3'))
    .addOption(new Option('--top <n>', 'how many classes').default(5).argParser(wholeNumber('--top', 1)))
    .addOption(new Option('--json', 'print scores as JSON'))
    .addHelpText(
      'after',
      `
Examples:
  $ cstransformer predict video.mp4 --checkpoint runs/mine/best.safetensors
  $ cstransformer predict video.mp4 --checkpoint runs/mine/best.safetensors --views 4x3 --top 1 --json
  $ cstransformer predict --digits --seed 3 --checkpoint runs/first/best.safetensors
  $ cstransformer predict video.mp4 --system timesformer --weights timesformer-base-finetuned-k400/model.safetensors`,
    )
    .action(async (video?: string) => predictAction(command, video, command.opts<Flags>(), streams))
}

/** What a network says of something. */
interface Answer {
  readonly scores: readonly number[]
  /** Frames that cannot be decoded. */
  readonly damaged: readonly number[]
  /** What it is, where that is known. */
  readonly truth?: string
  /** What is to be said of damage. */
  readonly lines: readonly string[]
}

const ofDigits = async (network: VideoNetwork, flags: Flags, index: number): Promise<Answer> => {
  const { X, class: truth } = digitClip(network, index)
  const engine = attending(await openEngine(flags.engine, flags.mode), flags.attention)
  try {
    const logits = await predict(engine, network.config, network.parameters, X, 1, logitsBy(network.config))
    return { scores: meanScores(logits), damaged: [], truth, lines: [] }
  } finally {
    await engine.close()
  }
}

const ofVideo = async (command: Command, network: VideoNetwork, flags: Flags, path: string): Promise<Answer> => {
  const { config, clips } = network
  const engine = attending(await openEngine(flags.engine, flags.mode), flags.attention)
  const reader = readerOf(command)
  const concealed = concealedIn()
  let scores: readonly number[] = []
  try {
    const classifier = classifierOf(engine, network, 32)
    for await (const result of scoreVideos(reader, classifier, config, clips, [{ path, label: 0 }], flags.views)) {
      if ('problem' in result) throw new UserError(result.problem)
      scores = result.scores
      concealed.add(path, result.damaged)
    }
  } finally {
    await reader.close()
    await engine.close()
  }
  return { scores, damaged: concealed.list()[path] ?? [], lines: concealed.lines() }
}

const predictAction = async (
  command: Command,
  path: string | undefined,
  flags: Flags,
  { out, err }: Streams,
): Promise<void> => {
  const subject = subjectOf(path, flags)
  const network = loadVideoNetwork(flags)
  if (!flags.quiet) writeLines(err, network.remarks)
  const { scores, damaged, truth, lines } =
    'video' in subject
      ? await ofVideo(command, network, flags, subject.video)
      : await ofDigits(network, flags, subject.digits)
  const top = ranked(scores)
    .slice(0, flags.top)
    .map(k => ({ class: network.clips.classes[k]!, score: scores[k]! }))
  writeLines(err, lines)
  if (flags.json)
    return void out.write(
      `${jsonText({ ...subject, ...(truth !== undefined && { truth }), scores: top, damaged }, 2)}\n`,
    )
  const paint = paintFor(out)
  const width = Math.max(...top.map(({ class: name }) => tame(name).length))
  const columns = terminalOf(out)?.columns
  const room = columns === undefined ? 0 : Math.max(0, Math.min(50, columns - width - 12))
  for (const { class: name, score } of top) {
    const bar = room > 0 ? `  ${paint('cyan', barOf(score * room))}` : ''
    out.write(`${percent(score).padStart(7)}  ${tame(name).padEnd(room > 0 ? width : 0)}${bar}\n`)
  }
  if (truth !== undefined) out.write(`It is ${paint('bold', truth)}.\n`)
}

/** A bar of some length, to an eighth of a letter. */
const barOf = (length: number): string => {
  const eighths = Math.round(8 * length)
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7]!
}
