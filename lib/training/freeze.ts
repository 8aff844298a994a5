/** Parameters that stay as they are: which ones patterns name. */
import { listOf, record, strict, text } from '../tensor/given'
import { parameters } from './kinds'
import { UserError } from '../tensor'
import type { Parameters } from '../paper'
import { entries, parted } from '../trace'

/** What a word stands for among patterns: all that clips go through before the temporal stage; in other
 *  systems, in space. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  spatial: ['patch', 'V_cls', 'P_s', 'P_t', 'STB', 'space.blocks'],
}

/** Whether a segment of a path is the one of a pattern: a name, a number, a range of numbers `0-8`, or letters around `*`. */
const fits = (pattern: string): ((segment: string) => boolean) => {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(pattern) ?? []
  if (from !== undefined) return segment => /^\d+$/.test(segment) && +segment >= +from && +segment <= +to!
  const literal = pattern.split('*').map(text => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const expression = new RegExp(`^${literal.join('.*')}$`)
  return segment => expression.test(segment)
}

/** Whether a path is named by one of the patterns: the paths of parameters, or what they begin with, as `STB.0-8`, `head` or
 *  `*.*.W_Q`; or `spatial`, which stands for the patches, the positions, the class token and the STBs. */
export const namedBy = strict(
  'namedBy',
  { patterns: listOf(text) },
  (patterns: readonly string[]): ((path: string) => boolean) => {
    const all = patterns.flatMap(pattern => WORDS[pattern] ?? [pattern]).map(pattern => pattern.split('.').map(fits))
    return path => {
      const segments = path.split('.')
      return all.some(pattern => pattern.every((fit, i) => segments[i] !== undefined && fit(segments[i])))
    }
  },
)

/** Checks which parameters patterns name. Throws UserError for one that names none, and where nothing is left to train. */
export const checkFreeze = strict(
  'checkFreeze',
  { patterns: listOf(text), parameters },
  (patterns: readonly string[], parameters: Parameters): void => {
    const paths = entries(parameters).map(([path]) => path)
    const none = patterns.find(pattern => !paths.some(namedBy([pattern])))
    if (none !== undefined) {
      const begin = [...new Set(paths.map(path => path.split('.')[0]!))].join(', ')
      throw new UserError(
        `freeze must name parameters by patterns as 'spatial', 'STB.0-8' or '*.*.W_Q', got '${none}', which names none (paths begin with ${begin})`,
      )
    }
    if (paths.every(namedBy(patterns)))
    throw new UserError(`freeze must leave something to train, got ${patterns.join(',')}, which names all ${paths.length} tensors`) // prettier-ignore
  },
)

/** Parameters in two: those that are trained, and those that stay as they are. */
export const trainedOf = strict(
  'trainedOf',
  { recipe: record, parameters: record },
  (
    { freeze = [] }: { readonly freeze?: readonly string[] | undefined },
    parameters: Parameters,
  ): readonly [Parameters, Parameters] => {
    const isFrozen = namedBy(freeze)
    return parted(path => !isFrozen(path), parameters)
  },
)
