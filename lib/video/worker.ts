/** A process that makes clips: it is sent requests, and sends back clips, or why there is none. */
import type { UserError } from '../tensor'
import { type ClipData, type ClipRequest, problemOf, readClip } from './clip'
import { loadMediabunny } from './mediabunny'

/** What became of a request: a clip, a problem of the video, or a mistake of the user's. */
export type Answer = ClipData | { readonly kind: 'problem' | 'mistake'; readonly reason: string }

const answerTo = async (request: ClipRequest): Promise<Answer> => {
  try {
    return await readClip(request)
  } catch (error) {
    const problem = problemOf(request, error)
    return problem === undefined
      ? { kind: 'mistake', reason: (error as UserError).message }
      : { kind: 'problem', reason: problem }
  }
}

/** Sent to whoever started this process, and on its way when the promise is kept. */
const say = (words: Answer | 'ready'): Promise<void> => new Promise(sent => process.send?.(words, () => sent()))

// One clip after the other: what is held is bounded by one clip in each process. It ends when it is told to and has done with
// the clip it is at, or when whoever started it is gone.
let queue = Promise.resolve()
let ending = false
process.on('message', (request: ClipRequest | 'end') => {
  if (request === 'end') ending = true
  queue = queue.then(async () => {
    if (ending) process.disconnect()
    else if (request !== 'end') await say(await answerTo(request))
  })
})
process.on('disconnect', () => process.exit())
// A terminal sends its signals to everyone; the process that started this one decides what comes of them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// What is loaded first is no clip's time. What cannot be loaded is said of the clip that needs it.
void loadMediabunny()
  .catch(() => undefined)
  .then(() => say('ready'))
