/** Colours for numbers, told apart by all eyes: their lightness grows with what they mean. */

/** From dark violet over green to yellow, as Viridis goes. */
const HEAT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]] as const // prettier-ignore
/** From blue over near white to orange. */
const TILT = [[5, 80, 160], [120, 175, 220], [240, 240, 240], [245, 165, 85], [180, 70, 0]] as const // prettier-ignore

const along = (colours: readonly (readonly number[])[], part: number): readonly number[] => {
  const at = Math.min(1, Math.max(0, part)) * (colours.length - 1)
  const i = Math.min(colours.length - 2, Math.floor(at))
  return colours[i]!.map((from, c) => Math.round(from + (at - i) * (colours[i + 1]![c]! - from)))
}

/** Red, green and blue of a part from 0 to 1. */
export const heat = (part: number): readonly number[] => along(HEAT, part)
/** Red, green and blue of a difference from −1 to 1. */
export const tilt = (difference: number): readonly number[] => along(TILT, (difference + 1) / 2)
