import { expect } from 'chai'
import fc from 'fast-check'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { append, makeFolder, readText, save } from '../lib/disk'
import { UserError } from '../lib/tensor'
import { temporaryFolder } from './cli/command'

describe('files', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'a.bin')

  it('holds what was saved last, and leaves nothing beside it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), content => {
        save(file, content)
        expect(new Uint8Array(readFileSync(file))).to.deep.equal(content)
        expect(readdirSync(folder)).to.deep.equal(['a.bin'])
      }),
      { numRuns: 20 }, // each waits for the disk
    )
  })

  it('adds to the end', () => {
    const lines = join(folder, 'lines')
    for (const line of ['a\n', 'b\n']) append(lines, line)
    expect(readFileSync(lines, 'utf8')).to.equal('a\nb\n')
  })

  it('leaves the file before, and nothing half written, when saving fails', () => {
    const there = join(folder, 'there')
    writeFileSync(there, 'before')
    mkdirSync(`${there}.partial`) // no file can be opened here
    expect(() => save(there, 'after')).to.throw(
      UserError,
      `${there}: cannot be written: illegal operation on a directory (EISDIR)`,
    )
    expect(readFileSync(there, 'utf8')).to.equal('before')
    mkdirSync(join(folder, 'taken')) // nothing can be moved here
    expect(() => save(join(folder, 'taken'), 'x')).to.throw(UserError, /taken: cannot be written: .* \(E[A-Z]+\)$/)
    expect(existsSync(join(folder, 'taken.partial'))).to.equal(false)
  })

  it('names the path and the reason', () => {
    expect(() => readText(join(folder, 'none'))).to.throw(
      UserError,
      `${join(folder, 'none')}: cannot be read: no such file or directory (ENOENT)`,
    )
    expect(() => makeFolder(join(file, 'below'))).to.throw(UserError, 'cannot be made: not a directory (ENOTDIR)')
    if (existsSync('/proc/self'))
      expect(() => makeFolder('/proc/none')).to.throw(
        UserError,
        '/proc/none: cannot be made: no such file or directory (ENOENT)',
      )
  })

  it('makes folders below each other, and is content with those that are there', () => {
    const deep = join(folder, 'one', 'two', 'three')
    makeFolder(deep)
    makeFolder(deep)
    expect(existsSync(deep)).to.equal(true)
  })

  it('says that a disk is full', function () {
    if (!existsSync('/dev/full')) return this.skip()
    expect(() => append('/dev/full', 'x')).to.throw(
      UserError,
      '/dev/full: cannot be written: no space left on device (ENOSPC)',
    )
  })
})
