import { expect } from 'chai'
import fc from 'fast-check'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { patches, readCode, readPatch } from '../../fixtures/videos/scene'
import { irregular, stillNumber, type VideoFixture, videos } from '../../fixtures/videos/videos'
import { UserError } from '../../lib/tensor'
import { type Image, openVideo, viewClips } from '../../lib/video'
import { type ClipResult, openClipReader } from '../../lib/video/node'

const folder = join(__dirname, '../../fixtures/videos')
const file = (name: string): string => join(folder, name)

/** What is made of frames of a video, which is closed whatever happens. */
const read = async <T>(path: string | Blob, indices: readonly number[], make: (image: Image) => T): Promise<T[]> => {
  const video = await openVideo(path)
  try {
    const made: T[] = []
    for await (const image of video.read(indices)) made.push(make(image))
    return made
  } finally {
    video.close()
  }
}

const failure = async (attempt: Promise<unknown>): Promise<Error> => {
  try {
    await attempt
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a failure')
}

const numbersOf = ({ count, irregular: chosen }: VideoFixture): readonly number[] =>
  chosen ? irregular : Array.from({ length: count }, (_, i) => i)

const gray = ([r, g, b]: readonly [number, number, number]): readonly number[] => {
  const y = 0.299 * r + 0.587 * g + 0.114 * b
  return [y, y, y]
}

describe('A video', () => {
  for (const fixture of videos) {
    const { name, fps, width, height, pixels } = fixture
    const numbers = numbersOf(fixture)

    describe(name, () => {
      it('says its size, its frames and when they are shown', async () => {
        const video = await openVideo(file(name))
        expect(video).to.include({ name: file(name), frames: numbers.length, width, height })
        const first = video.times[0]!
        // WebM keeps times in milliseconds.
        video.times.forEach((time, k) => expect(time - first).to.be.closeTo(numbers[k]! / fps, 1.1e-3))
        expect(video.duration).to.be.closeTo(fixture.count / fps, 2e-3)
        expect(video.fps).to.be.closeTo(numbers.length / video.duration, 1e-9)
        video.close()
      })

      it('shows frame k as frame k, upright, in its colours', async () => {
        const all = numbers.map((_, k) => k)
        const seen = await read(file(name), all, image => ({
          number: readCode(image),
          size: [image.width, image.height, image.channels],
          colours: patches.map((_, i) => readPatch(image, i)),
        }))
        expect(seen.map(({ number }) => number)).to.deep.equal(numbers)
        for (const { size, colours } of seen) {
          expect(size).to.deep.equal([width, height, 3])
          colours.forEach((colour, i) => {
            const expected = pixels === 'gray' ? gray(patches[i]!) : patches[i]!
            colour.forEach((v, c) => expect(v, `patch ${i}: ${colour.join()}`).to.be.closeTo(expected[c]!, 8))
          })
        }
      })
    })
  }

  for (const name of ['h264.mp4', 'vp9.webm', 'bt709.mov'])
    it(`gives any frames that are asked for, in any order and as often: ${name}`, () =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.nat(59), { maxLength: 6 }), async indices => {
          expect(await read(file(name), indices, readCode)).to.deep.equal(indices)
        }),
        { numRuns: 15 },
      ))

  it('is decoded from the key frame before a frame on, and no further', async () => {
    type Context = { prototype: { sendPacketSync: (packet: unknown) => number } }
    await read(file('h264.mp4'), [0], readCode)
    const { CodecContext }: { CodecContext: Context } = createRequire(require.resolve('@mediabunny/server'))('node-av')
    const { sendPacketSync } = CodecContext.prototype
    let packets = 0
    CodecContext.prototype.sendPacketSync = function (packet) {
      if (packet !== null) packets++
      return sendPacketSync.call(this, packet)
    }
    const video = await openVideo(file('h264.mp4'))
    const sent = async (indices: readonly number[]) => {
      packets = 0
      const seen: number[] = []
      for await (const image of video.read(indices)) seen.push(readCode(image))
      expect(seen).to.deep.equal(indices)
      return packets
    }
    try {
      // Key frames are 0, 24, 48 and 72; three B-frames lie between others at most.
      expect(await sent([0])).to.equal(1)
      expect(await sent([48])).to.equal(1)
      expect(await sent([1, 49])).to.be.at.most(10)
      expect(await sent([50, 50, 50, 51])).to.be.at.most(6)
      expect(await sent([70])).to.be.within(20, 24)
    } finally {
      CodecContext.prototype.sendPacketSync = sendPacketSync
      video.close()
    }
  })

  it('can be left before its frames are read', async () => {
    const video = await openVideo(file('h264.mp4'))
    for await (const image of video.read([3, 40, 70])) {
      expect(readCode(image)).to.equal(3)
      break
    }
    for await (const image of video.read([41])) expect(readCode(image)).to.equal(41)
    video.close()
  })

  it('comes from a Blob as well', async () => {
    const blob = new File([readFileSync(file('vp9.webm'))], 'upload.webm')
    expect(await read(blob, [7, 33], readCode)).to.deep.equal([7, 33])
    expect((await failure(openVideo(new File([], 'nothing.webm')))).message).to.equal(
      'nothing.webm: must be a video, got an empty file',
    )
  })

  it('leaves the terminal alone, and the process ends', () => {
    const program = `
      require('ts-node/register/transpile-only')
      const { openVideo } = require('./lib/video')
      const main = async () => {
        const video = await openVideo(process.argv[1])
        try {
          for await (const image of video.read([0, 30])) image
        } finally {
          video.close()
        }
      }
      main().catch(() => {})`
    const damaged = Buffer.from(readFileSync(file('h264.mp4')))
    damaged.fill(0x5a, 7000, 9000)
    const temporary = mkdtempSync(join(tmpdir(), 'quiet-'))
    try {
      writeFileSync(join(temporary, 'damaged.mp4'), damaged)
      for (const path of [file('h264.mp4'), join(temporary, 'damaged.mp4')]) {
        const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program, path], { encoding: 'utf8' })
        expect({ stdout, stderr, status }).to.deep.equal({ stdout: '', stderr: '', status: 0 })
      }
    } finally {
      rmSync(temporary, { recursive: true })
    }
  })

  it('is not loaded for by importing the library', () => {
    const program = `
      require('ts-node/register/transpile-only')
      require('./lib')
      console.log(Object.keys(require.cache).filter(path => /node_modules.(@mediabunny|mediabunny|node-av)/.test(path)).length)`
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).to.equal('0\n')
  })
})

