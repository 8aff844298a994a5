/** `cstransformer predict`: what a network takes a video for. */
import { Command, Option } from 'commander'
import { UserError } from '../../tensor'
import { ranked, scoreVideos, type Views } from '../../training'
import { wholeNumber } from '../flags/network'
import { openEngine } from '../flags/engine'
import type { Streams } from '../terminal/streams'
import { paintFor, terminalOf } from '../terminal/terminal'
import { percent } from '../../format/text'
import { concealedIn } from '../run/damage'
import { addNetworkFlags, classifierOf, loadVideoNetwork, type NetworkFlags } from '../run/video-network'
import { readerOf, viewsOption } from '../flags/videos'

interface Flags extends NetworkFlags {
  readonly views: Views
  readonly top: number
  readonly json?: true
}

/** The command. */
export const predictCommand = (streams: Streams): Command => {
  const command = new Command('predict').description('say what a trained network takes a video for')
  command.argument('<video>', 'a video or a picture')
  return addNetworkFlags(command)
    .addOption(viewsOption('1x3'))
    .addOption(new Option('--top <n>', 'how many classes').default(5).argParser(wholeNumber('--top', 1)))
    .addOption(new Option('--json', 'print scores as JSON'))
    .addHelpText(
      'after',
      `
Examples:
  $ cstransformer predict video.mp4 --checkpoint runs/mine/best.safetensors
  $ cstransformer predict video.mp4 --checkpoint runs/mine/best.safetensors --views 4x3 --top 1 --json
  $ cstransformer predict video.mp4 --system timesformer --weights timesformer-base-finetuned-k400/model.safetensors`,
    )
    .action(async (video: string) => predictAction(command, video, command.opts<Flags>(), streams))
}

const predictAction = async (command: Command, path: string, flags: Flags, { out, err }: Streams): Promise<void> => {
  const opened = loadVideoNetwork(flags)
  const { config, clips, remarks } = opened
  if (!flags.quiet) for (const remark of remarks) err.write(`${remark}\n`)
  const engine = await openEngine(flags.engine, flags.mode)
  const reader = readerOf(command)
  const concealed = concealedIn()
  let scores: readonly number[] = []
  try {
    const network = classifierOf(engine, opened, 32)
    for await (const result of scoreVideos(reader, network, config, clips, [{ path, label: 0 }], flags.views)) {
      if ('problem' in result) throw new UserError(result.problem)
      scores = result.scores
      concealed.add(path, result.damaged)
    }
  } finally {
    await reader.close()
    await engine.close()
  }
  const top = ranked(scores)
    .slice(0, flags.top)
    .map(k => ({ class: clips.classes[k]!, score: scores[k]! }))
  for (const line of concealed.lines()) err.write(`${line}\n`)
  const damaged = concealed.list()[path] ?? []
  if (flags.json) return void out.write(`${JSON.stringify({ video: path, scores: top, damaged }, null, 2)}\n`)
  const paint = paintFor(out)
  const width = Math.max(...top.map(({ class: name }) => name.length))
  const columns = terminalOf(out)?.columns
  const room = columns === undefined ? 0 : Math.max(0, Math.min(50, columns - width - 12))
  for (const { class: name, score } of top) {
    const bar = room > 0 ? `  ${paint('cyan', barOf(score * room))}` : ''
    out.write(`${percent(score).padStart(7)}  ${name.padEnd(room > 0 ? width : 0)}${bar}\n`)
  }
}

/** A bar of some length, to an eighth of a letter. */
const barOf = (length: number): string => {
  const eighths = Math.round(8 * length)
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7]!
}
