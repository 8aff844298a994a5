/** The command line in this process, and as a program of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { run } from '../../lib/cli/program'
import { onnxEngine } from '../../lib/engines'

export interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const collecting = (hear: (text: string) => void): Writable =>
  new Writable({
    write: (chunk: Buffer, _, done) => {
      hear(chunk.toString())
      done()
    },
  })

/** Runs the command line here. `hear` is told of what it writes to its error stream. */
export const cli = async (args: readonly string[], hear: (text: string) => void = () => undefined): Promise<Result> => {
  let [out, err] = ['', '']
  const streams = {
    out: collecting(text => (out += text)),
    err: collecting(text => {
      err += text
      hear(text)
    }),
  }
  const code = await run(args, streams)
  return { code, out, err }
}

export const root = resolve(__dirname, '../..')
const program = ['-r', 'ts-node/register/transpile-only', join(root, 'lib/cli/main.ts')]

/** Runs the command line as a program, `before` being put in front of it in a shell. `hear` may send it signals. */
export const spawned = (
  args: readonly string[],
  hear: (text: string, child: ChildProcessWithoutNullStreams) => void = () => undefined,
  before = '',
): Promise<Result> =>
  new Promise((done, fail) => {
    const command = before
      ? { file: 'bash', args: ['-c', `${before}; exec "$0" "$@"`, process.execPath, ...program, ...args] }
      : { file: process.execPath, args: [...program, ...args] }
    // ts-node would write its cache where a test forbids to write.
    const env = { ...process.env, DISABLE_V8_COMPILE_CACHE: '1' }
    const child = spawn(command.file, command.args, { cwd: root, env })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString()
      hear(data.toString(), child)
    })
    child.on('error', fail)
    child.on('close', code => done({ code, out, err }))
  })

/** A folder that is there while the tests of a `describe` run. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-cli-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const bytes = (...path: string[]): string => readFileSync(join(...path)).toString('base64')

/** A network so small that a step takes milliseconds, measured with few clips. */
export const small =
  '--frames 2 --patch 8 --dim 4 --heads 2 --stb 1 --ttb 2 --batch 4 --held-out 80 --engine ndarray'.split(' ')

/** The name of the fastest engine that is installed. */
export const fastestEngine = (): Promise<string> =>
  onnxEngine().then(
    async found => (await found.close(), 'onnx'),
    () => 'ndarray',
  )
