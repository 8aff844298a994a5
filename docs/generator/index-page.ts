/** The index: every equation in the order of the paper's numbers, and what each takes in CSTransformer-V2. */
import { type Page } from './equation-pages'
import { type AtV2, showCount, showFlops } from './network-at-v2'
import { anchor } from './links'
import { networkPath } from './network-page'
import { filesIn, read } from './source'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** The examples, by the first sentence of each. */
const examples = (): string =>
  filesIn('examples')
    .filter(path => /^examples\/\d/.test(path))
    .map(path => {
      const [, says] = /^\/\*\* \d+\. ([\s\S]*?(?<!Eqs?)\.)\s/.exec(read(path).replace(/\n \*\s*/g, ' ')) ?? []
      return `1. [${path.replace('examples/', '')}](../${path}): ${says}`
    })
    .join('\n')

export const indexPage = (pages: readonly Page[], { calls, cost }: AtV2): string => {
  const count = (title: string): string => {
    const n = calls.filter(call => call.title === title).length
    return n ? `${n}` : ''
  }
  const rows = pages.flatMap(page =>
    page.equations.map(({ name, equation: { title } }) => {
      const own = cost.byEquation.get(title)
      const link = page.path.replace('docs/', '')
      return line([
        `[${title}](${link}#${anchor(title)})`,
        `\`${name}\``,
        count(title),
        own && own.products + own.rest > 0 ? showFlops(own.products + own.rest) : '',
        own && own.parameters > 0 ? showCount(own.parameters) : '',
      ])
    }),
  )
  const { products, rest } = cost.flops
  return `${[
    '# Documentation',
    [
      '**Start here.** With the paper at hand: [Reading the paper with the code](paper.md), section by section: what is code, what is a reading of ours, what is a finding. Without it: [the network](equations/network.md), Figure 1, and the equations below in the order of the paper. With an editor open: [the examples](#examples), from the smallest. In a browser: `npm run site`, where the figures compute.',
      'Then, as it is needed:',
      [
        '- [Decisions](decisions.md): what the paper leaves open, and how it is read here',
        '- [What is public](stability.md): what versions promise, and the [changelog](../CHANGELOG.md)',
        '- [What a run measures](metrics.md): the fields of `metrics.jsonl`, and how pandas and TensorBoard read it',
        '- [Signatures](signatures.md): the language that types, checks and documents an equation',
        '- [TimeSformer](systems/timesformer.md), [ViViT](systems/vivit.md) and [VTN](systems/vtn.md): what the paper compares itself with, equation by equation',
        '- [Primitives](primitives.md): the operations that everything is made of, and their derivatives',
        '- [The ablations](ablations/README.md) and [the benchmarks](benchmarks/README.md): what was measured',
        "- [Reference](reference/README.md): every public name's shapes, errors and source",
      ].join('\n'),
    ].join('\n\n'),
    '![The network, drawn from its configuration](network.svg)',
    '## Equations',
    `What each takes in CSTransformer-V2 (Table 5) for one clip of 8 × 224 × 224: how often it is called, the FLOPs of its own primitives (a multiply-add is two; what it calls is counted there), and the parameters that it is the first to read.`,
    line(['Equation', 'Function', 'Calls', 'FLOPs', 'Parameters']),
  ].join('\n\n')}
|---|---|---:|---:|---:|
${rows.join('\n')}
${line([`[Network, Figure 1](${networkPath.replace('docs/', '')})`, '`forward`', '1', `${showFlops(products)} + ${showFlops(rest)}`, showCount(cost.parameters)])}

The last line is the sum: matrix products, and all other operations. Calls are counted where they begin; operations that no result depends on are dropped from a trace before FLOPs are counted.

## Examples

${examples()}

## How these pages are made

They follow from the code; [Decisions](decisions.md) and [Signatures](signatures.md) are written by hand, and what they say is tested.

\`\`\`sh
npm run docs       # writes them
npm run docs:check # fails where one is stale
\`\`\`
`
}
