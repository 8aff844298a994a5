/** In how many parts a step fits into memory. */
import type { Engine } from '../engines'
import { ndarrayEngine } from '../engines'
import type { NetworkConfig } from '../systems/network'
import { stepMemory, type StepMemory } from './memory'
import { either, func, optional, real, record, recordOf, strict, text } from '../tensor/given'
import { config, recipe } from './kinds'
import type { StepOptions } from './parts'
import type { Recipe } from './recipe'

/** A step, and what fits. */
export interface Fit {
  /** Parts of the step: the fewest that fit, or one for each clip where none do. */
  readonly parts: number
  /** Whether blocks are to be computed again in the backward pass: only where not even one clip fits without. */
  readonly rematerialise: boolean
  /** Whether they fit. */
  readonly fits: boolean
  /** Bytes of the step as it is, and in these parts. */
  readonly whole: number
  readonly needed: number
}

/** How much more than what is counted on the graph as it was traced an engine takes at most. */
const ROUGHLY = 2

/** How many bytes an engine's block of memory has room for: any number, where it has no block of its own. */
export const blockOf = strict(
  'blockOf',
  { engine: recordOf({ holds: either(text, record) }) },
  ({ holds }: Pick<Engine, 'holds'>): number => (typeof holds === 'object' ? holds.most : Infinity),
)

/** Whether a step fits into what is free, and into the engine's block of memory. */
export const fitsIn = strict(
  'fitsIn',
  { engine: record, memory: recordOf({ total: real, inBlock: real }), free: real },
  (engine: Pick<Engine, 'holds'>, { total, inBlock }: Pick<StepMemory, 'total' | 'inBlock'>, free: number): boolean =>
    total <= free && inBlock <= blockOf(engine),
)

/** The fewest parts in which a step fits; those that the recipe says, whatever fits, where it says in how many.
 *  @param free bytes that are free for it */
export const fitOf = strict(
  'fitOf',
  { engine: recordOf({ memory: func }), config, recipe, free: real, options: optional(record) },
  (
    engine: Pick<Engine, 'memory' | 'holds' | 'attention'>,
    config: NetworkConfig,
    recipe: Recipe,
    free: number,
    options: StepOptions = {},
  ): Fit => {
    const { rematerialise = false, parts: said } = recipe
    const needs = (parts: number, of: typeof engine = engine): { total: number; fits: boolean } => {
      const memory = stepMemory(of, config, { ...recipe, parts }, options)
      return { total: memory.total, fits: fitsIn(engine, memory, free) }
    }
    const found = (parts: number, { total, fits }: ReturnType<typeof needs>, whole = total): Fit => ({
      ...{ parts, rematerialise, fits, needed: total, whole },
    })
    // Small steps, which are most, are not worth the time of a closer look.
    const rough = needs(said ?? 1, ndarrayEngine)
    if (ROUGHLY * rough.total <= Math.min(free, blockOf(engine))) return found(said ?? 1, { ...rough, fits: true })
    const whole = needs(said ?? 1)
    if (whole.fits || said !== undefined) return found(said ?? 1, whole)
    const finest = recipe.batch === 1 ? whole : needs(recipe.batch)
    if (!finest.fits) {
      if (rematerialise) return found(recipe.batch, finest, whole.total)
      const less = fitOf(engine, config, { ...recipe, rematerialise: true }, free, options)
      return { ...less, whole: whole.total }
    }
    const divisors = Array.from({ length: recipe.batch }, (_, i) => i + 1).filter(n => recipe.batch % n === 0)
    for (const parts of divisors.slice(1, -1)) {
      // What is needed is linear in the clips of a part.
      const perClip = (whole.total - finest.total) / (recipe.batch - 1)
      if (finest.total + perClip * (recipe.batch / parts - 1) > Math.max(free, finest.total)) continue
      const counted = needs(parts)
      if (counted.fits) return found(parts, counted, whole.total)
    }
    return found(recipe.batch, finest, whole.total)
  },
)
