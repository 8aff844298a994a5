/** `cstransformer attention`: where networks look in a video, as Figure 4 shows it. */
import { Command, Option } from 'commander'
import { parse } from 'node:path'
import { type Tensor, UserError } from '../../tensor'
import { type Checkpoint, type ClipFormat, computeMaps, mapBlock, together, viewsOf, weightsOf } from '../../training'
import { encodeApng, encodePng } from '../../video'
import type { ClipReader } from '../../video/node'
import { attentionPicture, framesOf } from '../pictures/attention'
import { wholeNumber } from '../flags/network'
import { openEngine } from '../flags/engine'
import { checkWritable, save } from '../../disk'
import type { Streams } from '../terminal/streams'
import { concealedIn } from '../run/damage'
import { addNetworkFlags, loadVideoNetwork, type NetworkFlags } from '../run/video-network'
import { readerOf } from '../flags/videos'

interface Flags extends NetworkFlags {
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
  command.argument('<video>', 'a video or a picture')
  addNetworkFlags(command)
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
Frames, and below them the baseline's map, if there is one, and the network's: brighter where its class token looks, in the
mean of the heads. The clip is the middle of the video.

Examples:
  $ cstransformer attention video.mp4 --checkpoint runs/mine/best.safetensors
  $ cstransformer attention video.mp4 --checkpoint ours.safetensors --baseline baseline.safetensors --rollout`,
    )
  return command.action(async (video: string) => {
    const flags = command.opts<Flags>()
    const { dir, name, ext } = parse(flags.out)
    const animation = flags.animation ?? `${dir === '' ? '' : `${dir}/`}${name}-animated${ext}`
    const ours = loadVideoNetwork(flags.checkpoint)
    const baseline = flags.baseline === undefined ? undefined : loadVideoNetwork(flags.baseline)
    if (baseline) checkSameClips(flags, ours, baseline)
    const networks = baseline ? [baseline, ours] : [ours]
    const of = networks.map(({ config }) =>
      flags.rollout ? (mapBlock(config), 'rollout' as const) : mapBlock(config, flags.block),
    )
    for (const file of [flags.out, animation]) checkWritable(file)
    const engine = await openEngine(flags.engine, flags.mode)
    const reader = readerOf(command)
    const concealed = concealedIn()
    try {
      const clips = await Promise.all(networks.map(network => clipOf(reader, video, network, concealed.add)))
      const maps: Tensor[] = []
      for (const [i, { config, state }] of networks.entries())
        maps.push(await computeMaps(engine, config, weightsOf(state), clips[i]!, of[i]!))
      const { all, single } = attentionPicture(framesOf(clips.at(-1)!, ours.clips), maps)
      save(flags.out, encodePng(all))
      save(animation, encodeApng(single, DELAY))
      for (const line of concealed.lines()) err.write(`${line}\n`)
      const rows = ['frames', ...(baseline ? [`${flags.baseline!}`] : []), flags.checkpoint]
      const what = flags.rollout ? 'all blocks' : `block ${of.at(-1)!}`
      out.write(
        `${flags.out}: ${all.width} × ${all.height} pixels, ${what}; rows: ${rows.join(', ')}\n${animation}: the same, animated\n`,
      )
    } finally {
      await reader.close()
      await engine.close()
    }
  })
}

type Network = Checkpoint & { readonly clips: ClipFormat }

/** The middle of a video, as a network takes it: `[1, C, T, H, W]`. */
const clipOf = async (
  reader: ClipReader,
  path: string,
  { config, clips }: Network,
  onDamage: (path: string, frames: readonly number[]) => void,
): Promise<Tensor> => {
  for await (const result of reader.read(viewsOf(path, config, clips, { clips: 1, crops: 1 }))) {
    if ('problem' in result) throw new UserError(result.problem)
    onDamage(path, result.clip.damaged)
    return together([result.clip])
  }
  throw new UserError(`${path}: no clip of it was made`)
}

const checkSameClips = ({ checkpoint, baseline }: Flags, ours: Network, other: Network): void => {
  const clips = ({ config: { frames, height }, clips: { stride, classes } }: Network): string =>
    `${classes.length} classes of clips of ${frames} frames of ${height} pixels with stride ${stride}`
  const [expected, found] = [clips(ours), clips(other)]
  if (expected !== found) throw new UserError(`${baseline}: must have ${expected}, as ${checkpoint} has, got ${found}`)
}
