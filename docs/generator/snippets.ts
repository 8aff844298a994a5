/** The code blocks of hand-written pages. */
export interface Snippet {
  readonly path: string
  /** The line of the page at which the code begins, from 1. */
  readonly line: number
  readonly code: string
}

/** The blocks of one language, in order. */
export const snippets = (path: string, page: string, language: string): readonly Snippet[] =>
  Array.from(page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm))
    .filter(([, found]) => found === language)
    .map(({ index, 2: code }) => ({ path, line: page.slice(0, index).split('\n').length + 1, code: code! }))

/** What a snippet or an example says that it prints: its lines after an arrow, each with the comments indented below it. */
export const promised = (code: string): readonly string[] =>
  Array.from(code.matchAll(/^ *\/\/ → (.*(?:\n *\/\/ {3}.*)*)$/gm), ([, line]) => joined(line!))

/** What a snippet quotes of the compiler, where it quotes it. */
export const quoted = (code: string): string | undefined => {
  const [, found] = /@ts-expect-error: "([^"]*)"/.exec(code) ?? []
  return found && joined(found)
}

/** The words of a comment as one line. */
const joined = (comment: string): string => comment.replace(/\n *\/\/ */g, ' ')
