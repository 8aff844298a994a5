/** Files that promise more than they hold, or hold more than a memory. */
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { UserError } from '../../lib/tensor'
import { decodePng, openVideo } from '../../lib/video'
import { answering, type Bytes } from '../../lib/video/bytes'
import { temporaryFiles } from './datasets/files'
import { chunk, pngOf, uint32 } from './pieces'

const fixtures = join(__dirname, '../../fixtures/videos')

/** An RGB picture of 8 bits that says it has a size. */
const png = (width: number, height: number, data: Uint8Array, ...more: readonly Buffer[]): Buffer =>
  pngOf({ width, height, depth: 8, colours: 2 }, data, ...more)
/** 400 MB of zeros, deflated. */
const bomb = deflateSync(Buffer.alloc(4e8), { level: 1 })
const box = (type: string, content: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([uint32(8 + content.length), Buffer.from(type, 'latin1'), content])

describe('A hostile file', () => {
  const { at, write } = temporaryFiles()
  const refusal = async (path: string, limits = {}): Promise<string> => {
    const error = await openVideo(path, limits).then(
      () => new Error('taken'),
      (found: unknown) => found as Error,
    )
    expect(error, error.stack).to.be.instanceOf(UserError)
    expect(error.message).to.match(/^[^\n]{1,400}$/)
    return error.message.slice(path.length + 2)
  }

  it('is a picture without width or height', async () => {
    for (const [width, height] of [
      [0, 1],
      [1, 0],
      [0, 0],
    ] as const) {
      // prettier-ignore
      const bytes = png(width, height, deflateSync(Buffer.alloc(4)))
      const reason = `must be a picture of 1 to ${2 ** 26} pixels, got ${width} × ${height}`
      expect(await refusal(write('zero.png', bytes))).to.equal(reason)
      expect(() => decodePng(bytes)).to.throw(UserError, `PNG: ${reason}`)
    }
    const jpeg = Buffer.from(readFileSync(join(fixtures, 'still.jpg')))
    const frame = [0xc0, 0xc2].map(marker => jpeg.indexOf(Buffer.from([0xff, marker, 0]))).find(at => at > 0)!
    jpeg.writeUInt16BE(0, frame + 5)
    expect(await refusal(write('zero.jpg', jpeg))).to.equal(`must be a picture of 1 to ${2 ** 26} pixels, got 160 × 0`)
    jpeg.writeUInt32BE(0xffffffff, frame + 5)
    expect(await refusal(write('huge.jpg', jpeg))).to.equal(
      `must be a picture of 1 to ${2 ** 26} pixels, got 65535 × 65535`,
    )
  })

  it('is a picture of a few bytes that claims more pixels than a limit, which can be set, or than its bytes can be', async () => {
    const claim = write('claim.png', png(1_400_000_000, 1, deflateSync(Buffer.alloc(4))))
    expect(await refusal(claim)).to.equal(`must be a picture of 1 to ${2 ** 26} pixels, got 1400000000 × 1`)
    expect(await refusal(join(fixtures, 'still.png'), { maxPixels: 100 })).to.equal(
      'must be a picture of 1 to 100 pixels, got 160 × 120',
    )
    expect(await refusal(join(fixtures, 'h264.mp4'), { maxPixels: 100 })).to.equal(
      'must be a video of at most 100 pixels, got 19200',
    )
    const empty = write('empty.png', png(8000, 8000, deflateSync(Buffer.alloc(4))))
    expect(await refusal(empty)).to.match(/^must be a whole PNG file, .* of data cannot be 192008000 of pixels\)$/)
  })

  it('is a picture that unpacks to hundreds of megabytes, whatever chunk they are in', async () => {
    expect(await refusal(write('bomb.png', png(8, 8, bomb)))).to.match(/^must be a whole PNG file, .* of its pixels\)$/)
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), bomb]))
    const video = await openVideo(write('profile.png', png(1, 1, deflateSync(Buffer.alloc(4)), profile)))
    expect(video.frames).to.equal(1)
  })

  it('is an MP4 of boxes in boxes in boxes, or of a million empty ones', async () => {
    const sizes = Array.from({ length: 20_000 }, (_, i) => 8 * (20_000 - i))
    const nested = Buffer.concat(sizes.map(size => Buffer.concat([uint32(size), Buffer.from('trak')])))
    const start = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'))
    expect(await refusal(write('nested.mp4', Buffer.concat([start, box('moov', nested)])))).to.match(
      /^must be a video, got /,
    )
    const million = Buffer.concat(Array<Buffer>(1_000_000).fill(box('free')))
    for (const bytes of [Buffer.concat([start, million]), Buffer.concat([start, box('moov', million)])])
      expect(await refusal(write('million.mp4', bytes))).to.match(/^must be a video/)
  })

  it('is a pipe or a device, which is not opened, or a folder of anything', async () => {
    const pipe = at('pipe.mp4')
    execFileSync('mkfifo', [pipe])
    expect(await refusal(pipe)).to.equal('must be a file, got a pipe')
    // Nor is it by way of a link, whatever the time limit is; and links in a circle are no file.
    for (const [link, to] of [['link.mp4', pipe], ['circle.mp4', at('circle.mp4')]] as const) symlinkSync(to, at(link)) // prettier-ignore
    expect(await refusal(at('link.mp4'), { timeLimit: 1e-3 })).to.match(
      /^must be (a file, got a pipe|read within 0\.001 s, got no answer)$/,
    )
    expect(await refusal(at('circle.mp4'))).to.match(/^cannot be read: .*\(ELOOP\)$/)
    expect(await refusal('/dev/zero')).to.equal('must be a file, got a device')
    expect(await refusal('/dev')).to.match(/^must hold the numbered pictures of one video, got \d+ other files$/)
  })

  it('is a list of other files, which are not followed', async () => {
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${join(fixtures, 'h264.mp4')}\n#EXT-X-ENDLIST\n`
    expect(await refusal(write('list.mp4', Buffer.from(list)))).to.match(
      /^must be a video, got a list of other files \(M3U\), which are not followed: name one of them$/,
    )
  })
})

