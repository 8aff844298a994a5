/** How a run shows where it is: a bar in a terminal, lines elsewhere, or nothing. */
import { type Options, SingleBar } from 'cli-progress'
import { clock, fixed, grouped } from '../../format/text'
import { paintFor, terminalOf } from './terminal'

/** What is known after a step: means over the last steps, and the held-out accuracy when it was last measured. */
export interface Shown {
  readonly step: number
  readonly loss: number
  readonly accuracy: number
  readonly clipsPerSecond: number
  readonly secondsLeft: number
  readonly heldOut?: number | undefined
}
export interface Progress {
  readonly trained: (shown: Shown) => void
  readonly evaluated: (clips: number, of: number) => void
  /** Takes the bar away, so that other text can follow. */
  readonly end: () => void
}

export const noProgress: Progress = { trained: () => undefined, evaluated: () => undefined, end: () => undefined }

/** What a bar says, the more important the longer it stays where there is little room. */
export type Facts = readonly (readonly [text: string, importance: number])[]

const facts = ({ loss, accuracy, clipsPerSecond, secondsLeft, heldOut }: Shown): Facts => [
  [`loss ${fixed(loss, 2)}`, 2],
  [`accuracy ${fixed(100 * accuracy, 0)} %`, 3],
  ...(heldOut === undefined ? [] : ([[`held out ${fixed(100 * heldOut, 0)} %`, 4]] as const)),
  [`${fixed(clipsPerSecond, 0)} clips/s`, 1],
  [`${clock(secondsLeft)} left`, 5],
]

/** A line now and then, for logs: some twenty in a run. */
const lines = (stream: NodeJS.WritableStream, steps: number): Progress => {
  const every = Math.max(1, Math.round(steps / 20))
  return {
    ...noProgress,
    trained: shown => {
      if (shown.step % every === 0 || shown.step === steps)
        stream.write(
          `step ${`${shown.step}`.padStart(`${steps}`.length)}/${steps}  ${fitting(facts(shown), Infinity)}\n`,
        )
    },
  }
}

/** A bar has at least so many cells. */
const LEAST_BAR = 16

/** As many facts as there is room for, in their order, the least important left out first. */
export const fitting = (facts: Facts, room: number): string => {
  const text = facts.map(([words]) => words).join('  ')
  if (text.length <= room || facts.length <= 1) return text
  const least = Math.min(...facts.map(([, importance]) => importance))
  return fitting(
    facts.filter(([, importance]) => importance > least),
    room,
  )
}

/** A bar in a terminal. Another total is another bar. */
export interface Bar {
  readonly show: (value: number, of: number, facts?: Facts) => void
  /** Takes it away, so that other text can follow. */
  readonly end: () => void
}

export const barOn = (terminal: NodeJS.WriteStream): Bar => {
  const paint = paintFor(terminal)
  const columns = (): number => terminal.columns || 80
  /** `██████░░░░`, as long as the text leaves room. */
  const drawn = (part: number, text: string): string => {
    const room = Math.max(LEAST_BAR, Math.min(40, columns() - text.length - 3))
    const full = Math.round(room * part)
    return paint('cyan', '█'.repeat(full)) + paint('gray', '░'.repeat(room - full))
  }
  const options: Options = {
    stream: terminal,
    clearOnComplete: true,
    gracefulExit: false, // `listen` hears the signals
    format: (_, { value, total }, { text }: { text: string }) => `${drawn(value / total, text)}  ${text}`,
  }
  let bar: SingleBar | undefined
  let total = 0
  const end = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    show: (value, of, facts = []) => {
      const text = fitting(facts, columns() - LEAST_BAR - 3)
      if (of !== total) end()
      total = of
      if (bar) return bar.update(value, { text })
      bar = new SingleBar(options)
      bar.start(of, value, { text })
    },
    end,
  }
}

const bars = (terminal: NodeJS.WriteStream, steps: number): Progress => {
  const { show, end } = barOn(terminal)
  return {
    trained: shown => show(shown.step, steps, [[`${shown.step}/${steps}`, 6], ...facts(shown)]),
    evaluated: (clips, of) => show(clips, of, [[`${grouped(clips)}/${grouped(of)} held-out clips`, 1]]),
    end,
  }
}

/** Progress on a stream. */
export const progressOn = (stream: NodeJS.WritableStream, steps: number): Progress => {
  const terminal = terminalOf(stream)
  return terminal ? bars(terminal, steps) : lines(stream, steps)
}

/** Before these seconds nobody wonders what is going on. */
const PATIENCE = 2

/** How far something is that is counted, with its rate and the time left: a bar in a terminal, a line now and then elsewhere. */
export const countingOn = (stream: NodeJS.WritableStream, noun: string): Bar => {
  const terminal = terminalOf(stream)
  const bar = terminal && barOn(terminal)
  // The first one takes its time for what comes before them all.
  let first: { readonly at: number; readonly done: number } | undefined
  let lastShown = 0
  return {
    show: (done, of) => {
      first ??= { at: performance.now(), done }
      const seconds = (performance.now() - first.at) / 1000
      if (seconds < PATIENCE) return
      const rate = (done - first.done) / seconds
      const facts: Facts = [
        [`${grouped(done)}/${grouped(of)} ${noun}`, 3],
        [`${fixed(rate, 1)}/s`, 1],
        [`${clock((of - done) / rate)} left`, 2],
      ]
      if (bar) return bar.show(done, of, facts)
      if (done < of && seconds - lastShown < Math.max(PATIENCE, seconds / 10)) return
      lastShown = seconds
      stream.write(`${fitting(facts, Infinity)}\n`)
    },
    end: () => bar?.end(),
  }
}

export const noBar: Bar = { show: () => undefined, end: () => undefined }
