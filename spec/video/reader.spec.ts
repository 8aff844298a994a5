import { expect } from 'chai'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { videos } from '../../fixtures/videos/videos'
import { slowGif } from '../../fixtures/videos/slow'
import { UserError } from '../../lib/tensor'
import {
  type ClipRequest,
  openVideo,
  paperCrops,
  readClip,
  resizeInto,
  trainingClip,
  viewClips,
  vitNormalisation,
  withShortSide,
} from '../../lib/video'
import { type ClipReader, type ClipResult, openClipReader } from '../../lib/video/node'

const folder = join(__dirname, '../../fixtures/videos')
const names = videos.map(({ name }) => name)
const sampling = { frames: 4, stride: 8 }
const where = { shortSide: [40, 50] as const, crop: 32 }

/** The requests of an epoch of training over the fixtures. */
const epochOf = (seed: number, epoch: number, paths = names): readonly ClipRequest[] =>
  paths.map((name, index) => trainingClip(join(folder, name), { seed, epoch, index }, { sampling, where }))

const all = async (results: AsyncIterable<ClipResult>): Promise<readonly ClipResult[]> => {
  const taken: ClipResult[] = []
  for await (const result of results) taken.push(result)
  return taken
}

/** What a clip is, to compare it with others, or why there is none. */
const summary = (result: ClipResult): string =>
  'problem' in result
    ? result.problem
    : `${result.clip.shape.join()} ${createHash('sha1').update(result.clip.data).digest('hex')}`

describe('A clip', () => {
  it('in training is [1, C, T, H, W], of finite numbers from −1 to 1', async () => {
    const { data, shape } = await readClip(epochOf(1, 0)[0]!)
    expect(shape).to.deep.equal([1, 3, 4, 32, 32])
    expect(data).to.have.lengthOf(3 * 4 * 32 * 32)
    for (const v of data) expect(v).to.be.within(-1, 1)
  })

  it('at inference is the views of the paper: three crops, for each of the views in time', async () => {
    const path = join(folder, 'h264.mp4')
    const requests = viewClips(path, { views: 4, sampling: { frames: 2, stride: 9 } })
    expect(requests).to.have.lengthOf(4)
    const { data, shape } = await readClip(requests[3]!)
    expect(shape).to.deep.equal([3, 3, 2, 224, 224])
    // The last view ends with the last frame; its last crop ends at the lower right corner.
    const video = await openVideo(path)
    const resized = withShortSide(video, 256)
    const corner = { resized, top: 32, left: resized.width - 224, height: 224, width: 224 }
    for await (const frame of video.read([74])) {
      const expected = new Float32Array(3 * 224 * 224)
      resizeInto(expected, frame, corner, vitNormalisation, { offset: 0, channelStride: 224 * 224 })
      for (let c = 0; c < 3; c++) {
        const made = data.subarray(((2 * 3 + c) * 2 + 1) * 224 * 224, ((2 * 3 + c) * 2 + 2) * 224 * 224)
        expect(made).to.deep.equal(expected.subarray(c * 224 * 224, (c + 1) * 224 * 224))
      }
    }
    video.close()
  })

  it('of one channel is the brightness', async () => {
    const options = { sampling: { frames: 1, stride: 1 }, where: { ...paperCrops, crops: 1 as const } }
    const [colour] = viewClips(join(folder, 'h264.mp4'), { ...options, normalisation: { mean: 0, deviation: 1 } })
    const [r, g, b] = [0, 1, 2].map(c => c * 224 * 224)
    const { data } = await readClip(colour!)
    const gray = await readClip({ ...colour!, channels: 1 })
    expect(gray.shape).to.deep.equal([1, 1, 1, 224, 224])
    for (let i = 0; i < 224 * 224; i += 501) {
      const y = 0.299 * data[r! + i]! + 0.587 * data[g! + i]! + 0.114 * data[b! + i]!
      expect(gray.data[i]).to.be.closeTo(y, 1 / 255)
    }
  })

  it('of a still picture shows it in every frame', async () => {
    const { data } = await readClip(epochOf(1, 0, ['still.png'])[0]!)
    const frame = (t: number) => data.subarray(t * 32 * 32, (t + 1) * 32 * 32)
    for (const t of [1, 2, 3]) expect(frame(t)).to.deep.equal(frame(0))
  })

  it('depends on the seed, the epoch and the index alone', () =>
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), fc.nat(1000), (seed, epoch, index) => {
        const request = trainingClip('a.mp4', { seed, epoch, index })
        expect(trainingClip('a.mp4', { seed, epoch, index })).to.deep.equal(request)
        for (const other of [
          { seed: seed + 1, epoch, index },
          { seed, epoch: epoch + 1, index },
          { seed, epoch, index: index + 1 },
        ])
          // prettier-ignore
          expect(trainingClip('a.mp4', other)).not.to.deep.equal(request)
      }),
    ))
})

