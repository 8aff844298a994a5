/** Videos in a browser: WebCodecs decodes the frames that FFmpeg does in Node. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { readCode } from '../../fixtures/videos/scene'
import { clipOf, type Image, openVideo, trainingClip, type Video, viewClips } from '../../lib/video'
import { bundle, type Bundled, root } from '../bundled'
import { launch, noChromium } from '../chromium'
import { itWhere } from '../laws/skips'

const maybe = itWhere(noChromium)

const fixtures = join(root, 'fixtures/videos')
/** B-frames and key frames, in an order that goes back. */
const asked = [0, 1, 23, 24, 49, 49, 74, 30]
const sampling = { frames: 4, stride: 5 }
const requests = {
  training: trainingClip(
    'video',
    { seed: 3, epoch: 1, index: 2 },
    { sampling, where: { shortSide: [64, 80], crop: 56 } },
  ),
  inference: viewClips('video', { sampling, views: 2, where: { shortSide: 64, crop: 56, crops: 3 } })[1]!,
}
type Made = Readonly<{
  facts: object
  frames: readonly Image[]
  clips: readonly (readonly [shape: string, data: Float32Array])[]
}>

const factsOf = ({ name, frames, width, height, duration, fps, kind, times }: Video): object => ({
  name,
  frames,
  width,
  height,
  duration,
  fps,
  kind,
  times,
})

/** What Node makes of a file. */
const inNode = async (name: string, indices: readonly number[]): Promise<Made> => {
  const video = await openVideo(new File([readFileSync(join(fixtures, name))], name))
  try {
    const frames: Image[] = []
    for await (const frame of video.read(indices)) frames.push(frame)
    const clips: [string, Float32Array][] = []
    for (const request of Object.values(requests)) {
      const { shape, data } = await clipOf(video, request)
      clips.push([shape.join(), data])
    }
    return { facts: factsOf(video), frames, clips }
  } finally {
    video.close()
  }
}

/** The codecs say every bit of a picture, and its colours are made here: pages and Node differ in nothing, but in the last
 *  column of pictures of odd width, whose colour a browser's copy of its frames leaves out. */
const same = (found: Image, expected: Image): void => {
  const { width, height, channels, data } = expected
  expect([found.width, found.height, found.channels]).to.deep.equal([width, height, channels])
  expect(found.data.length).to.equal(data.length)
  const left = (i: number): boolean => width % 2 === 1 && Math.floor(i / channels) % width === width - 1
  const first = data.findIndex((value, i) => value !== found.data[i] && !left(i))
  expect(first, 'the first sample that differs').to.equal(-1)
}

/** The same in a page, where bytes go in and come out as text. */
const entry = `
  import { clipOf, openVideo } from ${JSON.stringify(join(root, 'lib/video'))}
  const text = array => {
    let all = ''
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) all += String.fromCharCode(byte)
    return btoa(all)
  }
  globalThis.inPage = async ({ name, bytes, indices, requests }) => {
    const source = bytes === undefined ? name : new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name)
    try {
      const video = await openVideo(source, { mediabunny: () => import('mediabunny') })
      try {
        const frames = []
        for await (const { data, ...size } of video.read(indices)) frames.push({ ...size, data: text(data) })
        const clips = []
        for (const request of requests) {
          const { shape, data } = await clipOf(video, request)
          clips.push([shape.join(), text(data)])
        }
        const { read, close, damaged, ...facts } = video
        return { facts, frames, clips }
      } finally {
        video.close()
      }
    } catch (error) {
      return { error: error.name + ': ' + error.message }
    }
  }`

