/** Features kept on disk: what was saved, or nothing. */
import { expect } from 'chai'
import fc from 'fast-check'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs' // prettier-ignore
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Features, openFeatureCache } from '../../lib/training/node'

const features = (seed: number): Features => ({
  data: Float32Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(seed + i))),
  shape: [2, 3],
  video: { frames: 10, fps: 25, duration: 0.4, width: 32, height: 24, kind: 'MP4, h264' },
  damaged: [seed % 3],
})

describe('A folder of features', () => {
  const above = mkdtempSync(join(tmpdir(), 'cstransformer-features-'))
  after(() => rmSync(above, { recursive: true, force: true }))
  let folder = ''
  let said: string[] = []
  let count = 0
  beforeEach(() => {
    folder = join(above, `${++count}`)
    said = []
  })
  const open = (network = 'a network', limit = 1e6) =>
    openFeatureCache(folder, network, { limit, onEnd: why => said.push(why) })
  const files = () => readdirSync(folder).sort()

  it('holds what was put into it, by its key, for another process, too', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 5 }), keys => {
        folder = join(above, `${++count}`)
        const cache = open()
        keys.forEach((key, i) => cache.put(key, features(i)))
        for (const there of [cache, open()]) keys.forEach((key, i) => expect(there.get(key)).to.deep.equal(features(i)))
        expect(open().get('another')).to.equal(undefined)
        expect(said).to.deep.equal([])
      }),
      { numRuns: 20 },
    ))

  it('makes no folder before there is something to keep', () => {
    open()
    expect(existsSync(folder)).to.equal(false)
  })

  for (const [what, damage] of [
    ['an empty file', () => ''],
    ['half a file', (whole: Buffer) => whole.subarray(0, whole.length - 8)],
    [
      'a number that is another',
      (whole: Buffer) => Buffer.from(whole.map((b, i) => (i === whole.length - 3 ? b ^ 4 : b))),
    ],
    ['a header that is another', (whole: Buffer) => Buffer.from(whole.toString('latin1').replace('MP4', 'MP5 '), 'latin1')], // prettier-ignore
    ['other bytes', () => 'not tensors at all'],
  ] as const)
    it(`holds nothing in the place of ${what}, and what is made again`, () => {
      open().put('k', features(1))
      const path = join(folder, files()[0]!)
      writeFileSync(path, damage(readFileSync(path)))
      const cache = open()
      expect(cache.get('k')).to.equal(undefined)
      cache.put('k', features(2))
      expect(open().get('k')).to.deep.equal(features(2))
      expect(files()).to.have.lengthOf(1)
      expect(said).to.deep.equal([])
    })

  it('holds nothing in the place of a file that has the name of another', () => {
    const cache = open()
    cache.put('a', features(1))
    const [first] = files()
    cache.put('b', features(2))
    const second = files().find(name => name !== first)!
    copyFileSync(join(folder, first!), join(folder, second))
    expect(cache.get('b')).to.equal(undefined)
    expect(cache.get('a')).to.deep.equal(features(1))
  })

  it('of another network, or half written, is removed; other files stay', () => {
    open().put('k', features(1))
    writeFileSync(join(folder, `${files()[0]!}.0123abcd.partial`), 'half')
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    const cache = open('another network')
    expect(files()).to.deep.equal(['notes.txt'])
    expect(cache.get('k')).to.equal(undefined)
  })

  it('takes no more than it may, and says so once; what is there stays', () => {
    open().put('first', features(0))
    const one = statSync(join(folder, files()[0]!)).size
    const cache = open('a network', 3 * one + 2500)
    for (let i = 1; i < 20; i++) cache.put(`${i}`, features(i))
    const bytes = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    expect(bytes).to.be.within(2 * one, 3 * one + 2500)
    expect(said).to.deep.equal([`${folder}: holds as much as it may`])
    expect(cache.get('first')).to.deep.equal(features(0))
    open('a network', 0).put('more', features(1))
    expect(cache.get('more')).to.equal(undefined)
  })

  it('that cannot be written keeps nothing, says why once, and ends nothing', function () {
    if (process.platform === 'win32') return this.skip()
    writeFileSync(folder, 'a file in its place')
    const cache = open()
    cache.put('k', features(1))
    cache.put('l', features(1))
    expect(cache.get('k')).to.equal(undefined)
    expect(said).to.have.lengthOf(1)
    expect(said[0]).to.match(/^.*: cannot be (made|read|written): not a directory \(ENOTDIR\)$|file already exists/)
  })

  it('that may not be written keeps nothing, too', function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) return this.skip()
    mkdirSync(folder)
    chmodSync(folder, 0o500)
    open().put('k', features(1))
    expect(said).to.have.lengthOf(1)
    expect(said[0]).to.match(/cannot be written: permission denied \(EACCES\)$/)
    chmodSync(folder, 0o700)
  })
})
