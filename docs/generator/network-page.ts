/** The page of the network and its configuration. */
import { variants } from '../../lib'
import { constants, type Documented, fields } from './source'

const SOURCE = 'lib/paper/network.ts'
const CONFIG = 'lib/paper/config.ts'
export const networkPath = 'docs/equations/network.md'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const configTable = (): string => {
  const names = ['V1', 'V2', 'V3', 'digits', 'tiny', 'small'] as const
  const value = (name: (typeof names)[number], key: string): string => {
    const found = Object.entries(variants[name]).find(([k]) => k === key)?.[1]
    return typeof found === 'boolean' ? (found ? 'on' : 'off') : `${found}`
  }
  return [
    line(['', ...names, '']),
    `|${'---|'.repeat(names.length + 2)}`,
    ...fields(CONFIG, 'Config').map(({ name, docs }) =>
      line([`\`${name}\``, ...names.map(n => value(n, name)), docs.text.replace(/\s+/g, ' ')]),
    ),
  ].join('\n')
}

const section = ({ docs, code }: Documented): string =>
  [
    docs.text,
    docs.params.map(([name, text]) => `- \`${name}\`: ${text}`).join('\n'),
    docs.returns && `Returns ${docs.returns}.`,
    docs.throws && `Throws ${docs.throws}.`,
    `\`\`\`ts\n${code}\n\`\`\``,
    docs.source && `In the paper: ${docs.source}`,
  ]
    .filter(Boolean)
    .join('\n\n')

export const networkPage = (): string => {
  const [forward] = constants(SOURCE).filter(c => c.name === 'forward')
  return `${[
    '# Network',
    '[← Attention](attention.md) · [all equations](../README.md)',
    `From [${SOURCE}](../../${SOURCE}).`,
    '![The network, drawn from its configuration](../network.svg)',
    section(forward!),
    '## Configurations',
    `From [${CONFIG}](../../${CONFIG}) and [lib/paper/variants.ts](../../lib/paper/variants.ts): V1, V2 and V3 are Table 5's.`,
    configTable(),
  ].join('\n\n')}\n`
}
