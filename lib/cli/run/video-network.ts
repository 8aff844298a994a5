/** A trained network, for the commands that show it videos. */
import { type Command, Option } from 'commander'
import { UserError } from '../../tensor'
import type { Checkpoint, ClipFormat } from '../../training'
import { loadCheckpoint } from '../../training/node'
import { engineNames, namedModes } from '../flags/engine'
import { addReaderFlags } from '../flags/videos'

/** Flags that these commands share. */
export interface NetworkFlags {
  readonly checkpoint: string
  readonly engine: string
  readonly mode?: string
  readonly quiet?: true
}

/** Adds the flags that name the network and say what computes. */
export const addNetworkFlags = (command: Command): Command => {
  command.addOption(new Option('--checkpoint <file>', 'the network, as train has saved it').makeOptionMandatory())
  command.addOption(new Option('--engine <name>', `what computes: ${engineNames.join(', ')}`).default('auto'))
  command.addOption(new Option('--mode <mode>', `how --engine gpu computes: ${namedModes.join(', ')}`))
  command.addOption(new Option('--quiet', 'no progress'))
  return addReaderFlags(command)
}

/** Loads a network that was trained on videos. Throws UserError that names the file and what is wrong with it. */
export const loadVideoNetwork = (file: string): Checkpoint & { readonly clips: ClipFormat } => {
  const { clips, ...checkpoint } = loadCheckpoint(file)
  if (clips) return { ...checkpoint, clips }
  throw new UserError(`${file}: must be a checkpoint of a network of videos, got one whose metadata lack 'clips'`)
}
