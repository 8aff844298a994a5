/** A network stage by stage: what each makes, and what it costs. */
import { type Shape, sizeOf } from '../tensor'
import { entries, trace } from '../trace'
import { flopsOf } from '../transforms'
import { type DeadWork, onOneClip } from './costs'
import type { NetworkConfig } from './network'

/** A stage: patches, positions, a block, FAM, the head. */
export interface Stage {
  /** What the paths of its parameters begin with. */
  readonly paths: string
  /** The shape of what it makes of one clip. */
  readonly shape: Shape
  readonly parameters: number
  /** Operations of its matrix products in a forward pass of one clip, a multiply-add counted as two. */
  readonly flops: number
}

/** The stage of a parameter. */
export const stageOf = (path: string): string => {
  const [first, second, third] = path.split('.') as [string, string?, string?]
  if (first === 'STB' || first === 'TTB') return `${first}.${second}`
  if (first === 'space' || first === 'time') {
    if (second === 'blocks') return `${first}.${third}`
    // What attends along time in a divided block is of the block; an encoder along time has positions of its own.
    return second === 'FAM' ? `${first}FAM` : /^\d+$/.test(second!) ? `space.${second}` : 'timePositions'
  }
  return ['V_cls', 'P_s', 'P_t'].includes(first) ? 'positions' : first
}
const ORDER = [
  'patch',
  'positions',
  'STB',
  'TTB',
  'space',
  'spaceFAM',
  'norm',
  'timePositions',
  'time',
  'timeFAM',
  'FAM',
  'head',
]
/** The order in which stages run. */
const rank = (stage: string): number => {
  const [kind, i = 0] = stage.split('.') as [string, number?]
  return ORDER.indexOf(kind) * 1e6 + Number(i)
}

/** The stages of a network, in their order, from shapes alone. An operation belongs to the last stage whose parameters its
 *  result depends on. Stages without parameters are part of those before them. */
export const stagesOf = (config: NetworkConfig, deadWork: DeadWork = 'left out'): readonly Stage[] => {
  const [f, parameters, X] = onOneClip(config, deadWork)
  const { graph } = trace(f, parameters, X)
  const { nodes } = graph
  const stages = new Map(entries(parameters).map(([path]) => [stageOf(path), { parameters: 0, flops: 0, shape: [0] as Shape }])) // prettier-ignore
  /** The stage of an input of `(parameters, X)`; the clip is of none. */
  const stageOfInput = (name: string): string | undefined =>
    name.startsWith('0.') ? stageOf(name.slice('0.'.length)) : undefined
  const of: (string | undefined)[] = []
  for (const n of nodes) {
    const found = n.kind === 'operation' ? n.operands.map(i => of[i]) : n.kind === 'input' ? [stageOfInput(n.name)] : []
    const stage = found.reduce((a, b) => (a === undefined || (b !== undefined && rank(b) > rank(a)) ? b : a), undefined)
    of.push(stage)
    const entry = stage === undefined ? undefined : stages.get(stage)
    if (!entry) continue
    if (n.kind === 'input') entry.parameters += sizeOf(n.shape)
    if (n.kind !== 'operation') continue
    // What later stages read of it, tokens and not scores; the logits, which nothing reads.
    if (n.shape.at(-1) === config.classes && stage === 'head') entry.shape = n.shape
    for (const i of n.operands) {
      const from = of[i] === stage ? undefined : stages.get(of[i] ?? '')
      const { shape } = nodes[i]!
      if (from && shape.at(-1) === config.dim && sizeOf(shape) > sizeOf(from.shape)) from.shape = shape
    }
    entry.flops += flopsOf(graph, n).products
  }
  return [...stages].sort(([a], [b]) => rank(a) - rank(b)).map(([path, stage]) => ({ paths: path, ...stage }))
}

/** Stages with those that are alike in all but their place as one: `STB.0-10`. */
export const alike = <S extends Stage>(stages: readonly S[]): readonly (S & { readonly count: number })[] => {
  const traits = ({ paths: _, ...all }: S): string => JSON.stringify(all)
  let last: string | undefined
  const made: (S & { readonly count: number })[] = []
  for (const stage of stages) {
    const before = made.at(-1)
    const [kind, i] = stage.paths.split('.')
    const same = before?.paths.split('.')[0] === kind && last === traits(stage)
    last = traits(stage)
    if (before && i !== undefined && same) {
      const first = before.paths.split('.')[1]!.split('-')[0]!
      made[made.length - 1] = { ...before, paths: `${kind}.${first}-${i}`, count: before.count + 1 }
    } else made.push({ ...stage, count: 1 })
  }
  return made
}
