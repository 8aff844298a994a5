/** The command line, as a function of its arguments. */
import { Command, CommanderError } from 'commander'
import { explain } from './errors'
import { ablateCommand } from './commands/ablate'
import { attentionCommand } from './commands/attention'
import { benchCommand } from './commands/bench'
import { evaluateCommand } from './commands/evaluate'
import { exportCommand } from './commands/export'
import { flopsCommand } from './commands/flops'
import { kernelsCommand } from './commands/kernels'
import { predictCommand } from './commands/predict'
import { addCompletion } from './terminal/completion'
import type { Streams } from './terminal/streams'
import { columnsOf } from './terminal/terminal'
import { reflowed } from '../format/text'
import { videosCommand } from './commands/videos'
import { trainCommand } from './commands/train'
import { version } from './run/version'

const beginnings = `
To begin, with the digits that come along (minutes on two cores):
  $ cstransformer train --steps 100 --name first
  $ cstransformer flops
Help on a command: cstransformer train --help

Completion in a shell (bash, zsh, fish, powershell):
  $ source <(cstransformer complete bash)`

/** Runs the command line.
 *  @param argv the arguments, without node and the script
 *  @returns the exit code: 0; 1 after an error; 128 + n when signal n stopped it */
export const run = async (argv: readonly string[], streams: Streams): Promise<number> => {
  const { err } = streams
  let code = 0
  const program = programOf(argv, streams, c => (code = c))
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return error.exitCode
    err.write(`${explain(error)}\n`)
    return 1
  }
  return code
}

/** All commands with their flags. `done` gets the exit code of the one that runs. */
export const programOf = (argv: readonly string[], streams: Streams, done: (code: number) => void): Command => {
  const { out, err } = streams
  const print = (text: string): void => void out.write(`${text}\n`)
  const program = new Command('cstransformer')
    .description('Cross-Stage Transformer for Video Learning, equation by equation')
    .version(version())
    .addCommand(trainCommand(argv, streams, done))
    .addCommand(videosCommand(streams, done))
    .addCommand(evaluateCommand(streams, done))
    .addCommand(predictCommand(streams))
    .addCommand(attentionCommand(streams))
    .addCommand(ablateCommand(argv, streams, done))
    .addCommand(flopsCommand(print, columnsOf(out)))
    .addCommand(exportCommand(print))
    .addCommand(kernelsCommand(print))
    .addCommand(benchCommand(argv, print))
    .addHelpText('after', beginnings)
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .helpCommand(false)
      .allowExcessArguments(false)
      .configureOutput({
        writeOut: text => out.write(reflowed(text, Math.min(100, columnsOf(out)))),
        writeErr: text => err.write(text),
        outputError: () => undefined, // `explain` says it
      })
  addCompletion(program, argv)
  return program
}
