/** The worker: everything that computes, away from the page. */
import type { Order, Report } from '../protocol'
import type { Settings } from '../settings'
import { loadDigits } from './digits'
import { keepReference } from './engines'
import { type Session, startSession } from './session'

const page = self as unknown as {
  postMessage: (report: Report) => void
  onmessage: ((event: { readonly data: Order }) => void) | null
}

const digits = loadDigits()
// A failure is told to whoever awaits it: the run.
digits.catch(() => undefined)

/** Lets messages in: a promise alone would not. */
const { port1, port2 } = new MessageChannel()
const turns: (() => void)[] = []
port1.onmessage = () => turns.shift()?.()
const turn = (): Promise<void> =>
  new Promise(resolve => {
    turns.push(resolve)
    port2.postMessage(null)
  })

/** Between two looks at the networks there are so many milliseconds, and at least twice the time that a look takes. */
const BETWEEN_LOOKS = 400

setTimeout(keepReference, 3000)

let current = 0
let going = false
/** Steps that were asked for one by one. */
let owed = 0
/** What was asked of the session since it last looked: it is done between two steps. */
let asked: ((session: Session) => void)[] = []
let wake = (): void => undefined
let ended: Promise<void> = Promise.resolve()

const work = async (run: number, session: Session): Promise<void> => {
  let next = performance.now() + BETWEEN_LOOKS
  while (run === current) {
    if (asked.length > 0) {
      const all = asked
      asked = []
      for (const ask of all) ask(session)
      next = performance.now() + Math.max(BETWEEN_LOOKS, 2 * (await session.look()))
      await turn()
      continue
    }
    if (!going && owed === 0) {
      await new Promise<void>(resolve => (wake = resolve))
      continue
    }
    const single = !going
    if (owed > 0) owed--
    const took = await session.step(() => single || !going || performance.now() >= next)
    if (took > 0) next = performance.now() + Math.max(BETWEEN_LOOKS, 2 * took)
    await turn()
  }
}

const start = async (run: number, settings: Settings): Promise<void> => {
  let session: Session | undefined
  try {
    session = await startSession(settings, await digits, message => {
      if (run === current) page.postMessage({ ...message, run })
    })
    await work(run, session)
  } catch (error) {
    if (run === current) page.postMessage({ type: 'failed', run, text: (error as Error).message })
  } finally {
    await session?.end().catch(() => undefined)
  }
}

page.onmessage = ({ data }) => {
  if (data.type === 'start') {
    current = data.run
    going = data.settings.run
    owed = 0
    asked = []
    // One run after another: the engine of the one before gives back its memory first.
    ended = ended.then(() => (data.run === current ? start(data.run, data.settings) : undefined))
  } else if (data.type === 'step') owed++
  else if (data.type === 'try') asked.push(session => session.attempt(data.trial))
  else if (data.type === 'matrix') asked.push(session => session.want(data.wanted))
  else if (data.type === 'digit') asked.push(session => session.draw(data.image))
  else going = data.type === 'go'
  wake()
}
