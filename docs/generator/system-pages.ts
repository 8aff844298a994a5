/** A page for each of the systems that the paper compares itself with, and one for what they share: equations as the paper's, and
 *  the network that is made of them. */
import { systemEquations, type SystemName, systemVariants } from '../../lib/systems'
import { describeClips, describeNetwork } from '../../lib/systems/describe'
import { section } from './equation-pages'
import { type AtV2, showCount, showFlops } from './network-at-v2'
import { constants, type Documented, read } from './source'

const FOLDER = 'docs/systems'
/** Which laws hold for all of their equations. */
const LAWS = 'spec/systems/laws.slow.spec.ts'

interface SystemPage {
  readonly file: string
  readonly title: string
  /** The network's constant and its kind; what the systems share has none. */
  readonly forward?: string
  readonly system?: SystemName
}
const pages: readonly SystemPage[] = [
  { file: 'timesformer', title: 'TimeSformer', forward: 'timeSformerForward', system: 'timesformer' },
  { file: 'vivit', title: 'ViViT', forward: 'viViTForward', system: 'vivit' },
  { file: 'vtn', title: 'VTN', forward: 'vtnForward', system: 'vtn' },
  { file: 'tokens', title: 'Tokens of the systems' },
]

/** What a file says of itself. */
const about = (source: string): string =>
  (/^\/\*\* ([\s\S]*?)\*\//.exec(read(source))?.[1] ?? '').replace(/\s*\n \*\s*/g, ' ').trim()

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i < 2 ? '---' : '---:')), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** The published networks of a system with what each takes. */
const published = (system: SystemName, at: readonly AtV2[]): string =>
  table(
    ['preset', 'network and clips', 'multiply-adds of a clip', 'parameters'],
    Object.entries(systemVariants)
      .filter(([, config]) => config.system === system)
      .map(([name, config]) => {
        const cost = at.find(network => network.name === name)?.cost
        const counted = cost
          ? [showFlops(cost.flops.products / 2).replace('FLOPs', ''), showCount(cost.parameters)]
          : ['', '']
        return [`\`${name}\``, `${describeNetwork(config)}; ${describeClips(config)}`, ...counted]
      }),
  )

const codeOf = (found: Documented): string => `\`\`\`ts\n${found.code}\n\`\`\``

/** The pages by their paths. */
export const systemPages = (
  at: readonly AtV2[],
  specs: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string> =>
  new Map(
    pages.map(({ file, title, forward, system }) => {
      const source = `lib/systems/${file}.ts`
      const all = constants(source)
      const own = all.flatMap(constant => {
        const equation = systemEquations[constant.name as keyof typeof systemEquations] as unknown
        return equation === undefined
          ? []
          : [{ ...constant, equation: equation as (typeof systemEquations)['joinFrames'] }]
      })
      const network = all.find(({ name }) => name === forward)
      const links = pages
        .map(page => (page.file === file ? page.title : `[${page.title}](${page.file}.md)`))
        .join(' · ')
      const parts = [
        `# ${title}`,
        `${links} · [all equations](../README.md)`,
        `From [${source}](../../${source}). ${about(source)}`,
        ...(system && network
          ? [
              '## The network',
              network.docs.text,
              "With CSSA and FAM switched on it starts as the original: α is 0, and so are the gains of FAM's terms.",
              codeOf(network),
              published(system, at),
            ]
          : []),
        ...own.map(one => {
          const where = at.find(({ calls }) => calls.some(call => call.title === one.equation.title)) ?? at[0]!
          return section(one, where, specs, LAWS)
        }),
        links,
      ]
      return [`${FOLDER}/${file}.md`, `${parts.join('\n\n')}\n`] as const
    }),
  )
