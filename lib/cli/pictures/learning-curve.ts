/** learning-curve.svg: accuracy and loss over the steps of a run. */
import { isFinal, type Metrics, type StepMetrics } from '../../training/metrics'
import { element, ink, palette, pale, paper, picture, rule, text } from '../../format/svg'
import { fixed, grouped, percent } from '../../format/text'

const [WIDTH, HEIGHT] = [860, 520]
const [LEFT, RIGHT] = [56, WIDTH - 132]
/** Steps to either side in the mean that is drawn over the single steps. */
const NEAR = 6

/** Without the order of the frames, the side of a movement can be told, but not whether it leaves or arrives. */
const WITHOUT_TIME = 0.5

interface Point {
  readonly step: number
  readonly value: number
}

/** Each value's mean with those near it. */
const smooth = (points: readonly Point[]): Point[] =>
  points.map(({ step }, i) => {
    const near = points.slice(Math.max(0, i - NEAR), i + NEAR + 1)
    return { step, value: near.reduce((sum, p) => sum + p.value, 0) / near.length }
  })

/** The picture of a run, as the text of an SVG file. @param digits whether it is of digits in motion */
export const learningCurve = async (metrics: readonly Metrics[], title: string, digits = true): Promise<string> => {
  const [{ scaleLinear }, { line }] = await Promise.all([import('d3-scale'), import('d3-shape')])
  const steps = metrics.filter((m): m is StepMetrics => !isFinal(m))
  const heldOut = metrics.flatMap(m => (m.heldOut === undefined ? [] : [{ step: m.step, value: m.heldOut }]))
  const final = metrics.find(isFinal)
  const x = scaleLinear([0, Math.max(1, ...metrics.map(m => m.step))], [LEFT, RIGHT])

  /** One of the two charts: grid, curves, and a name at the end of each. */
  const panel = (
    name: string,
    [top, bottom]: readonly [number, number],
    most: number,
    tick: (value: number) => string,
    values: readonly Point[],
    measured: readonly Point[],
  ): string => {
    const y = scaleLinear([0, most], [bottom, top])
    const path = line<Point>(
      p => x(p.step),
      p => y(Math.min(p.value, most)),
    )
    const curve = (
      points: readonly Point[],
      stroke: string,
      width: number,
      more: { opacity?: number; 'stroke-dasharray'?: string | undefined } = {},
    ): string =>
      element('path', {
        d: path(points) ?? '',
        fill: 'none',
        stroke,
        'stroke-width': width,
        'stroke-linejoin': 'round',
        ...more,
      })
    const grid = y
      .ticks(5)
      .map(
        value =>
          element('line', { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), stroke: rule }) +
          text(LEFT - 8, y(value) + 4, tick(value), { 'text-anchor': 'end', fill: pale }),
      )
    const mean = smooth(values)
    const end = (
      label: string,
      point: Point | undefined,
      fill: string,
    ): { label: string; y: number; fill: string }[] =>
      point ? [{ label, y: y(Math.min(point.value, most)), fill }] : []
    const names = [...end('training', mean.at(-1), ink), ...end('held out', measured.at(-1), palette.heldOut.colour)]
    const [first, second] = names
    const apart = first && second && Math.abs(first.y - second.y) < 16
    return [
      text(LEFT - 40, top - 14, name, { 'font-weight': 600 }),
      ...grid,
      curve(values, ink, 1, { opacity: 0.25 }),
      curve(mean, ink, 2),
      ...(measured.length > 0
        ? [curve(measured, palette.heldOut.colour, 2, { 'stroke-dasharray': palette.heldOut.dash })]
        : []),
      ...measured.map(p =>
        element('circle', {
          cx: x(p.step),
          cy: y(p.value),
          r: 3.5,
          fill: palette.heldOut.colour,
          stroke: paper,
          'stroke-width': 1.5,
        }),
      ),
      ...names.map((n, i) =>
        text(RIGHT + 10, apart ? (first.y + second.y) / 2 + (i === 0 ? 12 : -4) : n.y + 4, n.label, { fill: n.fill }),
      ),
    ].join('')
  }

  const accuracy: readonly [number, number] = [92, 276]
  const loss: readonly [number, number] = [330, 468]
  const ceiling = accuracy[1] + (accuracy[0] - accuracy[1]) * WITHOUT_TIME
  const losses = steps.map(({ step, loss: value }) => ({ step, value }))
  const subtitle = final
    ? `${percent(final.heldOut)} of ${grouped(final.heldOutClips)} held-out clips right after ${grouped(final.step)} steps`
    : `${grouped(steps.at(-1)?.step ?? 0)} steps so far`
  return picture(
    WIDTH,
    HEIGHT,
    `Learning curve of ${title}`,
    text(16, 30, title, { 'font-size': 17, 'font-weight': 600 }),
    text(16, 50, subtitle, { fill: pale, 'font-size': 13 }),
    panel(
      'Accuracy',
      accuracy,
      1,
      v => `${fixed(100 * v, 0)} %`,
      steps.map(({ step, accuracy: value }) => ({ step, value })),
      heldOut,
    ),
    ...(digits
      ? [
          element('line', { x1: LEFT, x2: RIGHT, y1: ceiling, y2: ceiling, stroke: pale, 'stroke-dasharray': '4 4' }),
          text(RIGHT + 10, ceiling, 'the most without', { fill: pale }),
          text(RIGHT + 10, ceiling + 15, 'the order of frames', { fill: pale }),
        ]
      : []),
    panel('Loss', loss, Math.max(0.1, ...losses.map(p => p.value)), v => fixed(v, 1), losses, []),
    ...x.ticks(8).map(step => text(x(step), loss[1] + 20, grouped(step), { 'text-anchor': 'middle', fill: pale })),
    text(RIGHT + 20, loss[1] + 20, 'steps', { fill: pale }),
  )
}
