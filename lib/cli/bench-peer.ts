/** Another library beside ours in a benchmark: a process that is asked for runs, one line at a time. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { UserError } from '../tensor'

export interface Runs {
  /** Milliseconds of each run. */
  readonly ms: readonly number[]
  /** The loss that each found. */
  readonly losses: readonly number[]
}

export interface Contender {
  readonly name: string
  readonly run: (what: 'forward' | 'step', count: number) => Promise<Runs>
  readonly close: () => Promise<void>
}

/** Starts a peer. It says its name in a line of JSON, and answers `step 3` with one of `Runs`.
 *  Throws UserError with what it printed where it ends too early. */
export const startPeer = async (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Contender> => {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { env: { ...process.env, ...env } })
  let complaint = ''
  child.stderr.on('data', (data: Buffer) => (complaint += data.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<void>((done, fail) => {
    child.on('close', () => done())
    child.on('error', fail)
  })
  ended.catch(() => undefined)
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next()
    if (!done) return JSON.parse(value) as T
    await ended.catch((error: Error) => (complaint += error.message))
    throw new UserError(`${command} ${args[0] ?? ''}: ${complaint.trim().split('\n').at(-1) ?? 'it ended'}`)
  }
  const { name } = await answer<{ name: string }>()
  return {
    name,
    run: (what, count) => {
      child.stdin.write(`${what} ${count}\n`)
      return answer<Runs>()
    },
    close: () => {
      child.stdin.end()
      return ended
    },
  }
}
