/** A process that makes clips one after the other, under watch: a video that ruins it costs its own clip alone. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { UserError } from '../tensor'
import type { ClipData, ClipRequest } from './clip'
import type { Answer } from './worker'

/** A clip, or why there is none: its video is missing or broken. */
export type ClipResult = Readonly<{ request: ClipRequest }> &
  (Readonly<{ clip: ClipData }> | Readonly<{ problem: string }>)

export interface Child {
  /** How many clips it has been asked for and not made yet. */
  readonly load: () => number
  readonly make: (request: ClipRequest) => Promise<ClipResult>
  /** Ends it when it has done with the clip it is at. */
  readonly close: () => Promise<void>
}

type Waiting = Readonly<{ request: ClipRequest; resolve: (result: ClipResult) => void; reject: (error: Error) => void }>

/**
 * Starts a process. A damaged video can keep its reader busy without end, or crash it: a clip that is not made within
 * `timeLimit` seconds is a problem of its video, as is one that ends the process. Another one then takes its place. A thread
 * would not do: FFmpeg's bindings abort the whole program where their thread is ended while they are at work.
 */
export const startChild = (timeLimit: number): Child => {
  /** In the order in which they are made: the first one is being made. */
  const waiting: Waiting[] = []
  let child: ChildProcess
  let ready = false
  let timer: NodeJS.Timeout | undefined
  let closing = false
  let ended: Error | undefined
  let said = ''
  let haveEnded: () => void
  const over = new Promise<void>(resolve => (haveEnded = resolve))

  const end = (error: Error): void => {
    ended ??= error
    clearTimeout(timer)
    for (const { reject } of waiting.splice(0)) reject(ended)
    haveEnded()
  }
  /** Begins the time of the first clip, when the process is at it. */
  const watch = (): void => {
    clearTimeout(timer)
    const first = waiting[0]
    if (first === undefined || !ready) return
    timer = setTimeout(() => {
      // Whoever was busy here may have an answer waiting, which is heard before this is.
      setImmediate(() => {
        if (waiting[0] === first) replace(`expected a clip within ${timeLimit} s, found none`)
      })
    }, timeLimit * 1000)
  }
  const begin = (): void => {
    ready = false
    child = newChild()
    child.on('message', (answer: Answer | 'ready') => {
      if (answer === 'ready') ready = true
      else settle(waiting.shift()!, answer)
      watch()
    })
    child.stderr?.on('data', (text: Buffer) => (said = `${said}${String(text)}`.slice(0, 2000)))
    child.on('error', end)
    child.on('exit', (code, signal) => {
      running.delete(child)
      const how = signal === null ? `code ${code}` : signal
      if (ready && !closing && waiting.length > 0) replace(`expected a clip, found what ends its reader (${how})`)
      else end(new Error(`a process that makes clips ended with ${how}${said === '' || closing ? '' : `: ${said}`}`))
    })
    for (const { request } of waiting) child.send(request)
  }
  /** Ends the process, whatever it is at, and goes on with the clips behind. */
  const replace = (why: string): void => {
    const { request, resolve } = waiting.shift()!
    const old = child
    old.removeAllListeners()
    old.on('error', () => undefined) // It is known to be at its end.
    old.on('exit', () => running.delete(old))
    old.kill('SIGKILL')
    resolve({ request, problem: `${request.path}: ${why}` })
    if (closing) end(new Error('a process that makes clips was ended'))
    else begin()
  }

  begin()
  return {
    load: () => waiting.length,
    make: request =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        waiting.push({ request, resolve, reject })
        child.send(request)
        if (waiting.length === 1) watch()
      }),
    close: async () => {
      closing = true
      if (!ended) child.send('end')
      await over
    },
  }
}

const settle = ({ request, resolve, reject }: Waiting, answer: Answer): void => {
  if ('data' in answer) resolve({ request, clip: answer })
  else if (answer.kind === 'problem') resolve({ request, problem: answer.reason })
  else if (answer.kind === 'mistake') reject(new UserError(answer.reason))
  else reject(new Error(`making a clip of ${request.path}: ${answer.reason}`))
}

/** Processes that a sudden end of this one has to take along: one that hangs does not notice. */
const running = new Set<ChildProcess>()
const endAll = (): void => running.forEach(child => void child.kill('SIGKILL'))

/** The process's file, beside this one: compiled in the package, or as it is where ts-node runs the sources. */
const newChild = (): ChildProcess => {
  const extension = extname(__filename)
  const child = fork(join(__dirname, `worker${extension}`), [], {
    execArgv: extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  if (running.size === 0) process.off('exit', endAll).on('exit', endAll)
  running.add(child)
  return child
}