/** The processes that this one has started and that run, where the system shows them as files. */
const children = (): readonly number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        return Number(/\) \w (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]) === process.pid
      } catch {
        return false // It has ended meanwhile.
      }
    })
    .map(Number)

describe('A reader of clips', () => {
  const readers = new Map<string, ClipReader>()
  before(() => {
    for (const [workers, ahead] of [
      [0, 1],
      [1, 1],
      [2, 3],
      [2, 20],
    ] as const)
      // prettier-ignore
      readers.set(`${workers} processes, ${ahead} ahead`, openClipReader({ workers, ahead }))
  })
  after(async () => {
    await Promise.all([...readers.values()].map(reader => reader.close()))
  })

  it('gives the same clips in the same order, whatever the processes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.nat(9),
        fc.shuffledSubarray([...names, 'still.png', 'none.mp4', 'sound.m4a'], { minLength: 1 }),
        async (seed, epoch, paths) => {
          const requests = epochOf(seed, epoch, paths)
          const [first, ...others] = await Promise.all([...readers.values()].map(reader => all(reader.read(requests))))
          expect(first!.map(({ request }) => request)).to.deep.equal(requests)
          for (const other of others) expect(other.map(summary)).to.deep.equal(first!.map(summary))
          paths.forEach((path, i) =>
            expect('problem' in first![i]!, path).to.equal(path === 'none.mp4' || path === 'sound.m4a'),
          )
        },
      ),
      { numRuns: 3 },
    ))

  it('begins no more clips than were asked for ahead', async () => {
    for (const [name, reader] of readers) {
      const ahead = Number(/(\d+) ahead/.exec(name)![1])
      let begun = 0
      let taken = 0
      const requests = function* () {
        for (const request of epochOf(1, 0)) {
          begun++
          yield request
        }
      }
      for await (const result of reader.read(requests())) {
        expect('clip' in result, name).to.equal(true)
        taken++
        expect(begun - taken, name).to.be.below(ahead)
      }
      expect(taken, name).to.equal(names.length)
    }
  })

  it('gives the reason for a video that cannot be read, in its place', async () => {
    for (const reader of readers.values()) {
      const [missing, whole] = await all(reader.read(epochOf(1, 0, ['none.mp4', 'h264.mp4'])))
      expect(missing).to.have.property(
        'problem',
        `${join(folder, 'none.mp4')}: cannot be read: no such file or directory (ENOENT)`,
      )
      expect(whole).to.have.property('clip')
    }
  })

  it('fails where no video is to blame: numbers of a request that do not fit', async () => {
    const options = { sampling, where: { shortSide: 32, crop: 33, crops: 1 as const } }
    for (const reader of readers.values()) {
      const reading = all(reader.read(viewClips(join(folder, 'h264.mp4'), options)))
      const error = await reading.then(
        () => undefined,
        (found: unknown) => found,
      )
      expect(error).to.be.instanceOf(UserError)
      expect((error as Error).message).to.equal('crop must be at most the shorter side, 32, got 33')
    }
  })

  it('can be left early, and read again', async () => {
    for (const reader of readers.values()) {
      for await (const result of reader.read(epochOf(1, 0))) {
        expect('clip' in result).to.equal(true)
        break
      }
      expect(await all(reader.read(epochOf(2, 0, ['vp9.webm'])))).to.have.lengthOf(1)
    }
  })

  it('fails where it is closed while clips are asked for', async () => {
    const reader = openClipReader({ workers: 1 })
    const clips = all(reader.read(epochOf(1, 0)))
    await reader.close()
    const error = await clips.then(
      () => undefined,
      (found: unknown) => found as Error,
    )
    expect(error?.message).to.match(/^a reader must be open to make clips, got one that is closed$/)
  })

  describe('whose video is damaged so that reading it', () => {
    const temporary = mkdtempSync(join(tmpdir(), 'damaged-'))
    after(() => rmSync(temporary, { recursive: true }))
    const whole = join(folder, 'h264.mp4')
    const endless = join(temporary, 'endless.gif')

    it('would not end names it after the time limit, and goes on with the others', async () => {
      writeFileSync(endless, slowGif())
      const reader = openClipReader({ workers: 1, timeLimit: 2 })
      const [first, second, third] = await all(reader.read([whole, endless, whole].flatMap(path => viewClips(path))))
      await reader.close()
      expect(second).to.have.property('problem', `${endless}: must be a video, got no clip within 2 s`)
      expect([first, third].map(result => summary(result!))).to.deep.equal([summary(first!), summary(first!)])
      expect(first).to.have.property('clip')
    })

    it('would not end is left behind where the reader is closed', async () => {
      const reader = openClipReader({ workers: 1, timeLimit: 1 })
      const made = all(reader.read(viewClips(endless)))
      await reader.close()
      expect(await made.catch((error: Error) => error.message)).to.satisfy(
        (found: unknown) => Array.isArray(found) || /^a reader must be open /.test(String(found)),
      )
    })

    const proc = existsSync('/proc/self/stat')
    const skipped = proc ? '' : ' (skipped: there is no /proc)'
    const started = (before: ReadonlySet<number>) => children().filter(child => !before.has(child))
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise(later => setTimeout(later, 5))
    }

    it(`ends its process costs that video alone${skipped}`, async function () {
      if (!proc) return this.skip()
      const before = new Set(children())
      const reader = openClipReader({ workers: 1 })
      const results = reader.read([whole, whole, whole, whole].flatMap(path => viewClips(path)))
      const taken: ClipResult[] = [(await results.next()).value as ClipResult]
      // As the system does with a process that takes memory without end.
      for (const child of started(before)) process.kill(child, 'SIGKILL')
      taken.push(...(await all(results)))
      await reader.close()
      const problems = taken.flatMap(result => ('problem' in result ? [result.problem] : []))
      expect(taken).to.have.lengthOf(4)
      // The process may have made all that it was asked for before.
      expect(problems.slice(1)).to.deep.equal([])
      for (const problem of problems)
        expect(problem).to.equal(`${whole}: must be a video, got what ends its reader (SIGKILL)`)
    })

    it(`is not to blame where the process ends while it starts or waits: another one makes its clip${skipped}`, async function () {
      if (!proc) return this.skip()
      const before = new Set(children())
      const reader = openClipReader({ workers: 1 })
      const once = () => all(reader.read(viewClips(whole)))
      const first = once()
      await until(() => started(before).length > 0)
      for (const child of started(before)) process.kill(child, 'SIGKILL')
      expect((await first)[0]).to.have.property('clip')
      const [idle] = started(before)
      process.kill(idle!, 'SIGKILL')
      await until(() => !started(before).includes(idle!))
      expect((await once())[0]).to.have.property('clip')
      await reader.close()
    })

    it(`starts processes as they are needed, and gives them no secrets${skipped}`, async function () {
      if (!proc) return this.skip()
      const before = new Set(children())
      process.env['SECRET_TOKEN'] = 'secret'
      const reader = openClipReader({ workers: 8 })
      expect((await all(reader.read(viewClips(whole))))[0]).to.have.property('clip')
      const [only, ...others] = started(before)
      expect(others).to.deep.equal([])
      expect(readFileSync(`/proc/${only!}/environ`, 'utf8')).not.to.include('secret')
      delete process.env['SECRET_TOKEN']
      await reader.close()
    })
  })

  it('refuses numbers out of range, by name', () => {
    expect(() => openClipReader({ timeLimit: 0 })).to.throw(
      'timeLimit must be seconds above 0 and below 2,000,000, got 0',
    )
    expect(() => openClipReader({ workers: -1 })).to.throw('workers must be a whole number of at least 0, got -1')
    expect(() => openClipReader({ workers: 0, ahead: 0 })).to.throw('ahead must be a whole number of at least 1, got 0')
  })
})
