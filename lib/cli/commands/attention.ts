/** `cstransformer attention`: where networks look in a video, as Figure 4 shows it. */
import { Command, Option } from 'commander'
import { basename, parse } from 'node:path'
import { tame, type Tensor, UserError } from '../../tensor'
import { scale, shift } from '../../primitives'
import { logitsBy, type NetworkConfig } from '../../systems'
import {
  type ClipFormat,
  checkMap,
  computeMaps,
  mapBlock,
  meanScores,
  predict,
  ranked,
  together,
  viewsOf,
} from '../../training'
import { type ClipData, encodeApng, encodePng } from '../../video'
import type { ClipReader } from '../../video/node'
import { attentionPicture, framesOf, type MapRow, sideOf } from '../pictures/attention'
import { percent, wrapped } from '../../format/text'
import { columnsOf } from '../terminal/terminal'
import { wholeNumber } from '../flags/network'
import { openEngine } from '../flags/engine'
import { checkWritable, save } from '../../disk'
import { writeLines } from '../terminal/lines'
import type { Streams } from '../terminal/streams'
import { concealedIn } from '../run/damage'
import {
  addNetworkFlags,
  digitClip,
  loadVideoNetwork,
  type NetworkFlags,
  type VideoNetwork,
} from '../run/video-network'
import { addSubject, type SubjectFlags, subjectOf } from '../flags/subject'
import { readerOf } from '../flags/videos'

interface Flags extends NetworkFlags, SubjectFlags {
  readonly baseline?: string
  readonly block?: number
  readonly rollout?: true
  readonly out: string
  readonly animation?: string
}

/** Milliseconds that a frame is shown. */
const DELAY = 400

/** The command. */
export const attentionCommand = ({ out, err }: Streams): Command => {
  const command = new Command('attention').description('draw where a trained network looks in a video (Figure 4)')
  addNetworkFlags(addSubject(command))
    .addOption(new Option('--baseline <file>', 'another network, as one without CSSA and FAM, to compare with'))
    .addOption(
      new Option('--block <i>', 'the spatial block, counted from 1 (default: the last)')
        .argParser(wholeNumber('--block', 1))
        .conflicts('rollout'),
    )
    .addOption(new Option('--rollout', 'through all blocks instead of one'))
    .addOption(new Option('--out <file>', 'the picture, a PNG file').default('attention.png'))
    .addOption(
      new Option(
        '--animation <file>',
        "the animated picture, an APNG file (default: the picture's name with -animated)",
      ),
    )
    .addHelpText(
      'after',
      `
Frames in the pixels of the video; below them, on one scale of colours, where the class token of the baseline looks, if there
is one, and where the network's does, in the mean of the heads; last the difference. Beside each row is its prediction. The
clip is the middle of the video.

Examples:
  $ cstransformer attention video.mp4 --checkpoint runs/mine/best.safetensors
  $ cstransformer attention video.mp4 --checkpoint ours.safetensors --baseline baseline.safetensors --rollout
  $ cstransformer attention --digits --seed 3 --checkpoint runs/first/best.safetensors
  $ cstransformer attention video.mp4 --system timesformer --weights timesformer-base-finetuned-k400 --block 12`,
    )
  return command.action(async (video?: string) => {
    const flags = command.opts<Flags>()
    const subject = subjectOf(video, flags)
    const { dir, name, ext } = parse(flags.out)
    const animation = flags.animation ?? `${dir === '' ? '' : `${dir}/`}${name}-animated${ext}`
    const ours = loadVideoNetwork(flags)
    const baseline = flags.baseline === undefined ? undefined : loadVideoNetwork({ checkpoint: flags.baseline })
    if (!flags.quiet) writeLines(err, ours.remarks)
    if (baseline) checkSameClips(ours, baseline)
    const networks = baseline ? [baseline, ours] : [ours]
    const of = networks.map(({ config }) =>
      flags.rollout ? (mapBlock(config), checkMap(config, 'rollout')) : mapBlock(config, flags.block),
    )
    for (const file of [flags.out, animation]) checkWritable(file)
    const engine = await openEngine(flags.engine, flags.mode)
    const reader = readerOf(command)
    const concealed = concealedIn()
    try {
      const { clips, title, seen } =
        'video' in subject
          ? await ofVideo(reader, subject.video, networks, concealed.add)
          : ofDigits(networks, subject.digits)
      const rows: MapRow[] = []
      for (const [i, { config, parameters: weights, clips: format }] of networks.entries()) {
        const X = clips[i]!
        const map = await computeMaps(engine, config, weights, X, of[i]!)
        const said = answerOf(await predict(engine, config, weights, X, 1, logitsBy(config)), format.classes)
        const name = networks.length === 1 ? 'the network' : i === 0 ? 'baseline' : 'ours'
        rows.push({ lines: [name, said], map })
      }
      const { all, single } = attentionPicture(framesOf(seen), ['clip', title], rows)
      save(flags.out, encodePng(all))
      save(animation, encodeApng(single, DELAY))
      writeLines(err, concealed.lines())
      const drawn = ['clip', ...(baseline ? [`baseline (${flags.baseline!})`] : []), `ours (${ours.file})`, ...(baseline ? ['difference'] : [])] // prettier-ignore
      const what = flags.rollout ? 'all blocks' : `block ${of.at(-1)!}`
      const said = [
        ...rows.map(({ lines }) => lines.join(': ')),
        `${flags.out}: ${all.width} × ${all.height} pixels, ${what}; rows: ${drawn.join(', ')}`,
        `${animation}: the same, animated`,
      ]
      out.write(said.map(tame).flatMap(line => wrapped(line, columnsOf(out), '  ')).map(line => `${line}\n`).join('')) // prettier-ignore
    } finally {
      await reader.close()
      await engine.close()
    }
  })
}

