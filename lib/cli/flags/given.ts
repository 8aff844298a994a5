import type { Command } from 'commander'

/** Where a value comes from that a configuration file gives. */
export const FILE = 'config'

/** Whether an option was given, on the command line or in a file, and is not at its default. */
export const isGiven = (command: Command, name: string): boolean =>
  [FILE, 'cli'].includes(command.getOptionValueSource(name) ?? '')
