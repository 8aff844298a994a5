/** Formulas as the browser and GitHub set them. */

/** Words stand upright: what has two letters or more and is no command is a name, not a product. */
export const upright = (tex: string): string =>
  tex
    .replace(/\\(?:mathrm|mathbb|text|operatorname|class)\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]{2,}/g, x =>
      x[0] === '\\' ? x : `\\mathrm{${x}}`,
    )
    .replace(/\.\.\./g, '\\ldots')

/** A page of Markdown whose formulas have their words upright. */
export const withUprightWords = (markdown: string): string =>
  markdown.replace(
    /(```math\n)([\s\S]*?)(\n```)/g,
    (_, open: string, tex: string, close: string) => `${open}${upright(tex)}${close}`,
  )
