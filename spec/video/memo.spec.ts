import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { openVideo } from '../../lib/video'
import { memoOfFiles } from '../../lib/video/memo'
import { temporaryFiles } from './datasets/files'

describe('What is known of a file', () => {
  const { at, write } = temporaryFiles()
  before(() => ['a', 'b', 'c'].forEach(name => write(name, name)))

  it('is learnt once, and again where the file has changed or too much was learnt since', async () => {
    let learnt = 0
    const know = memoOfFiles<string>(2, () => 1)
    const knows = (name: string) => know(at(name), async () => `${name} ${++learnt}`)
    expect([await knows('a'), await knows('a'), await knows('b'), await knows('a')]).to.deep.equal(['a 1', 'a 1', 'b 2', 'a 1']) // prettier-ignore
    // The third is too much: b was not asked for since longest.
    expect([await knows('c'), await knows('a'), await knows('b')]).to.deep.equal(['c 3', 'a 1', 'b 4'])
    write('a', 'other')
    expect(await knows('a')).to.equal('a 5')
  })

  it('weighs no more than it may, whatever is asked for', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c')),
        fc.integer({ min: 1, max: 7 }),
        async (names, most) => {
          // prettier-ignore
          const weights = { a: 1, b: 2, c: 4 }
          const know = memoOfFiles<'a' | 'b' | 'c'>(most, name => weights[name])
          let inOrder: ('a' | 'b' | 'c')[] = []
          for (const name of names) {
            let isNew = false
            await know(at(name), async () => ((isNew = true), name))
            expect(isNew, names.join('')).to.equal(!inOrder.includes(name))
            inOrder = [...inOrder.filter(other => other !== name), name]
            while (inOrder.reduce((sum, other) => sum + weights[other], 0) > most) inOrder.shift()
          }
        },
      ),
    ))

  it('weighs once where two learn it at once', async () => {
    let [begun, learnt] = [0, 0]
    let go = (): void => undefined
    const both = new Promise<void>(resolve => (go = resolve))
    const know = memoOfFiles<string>(2, () => 1)
    const knows = (name: string) => know(at(name), async () => `${name} ${++learnt}`)
    const atOnce = () =>
      know(at('a'), () => {
        if (++begun === 2) go()
        return both.then(() => 'a')
      })
    expect(await Promise.all([atOnce(), atOnce()])).to.deep.equal(['a', 'a'])
    expect([await knows('b'), await knows('a'), await knows('b'), learnt]).to.deep.equal(['b 1', 'a', 'b 1', 1])
  })

  it('is not that of another that takes its place with its size and time', async () => {
    const [one, other] = ['gray.mp4', 'rotated-90.mp4'].map(name =>
      readFileSync(join(__dirname, '../../fixtures/videos', name)),
    ) as [Buffer, Buffer]
    // Without the box that says what they are they are read by FFmpeg; what follows their ends is passed over.
    const size = Math.max(one.length, other.length) + 8
    const padded = (bytes: Buffer): Buffer => {
      const rest = Buffer.alloc(size - bytes.length)
      rest.writeUInt32BE(rest.length)
      rest.write('free', 4, 'latin1')
      return Buffer.concat([Buffer.from(bytes).fill('free', 4, 8), rest])
    }
    const path = write('video.mp4', padded(one))
    const { mtime } = statSync(path)
    const first = await openVideo(path)
    write('video.mp4', padded(other))
    utimesSync(path, mtime, mtime)
    const second = await openVideo(path)
    for (const video of [first, second]) video.close()
    expect([first.width, first.height]).not.to.deep.equal([second.width, second.height])
    expect(statSync(path).size).to.equal(size)
  })

  it('does not keep a limit from being kept to', async () => {
    const path = write('limit.mp4', readFileSync(join(__dirname, '../../fixtures/videos/gray.mp4')).fill('free', 4, 8))
    const { width, height, close } = await openVideo(path)
    close()
    const message = await openVideo(path, { maxPixels: 100 }).then(String, (error: Error) => error.message)
    expect(message).to.equal(`${path}: must be a video of at most 100 pixels, got ${width * height}`)
  })
})
