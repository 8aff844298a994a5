/** Completion in shells: commands, flags and their choices, which the parser knows, and paths. */
import type { Command as Completed } from '@bomb.sh/tab'
import completion from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { readdirSync } from 'node:fs'

/** What the library says in words of its own. */
const DESCRIPTION = 'print the script by which a shell completes commands, flags and paths'

/** Placeholders of what is a file or a folder: `--data <path>`, `predict <video>`. */
const PATH = /<(file|folder|path|video)>/

/** The paths that begin as one does that is being typed; of folders, with a slash. */
const pathsFrom = (begun: string): readonly string[] => {
  const folder = begun.slice(0, begun.lastIndexOf('/') + 1)
  try {
    return readdirSync(folder || '.', { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .map(entry => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
  } catch {
    return [] // there is no such folder: nothing is offered
  }
}

/** Adds `complete <shell>`, which prints a script for that shell, and answers what the script then asks. Shells read the process's
 *  own output, and so it is written there. */
export const addCompletion = (program: Command, argv: readonly string[]): void => {
  const root = completion(program)
  const own = program.commands.find(command => command.name() === 'complete')!
  own.description(DESCRIPTION)
  for (const shell of own.registeredArguments) shell.description = 'bash, zsh, fish or powershell'
  root.commands.get('complete')!.description = DESCRIPTION
  const begun = argv.at(-1) ?? ''
  const paths = (offer: (value: string, description: string) => void): void =>
    pathsFrom(begun.slice(begun.indexOf('=') + 1)).forEach(path => offer(path, ''))
  for (const command of program.commands) {
    const completed: Completed | undefined = root.commands.get(command.name())
    // The library takes files for no value, and has shells offer none.
    for (const { flags, long } of command.options)
      if (PATH.test(flags)) completed?.option(long!.slice(2), completed.options.get(long!.slice(2))!.description, paths)
    for (const argument of command.registeredArguments)
      if (PATH.test(`<${argument.name()}>`)) completed?.argument(argument.name(), paths, argument.variadic)
  }
}
