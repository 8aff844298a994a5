/** Links between pages. */
import { decisionsPath } from './decisions-page'
import { read } from './source'

/** What GitHub makes of a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-')

/** Where a text says 'decision D1', a link to it; code is left alone.
 *  @param path the page */
export const linkDecisions = (path: string, text: string): string => {
  const headings = new Map(
    Array.from(read(decisionsPath).matchAll(/^## ((D\d+)\..*)$/gm), ([, heading, name]) => [name!, heading!]),
  )
  const up = '../'.repeat(path.split('/').length - 2)
  return text
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part, i) =>
      i % 2
        ? part
        : part.replace(/\bdecision (D\d+)/g, (found, name: string) => {
            const heading = headings.get(name)
            return heading ? `[${found}](${up}decisions.md#${anchor(heading)})` : found
          }),
    )
    .join('')
}
