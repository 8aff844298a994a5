/** Every figure by the name that pages call it by. */
import type { Figure } from './figure'
import { deadWork, systems, units } from './costs'
import { alpha, beta, readings, wideHeads } from './crossing'
import { forest } from './forest'
import { maps, schedule } from './learning'
import { classTokens, patches, positions, rows } from './space'

export const figures = { patches, classTokens, positions, rows, alpha, readings, wideHeads, beta, deadWork, schedule, forest, units, systems, maps } as const satisfies Record<string, Figure> // prettier-ignore
export type FigureName = keyof typeof figures
