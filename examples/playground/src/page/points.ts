/** Points of a line over the steps of training. */
export interface Point {
  readonly step: number
  readonly value: number
}

/** A line keeps at most so many points, and the last one. */
const MOST_POINTS = 512
/** Points as far apart everywhere: one for every so many steps, a number that doubles as the run goes on. */
export const thinned = (points: readonly Point[]): readonly Point[] => {
  const last = points.at(-1)
  if (!last) return points
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(last.step / MOST_POINTS)))
  const part = (point: Point): number => Math.floor(point.step / stride)
  return points.filter((p, i) => p === last || i === 0 || part(p) !== part(points[i - 1]!))
}
