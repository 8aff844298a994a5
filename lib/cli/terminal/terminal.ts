/** What differs between a terminal and a file that output goes to. */
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]
export type Paint = (format: Format, text: string) => string

const isTerminal = (stream: NodeJS.WritableStream): stream is NodeJS.WriteStream =>
  'isTTY' in stream && stream.isTTY === true

/** Colours where the stream shows them (NO_COLOR and dumb terminals are respected), the bare text elsewhere. */
export const paintFor = (stream: NodeJS.WritableStream): Paint =>
  isTerminal(stream) && stream.hasColors() ? (format, text) => styleText(format, text) : (_, text) => text

/** The terminal that a stream writes to, if it does. */
export const terminalOf = (stream: NodeJS.WritableStream): NodeJS.WriteStream | undefined =>
  isTerminal(stream) ? stream : undefined

/** The columns of a terminal; elsewhere nothing is broken. */
export const columnsOf = (stream: NodeJS.WritableStream): number => {
  const terminal = terminalOf(stream)
  return terminal ? terminal.columns || 80 : Infinity
}
