/** Another library beside ours in a benchmark: a process that is asked for runs, one line at a time. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { UserError } from '../../tensor'
import { type Blas, type Contender, type Runs, type What, WHAT } from './contender'

/** The line that says what went wrong: Node's comes before the stack and Node's version, Python's is the last. */
const lastWords = (complaint: string): string => {
  const lines = complaint.trim().split('\n')
  return lines.filter(line => /^\w*Error\b/.test(line)).at(-1) ?? (lines.at(-1) || 'it ended')
}

/** Starts a peer. It says its name, and what it can do if that is not all, in a line of JSON, and answers `step 3` with one of `Runs`.
 *  Throws UserError with what it printed where it ends too early.
 *  @param signal ends it where it does not answer */
export const startPeer = async (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Contender> => {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { env: { ...process.env, ...env }, signal })
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
    throw new UserError(`${command} ${args[0] ?? ''}: ${lastWords(complaint)}`)
  }
  const { name, blas, what = WHAT } = await answer<{ name: string; blas?: Blas; what?: readonly What[] }>()
  return {
    name,
    blas,
    what,
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
