/** What the command says when something goes wrong. */
import { CommanderError } from 'commander'
import { oneLine, shown, UserError } from '../tensor'
import { isSystemError, reason } from '../refusals'

/** What is printed for an error: one line for a mistake of the user's or a refusal of the system's; all that is known
 *  for a defect of ours. */
export const explain = (error: unknown): string => {
  if (error instanceof CommanderError) {
    const [first, ...rest] = error.message.replace(/^error: /, '').split('\n')
    return oneLine(`cstransformer: ${[first, ...rest.map(line => line.replace(/^\((.*)\)$/, '$1'))].join(': ')}`)
  }
  if (error instanceof UserError) return oneLine(`cstransformer: ${error.message}`)
  if (isSystemError(error)) return oneLine(`cstransformer: ${error.path ?? error.syscall}: ${reason(error)}`)
  const stack = error instanceof Error ? error.stack : shown(error)
  return `${stack}\ncstransformer: this is a defect of cstransformer; please report it with the lines above`
}
