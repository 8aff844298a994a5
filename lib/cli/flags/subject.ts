/** What a trained network is shown: a video, or a clip of digits in motion. */
import { type Command, Option } from 'commander'
import { UserError } from '../../tensor'
import { wholeNumber } from './network'

/** What is said of it. */
export interface SubjectFlags {
  readonly digits?: true
  readonly seed?: number
}

/** A file, or the number of a clip of digits. */
export type Subject = { readonly video: string } | { readonly digits: number }

/** Adds the argument and the flags that say what the network is shown. */
export const addSubject = (command: Command): Command =>
  command
    .argument('[video]', 'a video or a picture')
    .addOption(new Option('--digits', 'instead of a video a clip of digits in motion that no run is trained on'))
    .addOption(new Option('--seed <n>', 'which clip of digits (default: 0)').argParser(wholeNumber('--seed', 0)))

/** What the command line says. Throws UserError where that is nothing, or two things. */
export const subjectOf = (video: string | undefined, { digits, seed }: SubjectFlags): Subject => {
  if (seed !== undefined && !digits) throw new UserError('--seed is of --digits, which is not given')
  if (video !== undefined && digits)
    throw new UserError(`a video or --digits expected, got both '${video}' and --digits`)
  if (digits) return { digits: seed ?? 0 }
  if (video === undefined) throw new UserError('a video or --digits expected, got neither')
  return { video }
}
