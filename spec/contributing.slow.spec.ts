/** The walks of CONTRIBUTING.md, taken in a copy of the repository: files are written, changes applied, commands run. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(__dirname, '..')
const guide = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

/** A block of a walk. The files are named on a line of their own before it. */
interface Step {
  readonly file?: string | undefined
  readonly kind: string
  readonly text: string
}
const stepsOf = (section: string): readonly Step[] =>
  Array.from(section.matchAll(/(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm), ([, file, kind, text]) => ({
    file,
    kind: kind!,
    text: text!,
  }))
/** The walks: a section each, those with files. */
const walks = new Map(
  guide.split(/^## /m).flatMap(section => {
    const steps = stepsOf(section)
    return steps.some(s => s.file) ? [[section.split('\n')[0]!, steps] as const] : []
  }),
)

/** A file with the hunks of a change, each where its lines stand, once. */
const changed = (before: string, change: string, file: string): string =>
  change.split(/^@@.*\n/m).reduce((text, hunk) => {
    const side = (without: string): string =>
      hunk
        .split('\n')
        .filter(line => line && line[0] !== without)
        .map(line => `${line.slice(1)}\n`)
        .join('')
    const from = side('+')
    const parts = `\n${text}`.split(`\n${from}`)
    expect(parts.length - 1, `places in ${file} for\n${hunk}`).to.equal(1)
    return parts.join(`\n${side('-')}`).slice(1)
  }, before)

/** Runs a line of a terminal block. `# fails: …` says that it does, and with what; `# → file` what it writes.
 *  @returns what it printed */
const ran = async (line: string, folder: string): Promise<string> => {
  const [, command, , fails, writes] = /^(.*?)( +# (?:fails: (.*)|→ (.*)))?$/.exec(line)!
  const { TS_NODE_PROJECT: _, MOCHA_COLORS: __, ...env } = process.env
  const shell = promisify(execFile)('sh', ['-c', command!], { cwd: folder, env: { ...env, NO_COLOR: '1' } })
  const { code, out } = await shell.then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    ({ code, stdout, stderr }) => ({ code, out: `${stdout}${stderr}` }),
  )
  expect(code === 0, `${line}\n${out}`).to.equal(fails === undefined)
  if (fails) expect(out, line).to.include(fails)
  if (writes) expect(existsSync(join(folder, writes)), `${line}: ${writes}`).to.equal(true)
  // A filter of tests that finds none would pass.
  if (/\bmocha\b/.test(command!)) expect(Number(/(\d+) passing/.exec(out)?.[1]), out).to.be.above(0)
  return out
}

describe('CONTRIBUTING.md', function () {
  this.timeout(300_000)
  let copy: string
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'cstransformer-walk-'))
    for (const name of [
      '.ci',
      'lib',
      'spec',
      'docs',
      'examples',
      'fixtures',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      '.mocharc.json',
    ])
      cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'))
  })
  afterEach(() => rmSync(copy, { recursive: true, force: true }))

  it('has both walks', () => expect([...walks.keys()]).to.deep.equal(['Add a primitive', 'Add an equation']))

  for (const [title, steps] of walks)
    it(`'${title}' works as it says`, async () => {
      for (const { file, kind, text } of steps) {
        if (kind === 'sh') for (const line of text.trim().split('\n')) await ran(line, copy)
        else if (kind === 'diff')
          writeFileSync(join(copy, file!), changed(readFileSync(join(copy, file!), 'utf8'), text, file!))
        else {
          expect(existsSync(join(copy, file!)), `${file} before the walk`).to.equal(false)
          writeFileSync(join(copy, file!), text)
        }
      }
    })
})
