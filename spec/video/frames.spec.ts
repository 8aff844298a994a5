import { expect } from 'chai'
import { join, resolve } from 'node:path'
import {
  type ClipRequest,
  encodePng,
  openVideo,
  readClip,
  trainingClip,
  type VideoOptions,
  viewClips,
} from '../../lib/video'
import { openFrames } from '../../lib/video/frames'
import { temporaryFiles } from './datasets/files'

const h264 = resolve(__dirname, '../../fixtures/videos/h264.mp4')

/** A picture whose red says which it is. */
const numbered = (n: number): Uint8Array => {
  const data = Uint8Array.from({ length: 3 * 6 * 4 }, (_, i) => (i % 3 === 0 ? n : 99))
  return encodePng({ width: 6, height: 4, channels: 3, data })
}

const small = { where: { shortSide: 1, crop: 1, crops: 1 }, normalisation: { mean: 0, deviation: 1 / 255 } } as const
/** The red of each frame of a clip. */
const reds = async (request: ClipRequest | undefined): Promise<readonly number[]> => {
  const { data, shape } = await readClip(request!)
  return [...data.slice(0, shape[2])].map(Math.round)
}

describe('A folder of numbered pictures', () => {
  const { at, write, touch } = temporaryFiles()
  before(() => {
    for (const n of [1, 2, 3, 10, 20]) write(`v/img_${n}.png`, numbered(n))
    touch('v/.hidden', 'v/notes.txt', 'v/flow_x_1.jpg')
  })

  it('is a video of them in the order of their numbers', async () => {
    const video = await openVideo(at('v'), { fps: 10 })
    const { frames, width, height, fps, duration, times } = video
    expect({ frames, width, height, fps, duration, times }).to.deep.equal({
      ...{ frames: 5, width: 6, height: 4, fps: 10, duration: 0.5, times: [0, 0.1, 0.2, 0.3, 0.4] },
    })
    const found: number[] = []
    for await (const { data } of video.read([0, 3, 3, 4, 1])) found.push(data[0]!)
    expect(found).to.deep.equal([1, 10, 10, 20, 2])
    await expectRefused(
      async () => {
        for await (const _ of video.read([5])) expect.fail('there is no such frame')
      },
      `${at('v')}: frame must be from 0 to 4, got 5`,
    )
  })

  it('gives clips as any video does', async () => {
    const [request] = viewClips(at('v'), { ...small, sampling: { frames: 3, stride: 2 } })
    expect(await reds(request)).to.deep.equal([1, 3, 20])
    const [uniform] = viewClips(at('v'), { ...small, sampling: { frames: 2, stride: 'uniform' } })
    expect(await reds(uniform)).to.deep.equal([2, 10])
  })

  it('is refused where there are none, several series, or one that does not decode', async () => {
    touch('none/a.txt')
    await expectRefused(() => openFrames(at('none')), `${at('none')}: must hold the numbered pictures of one video, got 1 other files`) // prettier-ignore
    touch('two/a1.png', 'two/b1.png')
    await expectRefused(() => openFrames(at('two')), `${at('two')}: must hold the numbered pictures`)
    write('bad/1.png', numbered(1).subarray(0, 60))
    await expectRefused(() => openFrames(at('bad')), `${at('bad')}: 1.png: `)
    await expectRefused(
      () => openFrames(at('gone')),
      `${at('gone')}: cannot be read: no such file or directory (ENOENT)`,
    )
  })

  it('has the rate that the stride is meant at: its seconds are told by it', async () => {
    const part = { from: 0.15, to: 0.35 }
    const sampling = { frames: 2, stride: 1, fps: 10 }
    const [request] = viewClips({ path: at('v'), part }, { ...small, sampling })
    expect(await reds(request)).to.deep.equal([3, 10])
    // That of the options of a video is not the clip's.
    const stray: VideoOptions = { fps: undefined }
    expect((await readClip(request!, stray)).video.fps).to.equal(10)
    const [without] = viewClips({ path: at('v'), part }, small)
    await expectRefused(
      () => readClip(without!),
      `${at('v')}: must have a frame rate for seconds 0.15 to 0.35, got none`,
    )
    const [beyond] = viewClips({ path: at('v'), part: { from: 2, to: 3 } }, { ...small, sampling })
    await expectRefused(() => readClip(beyond!), `${at('v')}: must have frames from 2 to 3 s, got 5 until 0.4 s`)
  })
})

describe('A part of a video', () => {
  it('has the frames that are shown in it: none before or after, in training and at inference', async () => {
    const video = await openVideo(h264)
    const [from, to] = [video.times[10]!, video.times[15]!]
    video.close()
    const whole = async (request: ClipRequest) => (await readClip(request)).data
    const where = { shortSide: 8, crop: 8, crops: 1 } as const
    const options = { where, sampling: { frames: 5, stride: 1 } }
    // Frames 10 to 14 fill a clip of five: as the view of the whole video that begins there.
    const [request] = viewClips({ path: h264, part: { from, to } }, options)
    const views = video.frames - 4
    const same = viewClips(h264, { ...options, views })[10]!
    expect(await whole(request!)).to.deep.equal(await whole(same))
    const jitter = { where: { shortSide: [8, 8], crop: 8 }, sampling: { frames: 5, stride: 1 } } as const
    for (const index of [0, 1, 2]) {
      const drawn = trainingClip({ path: h264, part: { from, to } }, { seed: 1, epoch: 1, index }, jitter)
      const first = { ...drawn, part: undefined, when: { view: 10, views } }
      expect(await whole(drawn)).to.deep.equal(await whole(first))
    }
  })
})

describe('A clip', () => {
  it('is the paper’s where nothing else is asked for: eight frames with stride 32, three crops of 224 pixels', () => {
    const [request] = viewClips('x.mp4')
    expect(request).to.deep.equal({
      ...{ path: 'x.mp4', sampling: { frames: 8, stride: 32 }, when: { view: 0, views: 1 } },
      ...{ where: { shortSide: 256, crop: 224, crops: 3 }, normalisation: { mean: 0.5, deviation: 0.5 }, channels: 3 },
    })
    const { sampling, where } = trainingClip('x.mp4', { seed: 1, epoch: 1, index: 0 })
    expect({ sampling, where: { ...where, chance: [] } }).to.deep.equal({
      ...{ sampling: { frames: 8, stride: 32 }, where: { shortSide: [256, 320], crop: 224, chance: [] } },
    })
  })

  it('says what its video is', async () => {
    const [request] = viewClips(join(h264), { ...small, sampling: { frames: 1, stride: 1 } })
    const { frames, width, height, fps, duration, close } = await openVideo(h264)
    close()
    expect((await readClip(request!)).video).to.include({ frames, width, height, fps, duration, kind: 'H.264 in MP4' })
  })

  it('takes a stride in time where its video has another rate', async () => {
    const { fps, frames, close } = await openVideo(h264)
    close()
    const facts = (await readClip(viewClips(h264, small)[0]!)).video
    expect(facts.fps).to.equal(fps)
    // At half the video's rate a stride of 2 is one of 4 frames.
    const clip = async (sampling: { frames: number; stride: number; fps?: number }) =>
      (await readClip(viewClips(h264, { ...small, sampling })[0]!)).data
    expect(frames).to.be.above(12)
    expect(await clip({ frames: 3, stride: 2, fps: fps / 2 })).to.deep.equal(await clip({ frames: 3, stride: 4 }))
  })
})

const expectRefused = async (action: () => Promise<unknown>, text: string): Promise<void> => {
  const error = await action().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).to.be.an('error')
  expect((error as Error).message).to.include(text)
}