describe('A still picture', () => {
  for (const name of ['still.png', 'still.jpg'])
    it(`is a video of one frame: ${name}`, async () => {
      const video = await openVideo(file(name))
      expect(video).to.include({ frames: 1, width: 160, height: 120, duration: 0, fps: 0 })
      video.close()
      const [first, second] = await read(file(name), [0, 0], image => image)
      expect(readCode(first!)).to.equal(stillNumber)
      expect(second).to.deep.equal(first)
      patches.forEach((patch, i) =>
        readPatch(first!, i).forEach((v, c) => expect(v).to.be.closeTo(patch[c]!, name.endsWith('png') ? 0 : 3)),
      )
    })
})

describe('A file that is no video', () => {
  let temporary = ''
  before(() => {
    temporary = mkdtempSync(join(tmpdir(), 'videos-'))
  })
  after(() => rmSync(temporary, { recursive: true }))

  const written = (name: string, bytes: Uint8Array | string): string => {
    const path = join(temporary, name)
    writeFileSync(path, bytes)
    return path
  }
  /** Opens a file and reads its last frame; the error, which is one line that begins with the path. */
  const refusal = async (path: string): Promise<string> => {
    const opened = openVideo(path).then(async video => {
      try {
        for await (const image of video.read([0, video.frames - 1])) expect(image.data.length).to.be.above(0)
      } finally {
        video.close()
      }
    })
    const error = await failure(opened)
    expect(error, error.stack).to.be.instanceOf(UserError)
    expect(error.message).not.to.include('\n')
    expect(error.message.startsWith(`${path}: `), error.message).to.equal(true)
    return error.message.slice(path.length + 2)
  }

  it('is missing, a folder of none, or empty', async () => {
    expect(await refusal(join(temporary, 'none.mp4'))).to.equal('cannot be read: no such file or directory (ENOENT)')
    expect(await refusal(mkdtempSync(join(temporary, 'none-')))).to.equal(
      'must hold the numbered pictures of one video, got 0 other files',
    )
    expect(await refusal(written('empty.mp4', ''))).to.equal('must be a video, got an empty file')
  })

  it('is of another kind, whatever its name says', async () => {
    expect(await refusal(written('text.mp4', 'This is not a video.'))).to.equal(
      'must be a video, got bytes of another kind (Invalid data found when processing input)',
    )
    expect(await refusal(written('table.webm', '\u0000'.repeat(5000)))).to.equal(
      'must be a video, got bytes of another kind (Invalid data found when processing input)',
    )
    // And one that is a video is read, whatever its name says.
    const path = written('wrong.webm', readFileSync(file('h264.mp4')))
    expect(await read(path, [20], readCode)).to.deep.equal([20])
  })

  it('has no video track', async () =>
    expect(await refusal(file('sound.m4a'))).to.equal('must be a video, got a file without video track'))

  it('has a video track without frames', async () => {
    const bytes = Buffer.from(readFileSync(file('h264.mp4')))
    for (const table of ['stts', 'ctts', 'stsc', 'stco', 'stss']) bytes.writeUInt32BE(0, bytes.indexOf(table) + 8)
    bytes.writeUInt32BE(0, bytes.indexOf('stsz') + 12)
    expect(await refusal(written('frameless.mp4', bytes))).to.equal('must be a video, got a video track without frames')
  })

  for (const name of ['h264.mp4', 'bt709.mov', 'vp9.webm'])
    it(`is the beginning of one: ${name}`, async () => {
      const bytes = readFileSync(file(name))
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async length => {
          const message = await refusal(written(`cut-${name}`, bytes.subarray(0, length)))
          const [, whole] = /^must be a whole video of (\d+) bytes or more, got the first \d+$/.exec(message) ?? []
          if (length > 100) expect(Number(whole), message).to.be.within(length + 1, bytes.length)
          else expect(message).to.match(/^must be a (whole )?video.* got /)
        }),
        { numRuns: 30 },
      )
    })

  it('ends between two boxes, before its frames', async () => {
    const bytes = readFileSync(file('bt709.mov'))
    const message = await refusal(written('tables.mov', bytes.subarray(0, bytes.indexOf('wide') - 4)))
    expect(message).to.match(/^must be a whole video of \d+ bytes or more, got the first 1346$/)
  })

  it('ends where its frames would begin', async () => {
    const bytes = readFileSync(file('h264.mp4'))
    const path = written('tables.mp4', bytes.subarray(0, bytes.indexOf('mdat') - 4))
    expect(await refusal(path)).to.match(/^must .*, got .*$/)
  })

  for (const name of ['still.png', 'still.jpg'])
    it(`is the beginning of a picture: ${name}`, async () => {
      const bytes = readFileSync(file(name))
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 8, max: bytes.length - 200 }), async length => {
          const message = await refusal(written(`cut-${name}`, bytes.subarray(0, length)))
          expect(message).to.match(/^must be a whole (PNG|JPEG) file, got \d+ bytes that do not decode \(.+\)$/)
        }),
        { numRuns: 30 },
      )
    })

  it('speaks of more frames than it can hold', async () => {
    const bytes = Buffer.from(readFileSync(file('h264.mp4')))
    // Rows of a table: how many frames, and how long each is shown.
    bytes.writeUInt32BE(0xf0000000, bytes.indexOf('stts') + 12)
    expect(await refusal(written('endless.mp4', bytes))).to.equal(
      `must be a video, got tables of more frames than its ${bytes.length} bytes can hold`,
    )
  })

  it('is damaged anywhere: it ends neither the reader nor the clips of others', async () => {
    const reader = openClipReader({ workers: 2, timeLimit: 3 })
    const damage = fc.record({
      name: fc.constantFrom('h264.mp4', 'vp9.webm', 'bt709.mov', 'odd-size.webm', 'variable-rate.mp4'),
      // Most often the tables, at the beginning.
      bytes: fc.array(
        fc.record({ at: fc.oneof({ weight: 3, arbitrary: fc.nat(2500) }, fc.nat(9000)), value: fc.nat(255) }),
        { minLength: 1, maxLength: 20 },
      ),
    })
    const options = { sampling: { frames: 4, stride: 8 }, where: { shortSide: 32, crop: 32, crops: 1 as const } }
    let files = 0
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 8, maxLength: 8 }), async damages => {
        const paths = damages.map(({ name, bytes: changes }) => {
          const bytes = Buffer.from(readFileSync(file(name)))
          for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value
          return written(`damaged-${files++}-${name}`, bytes)
        })
        const whole = file('h264.mp4')
        const requests = [...paths, whole].flatMap(path => viewClips(path, options))
        const results: ClipResult[] = []
        for await (const result of reader.read(requests)) results.push(result)
        expect(results.map(({ request }) => request.path)).to.deep.equal([...paths, whole])
        for (const result of results)
          if ('problem' in result) {
            expect(result.problem.startsWith(`${result.request.path}: must `), result.problem).to.equal(true)
            expect(result.problem).not.to.include('\n')
          }
        expect(results.at(-1)).to.have.property('clip')
      }),
      { numRuns: 8 },
    )
    await reader.close()
  })

  it('lacks the frame that is asked for', async () => {
    const asked = (index: number) => failure(read(file('h264.mp4'), [index], readCode)).then(({ message }) => message)
    expect(await asked(75)).to.equal(`${file('h264.mp4')}: frame must be from 0 to 74, got 75`)
    expect(await asked(-1)).to.equal(`${file('h264.mp4')}: frame must be from 0 to 74, got -1`)
    expect(await asked(0.5)).to.equal(`${file('h264.mp4')}: frame must be from 0 to 74, got 0.5`)
  })
})
