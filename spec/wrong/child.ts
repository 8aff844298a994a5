/** A process that does wrong things, one after the other, and says what came of each. Whoever started it ends it where one has
 *  no end. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cli } from '../cli/command'

export interface Asked {
  readonly argv: readonly string[]
  /** A folder for it alone. */
  readonly folder: string
  /** What the folder holds at first. */
  readonly setting: string
}
export interface Came {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** What it has left, or changed. */
  readonly left: readonly string[]
  readonly ms: number
}

/** The plain files and folders below a folder, with what they hold. */
const held = (folder: string, below = ''): Map<string, string> =>
  new Map(
    readdirSync(join(folder, below)).flatMap(name => {
      const path = join(below, name)
      const stats = statSync(join(folder, path), { throwIfNoEntry: false })
      if (stats?.isDirectory()) return [[path, 'a folder'] as [string, string], ...held(folder, path)]
      const text = stats?.isFile()
        ? createHash('sha1')
            .update(readFileSync(join(folder, path)))
            .digest('hex')
        : 'no file'
      return [[path, text] as [string, string]]
    }),
  )

const done = async ({ argv, folder, setting }: Asked): Promise<Came> => {
  const here = join(folder, 'here') // one folder deeper, so that `..` is still a folder for it alone
  mkdirSync(here, { recursive: true })
  cpSync(setting, here, { recursive: true, verbatimSymlinks: true })
  spawnSync('mkfifo', [join(here, 'fifo')])
  process.chdir(here)
  const before = held(folder)
  const begun = performance.now()
  const { code, out, err } = await cli(argv)
  const ms = performance.now() - begun
  const after = held(folder)
  const left = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path)
  const gone = [...before.keys()].filter(path => !after.has(path)).map(path => `${path} is gone`)
  return { code, out: out.slice(0, 4000), err: err.slice(0, 8000), left: [...left, ...gone], ms }
}

process.on('message', (asked: Asked) => {
  void done(asked)
    .catch((error: unknown) => ({
      code: -1,
      out: '',
      err: `thrown: ${String((error as Error)?.stack ?? error)}`,
      left: [],
      ms: 0,
    }))
    .then(came => process.send!(came))
})
process.on('uncaughtException', error => process.send!({ code: -2, out: '', err: `uncaught: ${error.stack}`, left: [], ms: 0 })) // prettier-ignore
process.send!('ready')
