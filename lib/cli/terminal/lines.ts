import { tame } from '../../tensor'

/** Writes lines that may hold text from outside; each of them stays one line, and a terminal obeys nothing of it. */
export const writeLines = (stream: NodeJS.WritableStream, lines: readonly string[]): void => {
  for (const line of lines) stream.write(`${tame(line)}\n`)
}
