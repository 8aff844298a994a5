/** `--memory 8GB`: how much memory training may take. */
import { Option } from 'commander'
import { bytesGiven } from './bytes'

export const memoryOption = (): Option =>
  new Option('--memory <amount>', 'what the process may take, as 8GB: a step is done in as many parts as that asks for')
    .argParser(bytesGiven('--memory'))
    .conflicts('accumulate')
