/** Asks a process for wrong things, and another one where the first has no end. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Asked, Came } from './child'
import { makeSetting } from './setting'

/** Seconds that an answer may take. It is 10 on a machine of one's own. */
const LIMIT = 40

export interface Asking {
  readonly ask: (what: Pick<Asked, 'argv'>) => Promise<Came>
  readonly close: () => void
}

export const openAsking = (): Asking => {
  const base = mkdtempSync(join(tmpdir(), 'cstransformer-wrong-'))
  const setting = join(base, 'setting')
  let [child, count] = [undefined as ChildProcess | undefined, 0]
  const start = (): Promise<ChildProcess> =>
    new Promise((resolve, reject) => {
      const started = fork(join(__dirname, 'child.ts'), [], {
        execArgv: ['--max-old-space-size=3000', '-r', require.resolve('ts-node/register/transpile-only')],
        env: { ...process.env, TMPDIR: base },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      started.once('message', () => resolve(started))
      started.once('error', reject)
    })
  return {
    ask: async what => {
      if (count === 0) makeSetting(setting)
      const asked = (child ??= await start())
      const folder = join(base, `${count++}`)
      const came = await new Promise<Came>(resolve => {
        const end = (err: string): void => {
          clearTimeout(timer)
          asked.removeAllListeners()
          if (err !== '') {
            asked.kill('SIGKILL')
            child = undefined
            resolve({ code: null, out: '', err, left: [], ms: NaN })
          }
        }
        const timer = setTimeout(() => end(`no end within ${LIMIT} s`), LIMIT * 1000)
        asked.once('message', (answer: Came) => {
          end('')
          if (answer.code !== null && answer.code < 0) {
            asked.kill('SIGKILL')
            child = undefined
          }
          resolve(answer)
        })
        asked.once('exit', (code, signal) => end(`its process ended (${signal ?? code})`))
        asked.send({ ...what, folder, setting })
      })
      rmSync(folder, { recursive: true, force: true })
      return came
    },
    close: () => {
      child?.kill('SIGKILL')
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** What is wrong with what came of a wrong command line; nothing where it is one error of ours, or a result. */
export const faultOf = ({ code, out, err, left }: Came): string | undefined => {
  if (code === 0)
    return /(?<![\w/])(NaN|undefined|Infinity)(?!:)|\[object/.test(out) ? `a result of ${out.slice(0, 200)}` : undefined
  if (code !== 1) return `code ${code}: ${err.slice(0, 600)}`
  // eslint-disable-next-line no-control-regex
  if (!/^cstransformer: [^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+\n$/.test(err)) return `no clean line: ${JSON.stringify(err.slice(0, 600))}` // prettier-ignore
  if (err.length > 401) return `a line of ${err.length} letters`
  // A run that has begun, and whose steps are at fault, keeps what it did.
  if (left.length > 0 && !/^cstransformer: step \d+: /.test(err)) return `left behind: ${left.join(', ')}`
  return out === '' ? undefined : `printed before: ${JSON.stringify(out.slice(0, 100))}`
}