describe('A file that is often found in the place of a video', () => {
  const { write } = temporaryFiles()
  for (const [name, text, what] of [
    ['pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', "a pointer of Git LFS: 'git lfs pull' brings the file"], // prettier-ignore
    ['page', '\n<!DOCTYPE html><html>', 'a page of HTML, as servers send it where a download fails'],
    ['segment', '\0\0\0\x18stypmsdh', 'a segment of MP4 without its beginning: cat INIT SEGMENT > video.mp4 makes a video of both'], // prettier-ignore
    ['text', 'hello', 'bytes of another kind (Invalid data found when processing input)'],
  ] as const)
    it(`is named: a ${name}`, async () => {
      const path = write(`${name}.mp4`, text)
      const message = await openVideo(path).then(String, (error: Error) => error.message)
      expect(message).to.equal(`${path}: must be a video, got ${what}`)
    })

  it('has a name that is no UTF-8: it is said', async function () {
    const path = Buffer.concat([Buffer.from(write('n')), Buffer.from([0xe9])])
    try {
      writeFileSync(path, 'x')
    } catch {
      return this.skip() // There are file systems without such names.
    }
    const message = await openVideo(String(path)).then(String, (error: Error) => error.message)
    expect(message).to.equal(
      `${String(path)}: cannot be read: no such file or directory (ENOENT): the name must be UTF-8, got other bytes: rename it`,
    )
  })
})

describe('A camera turned on its side', () => {
  // Exif 2.3: where row 0 and column 0 of the stored picture are in the scene.
  const sizes = { 1: [160, 120], 2: [160, 120], 3: [160, 120], 4: [160, 120], 5: [120, 160], 6: [120, 160], 7: [120, 160], 8: [120, 160] } // prettier-ignore
  for (const [orientation, [width, height]] of Object.entries(sizes))
    it(`is followed: EXIF's orientation ${orientation}`, async () => {
      const jpeg = readFileSync(join(fixtures, 'still.jpg'))
      const entry = Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, Number(orientation), 0, 0])
      const exif = Buffer.concat([Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01', 'latin1'), entry, Buffer.alloc(4)])
      const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif])
      const turned = new File([jpeg.subarray(0, 2), segment, jpeg.subarray(2)], 'turned.jpg')
      const video = await openVideo(turned)
      expect([video.width, video.height]).to.deep.equal([width, height])
      const [plain] = [await openVideo(join(fixtures, 'still.jpg'))]
      for await (const shown of video.read([0]))
        for await (const stored of plain.read([0]))
          for (const [x, y] of [
            [3, 5],
            [100, 70],
            [159, 119],
          ] as const) {
            // prettier-ignore
            const [r, b] = [159 - x, 119 - y]
            const to = [[x, y], [r, y], [r, b], [x, b], [y, x], [b, x], [b, r], [y, r]][Number(orientation) - 1]! // prettier-ignore
            const at = 3 * (to[1]! * width! + to[0]!)
            const from = 3 * (y * 160 + x)
            expect([...shown.data.subarray(at, at + 3)]).to.deep.equal([...stored.data.subarray(from, from + 3)])
          }
    })
})

describe('A file that never answers', () => {
  const bytes = readFileSync(join(fixtures, 'vp9.webm'))
  /** A file that gives what is before a place, and for what is behind it keeps its reader waiting. */
  class Silent extends Blob {
    constructor(readonly from: number) {
      super([bytes])
    }
    override slice(start: number, end: number): Blob {
      const part = super.slice(start, end)
      return start < this.from ? part : Object.assign(part, { arrayBuffer: () => new Promise(() => undefined) })
    }
  }
  for (const from of [0, 2000])
    it(`from its byte ${from} on is given up when its time is over`, async () =>
      expect(
        await openVideo(new Silent(from), { timeLimit: 0.05 }).then(String, (error: Error) => error.message),
      ).to.equal('video: must be read within 0.05 s, got no answer'))

  it('is not waited for when it is closed', async () => {
    const never = () => new Promise<never>(() => undefined)
    const file = await answering(Promise.resolve({ name: 'x', size: 1, read: never, close: never }), 0.01, 'x')
    const message = await file.read(0, 1).then(String, (error: Error) => error.message)
    expect(message).to.equal('x: must be read within 0.01 s, got no answer')
    await file.close()
  })

  it('is closed where it is opened after its time', async () => {
    let open: (file: Bytes) => void = () => undefined
    const opening = new Promise<Bytes>(done => (open = done))
    const message = await answering(opening, 0.01, 'x').then(String, (error: Error) => error.message)
    expect(message).to.equal('x: must be read within 0.01 s, got no answer')
    const read = async () => new Uint8Array(0)
    await new Promise<void>(closed => open({ name: 'x', size: 1, read, close: async () => closed() }))
  })
})
