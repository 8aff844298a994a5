/** Shares of attention, as the worker reports them: see `BlockAttention`. */
import type { BlockAttention } from '../protocol'

/** What frame t's class token gives to a patch (STB) or to a frame's class token (TTB), in one head. */
const inHead = ({ stage, heads, map }: BlockAttention, clip: number, t: number, part: number, T: number, side: number, head: number): number =>
  stage === 'STB'
    ? map[((clip * T + t) * heads + head) * (1 + side * side) + 1 + part]!
    : map[((clip * heads + head) * T + t) * T + part]! // prettier-ignore

const each = (
  block: BlockAttention,
  clip: number,
  t: number,
  part: number,
  T: number,
  side: number,
): readonly number[] => Array.from({ length: block.heads }, (_, head) => inHead(block, clip, t, part, T, side, head))

/** The mean over heads. */
export const shareOf = (...given: Parameters<typeof each>): number => {
  const shares = each(...given)
  return shares.reduce((sum, x) => sum + x, 0) / shares.length
}

/** A part of a tile in words. */
export const cellOf = (...given: Parameters<typeof each>): string => {
  const [{ stage }, , t, part, , side] = given
  const written = (x: number): string => `${(100 * x).toFixed(1)} %`
  const where =
    stage === 'STB'
      ? `frame ${t + 1}, row ${Math.floor(part / side) + 1}, column ${(part % side) + 1}`
      : `frame ${t + 1} looks at frame ${part + 1}`
  const heads = each(...given).map((x, i) => `head ${i + 1} ${written(x)}`)
  return `${where}: ${written(shareOf(...given))} (${heads.join(', ')})`
}
