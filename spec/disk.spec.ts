import { expect } from 'chai'
import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { append, checkWritable, reading, readText, removePartials, save } from '../lib/disk'
import { makeFolder } from '../lib/folders'
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
    const failing = function* () {
      yield Buffer.from('aft')
      throw new UserError('no more')
    }
    expect(() => save(there, failing())).to.throw(UserError, 'no more')
    expect(readFileSync(there, 'utf8')).to.equal('before')
    mkdirSync(join(folder, 'taken'))
    for (const act of [(path: string) => save(path, 'x'), checkWritable])
      expect(() => act(join(folder, 'taken'))).to.throw(UserError, /taken: must be a file to write, got a folder$/)
    expect(readdirSync(folder).filter(name => name.includes('partial'))).to.deep.equal([])
  })

  it("follows links, keeps modes, and takes no name that is somebody else's", () => {
    const [target, link, dangling] = ['target', 'link', 'dangling'].map(name => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const neighbour = `${target}.partial`
    writeFileSync(neighbour, 'mine')
    writeFileSync(target, 'before', { mode: 0o600 })
    symlinkSync(target, link)
    checkWritable(link)
    expect(readFileSync(target, 'utf8')).to.equal('before')
    save(link, 'after')
    expect(lstatSync(link).isSymbolicLink()).to.equal(true)
    expect(readFileSync(target, 'utf8')).to.equal('after')
    expect(statSync(target).mode & 0o777).to.equal(0o600)
    symlinkSync('not-yet', dangling)
    save(dangling, 'made')
    expect(readFileSync(join(folder, 'not-yet'), 'utf8')).to.equal('made')
    expect(readFileSync(neighbour, 'utf8')).to.equal('mine')
  })

  it('removes what a process that was killed has left of saving a file, and nothing else', () => {
    const own = join(folder, 'partials')
    mkdirSync(own)
    const names = ['a', 'a.0123abcd.partial', 'a.partial', 'b.partial', 'a.mine.partial', 'ab.0123abcd.partial']
    for (const name of names) writeFileSync(join(own, name), '')
    removePartials(join(own, 'a'))
    expect(readdirSync(own).sort()).to.deep.equal(['a', 'a.mine.partial', 'ab.0123abcd.partial', 'b.partial'])
  })

  it('refuses at once what is no file: it would wait for ever, or be replaced by one', function () {
    if (!existsSync('/dev/zero')) return this.skip()
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    for (const [path, kind] of [
      [fifo, 'a FIFO'],
      ['/dev/zero', 'a device'],
      [folder, 'a folder'],
    ] as const) {
      for (const read of [readText, (p: string) => reading(p, ({ size }) => size)])
        expect(() => read(path)).to.throw(UserError, `${path}: must be a file to read, got ${kind}`)
      if (kind !== 'a device')
        for (const write of [checkWritable, (p: string) => save(p, 'x')])
          expect(() => write(path)).to.throw(UserError, `${path}: must be a file to write, got ${kind}`)
    }
    expect(lstatSync(fifo).isFIFO()).to.equal(true)
    save('/dev/null', 'x')
    checkWritable('/dev/null')
    expect(lstatSync('/dev/null').isCharacterDevice()).to.equal(true)
    expect(() => save('/dev/full', 'x')).to.throw(
      UserError,
      '/dev/full: cannot be written: no space left on device (ENOSPC)',
    )
  })

  it('refuses a path with a null character, which Node would', () => {
    for (const action of [readText, checkWritable, makeFolder, (p: string) => save(p, 'x')])
      expect(() => action('a\0b')).to.throw(UserError, 'no path holds a null character')
  })

  describe('where the system does less than it was asked for', () => {
    /** Calls of the system that take only so many bytes at a time, and how many each was asked for. */
    const doing = <T>(most: number, action: (asked: number[]) => T): T => {
      const calls = fs as unknown as Record<'writeSync' | 'readSync', (...args: [number, Uint8Array, number, number, ...unknown[]]) => number> // prettier-ignore
      const { writeSync, readSync } = calls
      const asked: number[] = []
      const less =
        (call: typeof writeSync): typeof writeSync =>
        (file, bytes, from, length, ...rest) => {
          asked.push(length)
          return call(file, bytes, from, Math.min(length, most), ...rest)
        }
      Object.assign(calls, { writeSync: less(writeSync), readSync: less(readSync) })
      try {
        return action(asked)
      } finally {
        Object.assign(calls, { writeSync, readSync })
      }
    }
    const bytes = (path: string): Uint8Array =>
      reading(path, ({ size, read }) => {
        const out = new Uint8Array(size - Math.min(2, size))
        read(out, size - out.length)
        return out
      })

    it('goes on until all is written, added and read, from where it was', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), fc.string(), fc.integer({ min: 1, max: 7 }), (content, text, most) => {
          const path = join(folder, 'in pieces')
          doing(most, () => {
            save(path, content)
            append(path, text)
          })
          const whole = new Uint8Array(Buffer.concat([content, Buffer.from(text)]))
          expect(new Uint8Array(readFileSync(path))).to.deep.equal(whole)
          expect(doing(most, () => bytes(path))).to.deep.equal(whole.subarray(Math.min(2, whole.length)))
        }),
        { numRuns: 20 }, // each waits for the disk
      ) // prettier-ignore
    })

    it('writes chunks of any sizes as they come, and small ones together', () => {
      const sizes = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 65_530, max: 65_540 })), { maxLength: 12 })
      fc.assert(
        fc.property(sizes, sizes => {
          const path = join(folder, 'in chunks')
          const chunks = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
          const asked = doing(2 ** 30, asked => (save(path, chunks), asked))
          expect(readFileSync(path).equals(Buffer.concat(chunks))).to.equal(true)
          expect(asked.length).to.be.at.most(1 + 2 * sizes.filter(size => size > 50).length)
        }),
        { numRuns: 20 },
      )
    })

    it('asks for no more than 1 GiB at a time', () => {
      // Memory that nobody writes to is none.
      const much = new Uint8Array(2 ** 30 + 3)
      const asked = doing(0, asked => {
        let calls = 0
        const twice = fs.writeSync
        Object.assign(fs, { writeSync: (...args: [number, Uint8Array, number, number]) => (twice(...args), ++calls === 1 ? 2 ** 30 : 3) }) // prettier-ignore
        save(join(folder, 'much'), much)
        return asked
      })
      expect(asked).to.deep.equal([2 ** 30, 3])
    })
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
