/** Ctrl-C and its like: the first is a request to stop soon, the second a command to stop now. */
import { constants } from 'node:os'

const LISTENED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** A runner such as npm passes on the signal that the terminal has sent to everyone: both are one Ctrl-C. */
const ONE_PRESS_MS = 500

/** The exit code of a program that a signal stopped. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

export interface Stop {
  /** The signal that has asked to stop, if one has. */
  readonly asked: () => NodeJS.Signals | undefined
  /** Listens no more. */
  readonly end: () => void
}

/** Listens to signals. `onFirst` is called at the first one; one that comes later ends the program at once. */
export const listen = (onFirst: (signal: NodeJS.Signals) => void): Stop => {
  let first: { signal: NodeJS.Signals; at: number } | undefined
  const heard = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = { signal, at: performance.now() }
      onFirst(signal)
    } else if (performance.now() - first.at > ONE_PRESS_MS) process.exit(exitCodeOf(signal))
  }
  for (const signal of LISTENED) process.on(signal, heard)
  return {
    asked: () => first?.signal,
    end: () => {
      for (const signal of LISTENED) process.off(signal, heard)
    },
  }
}