/** What is drawn: a clip as each network takes it, what it is called, and the last network's in the pixels that are shown. */
interface Shown {
  readonly clips: readonly Tensor[]
  readonly title: string
  readonly seen: Tensor
}

const ofVideo = async (
  reader: ClipReader,
  path: string,
  networks: readonly VideoNetwork[],
  onDamage: (path: string, frames: readonly number[]) => void,
): Promise<Shown> => {
  const made = await Promise.all(networks.map(network => clipOf(reader, path, network, onDamage)))
  const seen = await closeUp(reader, path, networks.at(-1)!, made.at(-1)!.short)
  return { clips: made.map(({ X }) => X), title: basename(path), seen }
}

const ofDigits = (networks: readonly VideoNetwork[], index: number): Shown => {
  const made = networks.map(network => digitClip(network, index))
  const { X, class: title } = made.at(-1)!
  return { clips: made.map(clip => clip.X), title, seen: scale(shift(X, 1), 1 / 2) }
}

/** What a network takes a clip for: `leaves left, 98.2 %`. */
const answerOf = (logits: Tensor, classes: readonly string[]): string => {
  const scores = meanScores(logits)
  const best = ranked(scores)[0]!
  return `${classes[best]!}, ${percent(scores[best]!)}`
}

/** The clip in the middle of a video. */
const middleOf = async (
  reader: ClipReader,
  path: string,
  config: NetworkConfig,
  format: ClipFormat,
): Promise<ClipData> => {
  for await (const result of reader.read(viewsOf(path, config, format, { clips: 1, crops: 1 }))) {
    if ('problem' in result) throw new UserError(result.problem)
    return result.clip
  }
  throw new UserError(`${path}: no clip of it was made`)
}

/** The same clip in the pixels of the video, as far as they are shown: values from 0 to 1. */
const closeUp = async (
  reader: ClipReader,
  path: string,
  { config, clips }: VideoNetwork,
  short: number,
): Promise<Tensor> => {
  const { height: crop } = config
  const side = sideOf(short, { crop, shortSide: clips.shortSide })
  const seen = { ...config, height: side, channels: 3 }
  const format = { ...clips, shortSide: Math.round((clips.shortSide * side) / crop), mean: 0, deviation: 1 }
  return together([await middleOf(reader, path, seen, format)])
}

/** The middle of a video, as a network takes it, `[1, C, T, H, W]`, and the shorter side of the video. */
const clipOf = async (
  reader: ClipReader,
  path: string,
  { config, clips }: VideoNetwork,
  onDamage: (path: string, frames: readonly number[]) => void,
): Promise<{ readonly X: Tensor; readonly short: number }> => {
  const clip = await middleOf(reader, path, config, clips)
  onDamage(path, clip.damaged)
  const { width, height } = clip.video
  return { X: together([clip]), short: Math.min(width, height) }
}

const checkSameClips = (ours: VideoNetwork, other: VideoNetwork): void => {
  const clips = ({ config: { frames, height }, clips: { stride, classes } }: VideoNetwork): string =>
    `${classes.length} classes of clips of ${frames} frames of ${height} pixels with stride ${stride}`
  const [expected, found] = [clips(ours), clips(other)]
  if (expected !== found) throw new UserError(`${other.file}: must have ${expected}, as ${ours.file} has, got ${found}`)
}
