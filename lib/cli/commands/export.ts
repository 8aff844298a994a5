/** `cstransformer export`: a network as a file for other runtimes. */
import { Command, Option } from 'commander'
import { basename } from 'node:path'
import { tame, UserError } from '../../tensor'
import { initialParameters } from '../../paper'
import { modelFiles } from '../../engines'
import { networkModel, weightsOf } from '../../training'
import { loadCheckpoint } from '../../training/node'
import { addConfigFlags, configOf, givenConfigFlags, wholeNumber } from '../flags/network'
import { type DeadWork, deadWorkOf, deadWorkOption } from '../flags/dead-work'
import {
  addWeightsFlags,
  checkWeightsFlags,
  loadPublished,
  type VideoNetwork,
  type WeightsFlags,
} from '../run/video-network'
import { openPublished } from '../run/published'
import { describeClips, describeNetwork } from '../../systems/describe'
import { checkWritable, save } from '../../disk'
import { fixed, grouped } from '../../format/text'

interface Flags extends WeightsFlags {
  readonly onnx: string
  readonly seed: number
  readonly deadWork: DeadWork
}

/** The network that the flags ask for. Throws UserError where a checkpoint and a flag of the network are both given. */
const networkOf = (command: Command, flags: Flags): Pick<VideoNetwork, 'config' | 'parameters' | 'remarks'> => {
  checkWeightsFlags(flags)
  const { checkpoint, system, weights, seed } = flags
  const file = checkpoint ?? weights
  if (file === undefined) {
    const config = configOf(command)
    return { config, parameters: initialParameters(config, seed), remarks: [] }
  }
  const flag =
    givenConfigFlags(command)[0]?.flag ?? (command.getOptionValueSource('variant') === 'cli' ? '--variant' : undefined)
  if (flag) throw new UserError(`${flag} must be left out: ${file} holds the configuration`)
  if (system !== undefined) return loadPublished(openPublished(system, weights!))
  const { config, state } = loadCheckpoint(file)
  return { config, parameters: weightsOf(state), remarks: [] }
}

/** The command. `print` gets the text to show. */
export const exportCommand = (print: (text: string) => void): Command => {
  const command = new Command('export').description('write a network as an ONNX model, for other runtimes')
  command.addOption(new Option('--onnx <file>', 'the file to write').makeOptionMandatory())
  command.addOption(new Option('--checkpoint <file>', 'the weights and their configuration (default: initial weights)'))
  addWeightsFlags(command)
  command.addOption(new Option('--seed <n>', 'of initial weights').default(1).argParser(wholeNumber('--seed')))
  command.addOption(deadWorkOption())
  return addConfigFlags(command, 'V2', [])
    .addHelpText(
      'after',
      `
The model takes any number of clips. Its nodes are named after the paper's equations, its weights after their paths. Weights
of more than 2 GB are written beside it, with '.data' added to its name.

Examples:
  $ cstransformer export --onnx digits.onnx --checkpoint runs/digits-seed-1/last.safetensors
  $ cstransformer export --onnx v2.onnx --variant V2
  $ cstransformer export --onnx timesformer.onnx --system timesformer --weights timesformer-base-finetuned-k400`,
    )
    .action(() => {
      const flags = command.opts<Flags>()
      checkWritable(flags.onnx)
      const { config, parameters, remarks } = networkOf(command, flags)
      const data = `${flags.onnx}.data`
      const files = modelFiles(networkModel(config, parameters, deadWorkOf(flags.deadWork)), basename(data))
      if (files.data) save(data, files.data)
      save(flags.onnx, [files.model])
      const { channels, frames, height, width, classes } = config
      print(
        [
          ...remarks.map(tame),
          `${describeNetwork(config)}, ${describeClips(config)}`,
          `X[B, ${channels}, ${frames}, ${height}, ${width}] -> logits[B, ${classes}]`,
          `${tame(flags.onnx)}: ${grouped(files.model.length)} bytes${files.data ? `, weights in ${tame(data)}` : ''} (${fixed(files.model.length / 2 ** 20, 1)} MiB)`,
        ].join('\n'),
      )
    })
}
