/** Every example runs, and prints what it says it prints: the lines after an arrow. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promised } from '../docs/generator/snippets'

const root = resolve(__dirname, '..')
const folder = join(root, 'examples')
const files = readdirSync(folder).filter(name => name.endsWith('.ts'))

/** One process runs all of them, since most of the time goes into starting it: each when nothing is left to do for the
 *  one before, and whatever that one throws. */
const program = `
  const names = ${JSON.stringify(files)}
  const next = () => {
    const name = names.shift()
    if (!name) return
    console.log('== ' + name)
    setImmediate(() => require('./examples/' + name))
  }
  process.on('beforeExit', next)
  process.on('uncaughtException', error => console.log(error))
  next()`

describe('The examples', () => {
  const printed = new Map<string, string[]>()
  before(() => {
    const args = ['-r', 'ts-node/register/transpile-only', '-e', program]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    expect(stderr).to.equal('')
    expect(status).to.equal(0)
    for (const part of stdout.split(/^== /m).slice(1)) {
      const [name, ...lines] = part.trimEnd().split('\n')
      printed.set(name!, lines)
    }
  })

  it('are numbered without a gap', () =>
    expect(files.map(name => parseInt(name))).to.deep.equal(files.map((_, i) => i + 1)))

  for (const name of files)
    it(`${name} is short, and prints what it says`, () => {
      const code = readFileSync(join(folder, name), 'utf8').trimEnd()
      expect(code.split('\n').length, 'lines').to.be.below(60)
      expect(promised(code), 'lines that it says it prints').to.not.be.empty
      expect(printed.get(name)).to.deep.equal(promised(code))
    })
})
