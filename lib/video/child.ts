/** A process that makes clips one after the other, under watch: a video that ruins it costs its own clip alone. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { UserError } from '../tensor'
import type { ClipData, ClipRequest } from './clip'
import type { Answer } from './worker'

/** A clip, or why there is none: its video is missing or broken. */
export type ClipResult<C = ClipData> = { readonly request: ClipRequest } & (
  { readonly clip: C } | { readonly problem: string }
)

export interface Child {
  /** How many clips it has been asked for and not made yet. */
  readonly load: () => number
  readonly make: (request: ClipRequest) => Promise<ClipResult>
  /** Ends it when it has done with the clip it is at; of others that it was asked for there are none. */
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly request: ClipRequest
  readonly resolve: (result: ClipResult) => void
  readonly reject: (error: Error) => void
}

/** How many seconds a process may take to start: that is no clip's time. */
const START = 60

/** How often in a row a process may end before it is ready, until nothing is expected of the next. */
const MAX_STARTS = 3

/**
 * A process that is started when it is first asked for a clip. A damaged video can keep its reader busy without end, or crash
 * it: a clip that is not made within `timeLimit` seconds is a problem of its video, as is one that ends the process. Another one
 * then takes its place, as it does of one that ends while it starts or waits. A thread would not do: FFmpeg's bindings abort the
 * whole program where their thread is ended while they are at work.
 */
export const startChild = (timeLimit: number): Child => {
  /** In the order in which they are made: the first one is being made. */
  const waiting: Waiting[] = []
  let child: ChildProcess | undefined
  let [ready, starts, said] = [false, 0, '']
  let timer: NodeJS.Timeout | undefined
  let closing: (() => void) | undefined

  /** Begins the time of the first clip, or that of starting. */
  const watch = (): void => {
    clearTimeout(timer)
    const [process, first] = [child, waiting[0]]
    if (first === undefined || process === undefined) return
    const limit = ready ? timeLimit : START
    timer = setTimeout(() => {
      // Whoever was busy here may have an answer waiting, which is heard before this is.
      setImmediate(() => {
        if (child === process && waiting[0] === first) lose(`${ready ? 'no clip' : 'no word'} within ${limit} s`)
      })
    }, limit * 1000)
  }
  const begin = (): void => {
    const process = newChild()
    child = process
    ready = false
    process.on('message', (answer: Answer | 'ready') => {
      if (child !== process) return
      if (answer === 'ready') [ready, starts] = [true, 0]
      else settle(waiting.shift()!, answer)
      watch()
    })
    process.stderr?.on('data', (text: Buffer) => (said = `${said}${String(text)}`.slice(0, 2000)))
    process.on('error', error => child === process && lose(error.message))
    process.on('exit', (code, signal) => {
      running.delete(process)
      if (child === process) lose(`what ends its reader (${signal ?? `code ${code}`})`)
    })
    for (const { request } of waiting) send(request)
    watch()
  }
  /** What cannot be sent has its process ended already, of which there will be word. */
  const send = (message: ClipRequest | 'end'): void => void child?.send(message, () => undefined)
  /** Gives up the process, whatever it is at, and goes on with another one where there are clips left. */
  const lose = (why: string): void => {
    clearTimeout(timer)
    child?.kill('SIGKILL')
    child = undefined
    // What it was asked for before it was ready is not to blame for its end.
    if (ready && closing === undefined) {
      const first = waiting.shift()
      first?.resolve({ request: first.request, problem: `${first.request.path}: must be a video, got ${why}` })
    } else if (!ready && ++starts >= MAX_STARTS) {
      const reason = said.trim().split('\n').at(-1) ?? ''
      const error = new UserError(
        `processes that make clips must start, got ${why}${reason === '' ? '' : `: ${reason}`}`,
      )
      for (const { reject } of waiting.splice(0)) reject(error)
      starts = 0
    }
    ready = false
    if (closing !== undefined) {
      for (const { reject } of waiting.splice(0)) reject(closed())
      closing()
    } else if (waiting.length > 0) begin()
  }
  return {
    load: () => waiting.length,
    make: request =>
      new Promise((resolve, reject) => {
        if (closing !== undefined) return reject(closed())
        waiting.push({ request, resolve, reject })
        if (child === undefined) begin()
        else send(request)
        if (waiting.length === 1) watch()
      }),
    close: () =>
      new Promise(resolve => {
        closing = resolve
        for (const { reject } of waiting.splice(1)) reject(closed())
        if (child === undefined) resolve()
        else send('end')
      }),
  }
}

const closed = (): UserError => new UserError('a reader must be open to make clips, got one that is closed')

const settle = ({ request, resolve, reject }: Waiting, answer: Answer): void => {
  if ('data' in answer) resolve({ request, clip: answer })
  else if (answer.kind === 'problem') resolve({ request, problem: answer.reason })
  else reject(new UserError(answer.reason))
}

/** Processes that a sudden end of this one has to take along: one that hangs does not notice. */
const running = new Set<ChildProcess>()
const endAll = (): void => running.forEach(child => void child.kill('SIGKILL'))

/** What of the environment a process needs to run and to find its libraries; anything else is none of its business. */
const needed =
  /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|NODE_(?:OPTIONS|PATH|EXTRA_CA_CERTS|V8_COVERAGE)|TS_NODE_\w+|LD_LIBRARY_PATH|DYLD_\w+)$/i

/** The process's file, beside this one: compiled in the package, or as it is where ts-node runs the sources. */
const newChild = (): ChildProcess => {
  const extension = extname(__filename)
  const child = fork(join(__dirname, `worker${extension}`), [], {
    execArgv: extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => needed.test(name))),
      // ts-node would look for it where the program was started.
      TS_NODE_PROJECT: join(__dirname, '../../tsconfig.json'),
    },
  })
  if (running.size === 0) process.off('exit', endAll).on('exit', endAll)
  running.add(child)
  return child
}
