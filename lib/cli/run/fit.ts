/** How a run's steps fit into memory: in parts where they would not, or not at all. */
import type { Engine } from '../../engines'
import { UserError } from '../../tensor'
import { configure, variants } from '../../paper'
import type { NetworkConfig } from '../../systems'
import { blockOf, cutOf, type Fit, fitOf, fitsIn, type Recipe, stepMemory, type StepOptions } from '../../training'
import { counted, orList } from '../../format/text'
import { bytesText } from '../flags/bytes'

/** How much of what is free is counted on: others need some, and counts are good to a fifth. */
const OURS = 0.9

/** How much memory there is for a run. */
export interface Room {
  readonly bytes: number
  /** What that is, for people: `21 GB are free`. */
  readonly text: string
}

/** What the process holds, and what is free, in a container what it may take. */
export const memoryNow = () => ({ held: process.memoryUsage.rss(), free: process.availableMemory() })

/** What there is: what was said, less what the process holds, or what is free; on a device nobody knows.
 *  @param now when nothing that a step is counted with was there */
export const roomOf = ({ holds }: Pick<Engine, 'holds'>, said?: number, now = memoryNow()): Room => {
  const { held, free } = now
  if (said !== undefined)
    return { bytes: said - held, text: `${bytesText(said)} may be taken, of which the process has ${bytesText(held)}` }
  return holds === 'device'
    ? { bytes: Infinity, text: '' }
    : { bytes: OURS * free, text: `${bytesText(free)} are free` }
}

/** A recipe whose steps fit, and what there is to say of it. */
export interface Fitted {
  readonly recipe: Recipe
  readonly remark?: string
}

/** A recipe in the parts in which its steps fit; in those that it says, where it says in how many. Throws UserError where these
 *  do not fit, and where a clip by itself does not, with what would. */
export const fitted = (
  engine: Pick<Engine, 'memory' | 'holds' | 'name' | 'attention'>,
  { config, recipe }: { readonly config: NetworkConfig; readonly recipe: Recipe },
  room: Room,
  options: StepOptions = {},
): Fitted => {
  if (room.bytes === Infinity) return { recipe }
  const fit = fitOf(engine, config, recipe, room.bytes, options)
  const { parts, rematerialise, fits, whole } = fit
  if (!fits) throw new UserError(refusal(engine, config, recipe, fit, room, options))
  const how = [
    ...(recipe.parts === undefined && parts > 1 ? [`${parts} parts of ${clipsIn(recipe, parts)}`] : []),
    ...(recipe.rematerialise !== rematerialise && rematerialise ? [AGAIN] : []),
  ]
  if (how.length === 0) return { recipe }
  return {
    recipe: { ...recipe, ...(parts > 1 && { parts }), ...(rematerialise && { rematerialise }) },
    remark: `${clipsIn(recipe)} ${recipe.batch === 1 ? 'needs' : 'need'} ${bytesText(whole)}, ${reason(engine, whole, room)}: ${how.join(', ')}`,
  }
}

/** What is said of steps that keep less. */
export const AGAIN = 'the backward pass computes blocks again'

const clipsIn = ({ batch }: Recipe, parts = 1): string => counted(batch / parts, 'clip', 'clips')

/** What stands against so many bytes. */
const reason = (engine: Pick<Engine, 'holds' | 'name'>, needed: number, { bytes, text }: Room): string =>
  blockOf(engine) < Infinity && needed <= bytes
    ? `the engine ${engine.name} has room for ${bytesText(blockOf(engine))}`
    : text

const refusal = (
  engine: Pick<Engine, 'memory' | 'holds' | 'name' | 'attention'>,
  config: NetworkConfig,
  { parts: said, ...recipe }: Recipe,
  { needed }: Fit,
  room: Room,
  options: StepOptions,
): string => {
  const why = `${bytesText(needed)}, ${reason(engine, needed, room)}`
  if (said !== undefined) {
    const other = fitOf(engine, config, recipe, room.bytes, options)
    const of = said === 1 ? clipsIn(recipe) : `${said} parts of ${clipsIn(recipe, said)}`
    if (other.fits)
      return `a step of ${of} needs ${why}: --accumulate ${other.parts}${other.rematerialise && !recipe.rematerialise ? ' --rematerialise' : ''} needs ${bytesText(other.needed)}`
    return refusal(engine, config, recipe, other, room, options)
  }
  const one = { ...recipe, batch: 1 }
  // What is published is of one size.
  const smaller =
    config.system !== undefined
      ? []
      : (['small', 'tiny', 'digits'] as const).map(name => {
          const { dim, heads, STB, TTB, ratioSTB, ratioTTB, patch, height, width, frames } = variants[name]
          const sizes = { dim, heads, STB, TTB, ratioSTB, ratioTTB, patch, height, width, frames }
          return [`--variant ${name}`, configure({ ...config, ...sizes }), one] as const
        })
  const others = [...(recipe.freeze ? [] : [['--freeze spatial', config, { ...one, freeze: ['spatial'] }] as const]), ...smaller] // prettier-ignore
  const fit = others.flatMap(([flag, c, r]) => {
    // A cut is of one network and of what it freezes.
    const cut = options.cut && cutOf(c, r.freeze ?? [], options.deadWork)
    const memory = stepMemory(engine, c, r, { ...options, cut })
    return fitsIn(engine, memory, room.bytes) ? [`${flag} needs ${bytesText(memory.total)}`] : []
  })
  const what = `a step of one clip needs ${why}`
  return fit.length === 0 ? `${what}: a smaller network, or more memory` : `${what}: ${orList(fit.slice(0, 2))}`
}