describe('A video in a browser', function () {
  this.timeout(60000)
  let bundled: Bundled
  let browser: Browser | undefined
  let page: Page
  before(async () => {
    bundled = await bundle(entry)
    if (noChromium) return
    browser = await launch('without WebGPU')
    page = await at('http://localhost/')
  })
  after(() => browser?.close())

  /** An empty page of a host, with the bundle; nothing is asked of the network. */
  const at = async (address: string): Promise<Page> => {
    const opened = await browser!.newPage()
    await opened.route('**', route => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
    await opened.goto(address)
    await opened.addScriptTag({ content: bundled.code })
    return opened
  }
  const ask = (where: Page, name: string, bytes: Buffer | undefined, indices: readonly number[]) => {
    const question = { name, bytes: bytes?.toString('base64'), indices, requests: Object.values(requests) }
    return where.evaluate(`inPage(${JSON.stringify(question)})`)
  }
  const inPage = async (name: string, indices: readonly number[]): Promise<Made> => {
    type Answer = Readonly<{
      error?: string
      facts: object
      frames: readonly (Omit<Image, 'data'> & { data: string })[]
      clips: readonly (readonly [shape: string, data: string])[]
    }>
    const answer = (await ask(page, name, readFileSync(join(fixtures, name)), indices)) as Answer
    expect(answer.error).to.equal(undefined)
    return {
      facts: answer.facts,
      frames: answer.frames.map(frame => ({ ...frame, data: Buffer.from(frame.data, 'base64') })),
      clips: answer.clips.map(([shape, data]) => [
        shape,
        new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer),
      ]),
    }
  }
  const failure = async (where: Page, name: string, bytes?: Buffer): Promise<string> =>
    ((await ask(where, name, bytes, [0])) as { readonly error: string }).error

  it('bundles with nothing of Node', () => {
    expect(bundled).to.deep.include({ warnings: [], imports: [], foreign: [] })
    expect(bundled.modules.some(id => id.endsWith('/lib/video/decode.ts'))).to.equal(true)
  })

  for (const [name, indices] of [
    ['h264.mp4', asked],
    ['vp9.webm', asked],
    ['bt709.mov', [0, 31, 59]],
    ['rotated-90.mp4', [0, 29]],
    ['odd-size.webm', [7]],
    ['still.jpg', [0]],
  ] as const)
    maybe(`has the frames, and gives the clips, that it has in Node: ${name}`, async () => {
      const [here, there] = [await inNode(name, indices), await inPage(name, indices)]
      expect(there.facts).to.deep.equal(here.facts)
      expect(there.frames.map(readCode)).to.deep.equal(name === 'still.jpg' ? [42] : indices)
      expect(there.frames.length).to.equal(here.frames.length)
      there.frames.forEach((frame, k) => same(frame, here.frames[k]!))
      if (here.frames[0]!.width % 2 === 0) expect(there.clips).to.deep.equal(here.clips)
    })

  maybe('is refused in one line where it is none, or damaged', async () => {
    const whole = readFileSync(join(fixtures, 'h264.mp4'))
    for (const [name, bytes, expected] of [
      [
        'notes.mp4',
        Buffer.from('no video at all, but text '.repeat(9)),
        'must be a video, got 234 bytes of another kind',
      ],
      ['empty.webm', Buffer.alloc(0), 'must be a video, got an empty file'],
      ['sound.m4a', readFileSync(join(fixtures, 'sound.m4a')), 'must be a video, got a file without video track'],
      [
        'half.mp4',
        whole.subarray(0, whole.length / 2),
        `must be a whole video of ${whole.length} bytes or more, got the first ${Math.floor(whole.length / 2)}`,
      ],
      [
        'old.avi',
        Buffer.concat([Buffer.from('RIFF\u0010\u0000\u0000\u0000AVI LIST', 'latin1'), Buffer.alloc(8)]),
        'must be MP4, MOV, Matroska or WebM here, got AVI: ffmpeg -i "old.avi" -c:v libx264 -pix_fmt yuv420p video.mp4 converts it',
      ],
      ['a/path.mp4', undefined, 'must be a Blob or a File, as there is no disk here, got a path'],
    ] as const)
      expect(await failure(page, name, bytes)).to.equal(`UserError: ${name}: ${expected}`)
  })

  maybe('says what a page lacks that is not from https or localhost', async () => {
    const insecure = await at('http://videos.test/')
    expect(await failure(insecure, 'h264.mp4', readFileSync(join(fixtures, 'h264.mp4')))).to.equal(
      'UserError: reading video: must run in a browser with WebCodecs, on a page from https or localhost, got one without VideoDecoder',
    )
  })
})
