/** The whole matrix of containers, codecs, formats of pixels and structures, beside ffmpeg. A new kind is a line. */
import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as av from 'node-av'
import { openVideo } from '../../lib/video'
import { openDecoding } from '../../lib/video/decoding'
import { rgbOf } from '../../lib/video/frame'
import { compare, type Kind, make, noFfmpeg } from './ffmpeg'

/** Codecs, and the containers that hold them. */
const codecs: Readonly<Record<string, readonly [encoder: string, containers: string]>> = {
  H264: ['-c:v libx264 -pix_fmt yuv420p -bf 3 -g 12', 'mp4 mov mkv ts avi flv h264 3gp m2ts nut'],
  HEVC: ['-c:v libx265 -x265-params keyint=12:log-level=none -pix_fmt yuv420p', 'mp4 mov mkv ts hevc'],
  VP8: ['-c:v libvpx -pix_fmt yuv420p -b:v 500k -auto-alt-ref 1', 'webm mkv ivf avi'],
  VP9: ['-c:v libvpx-vp9 -pix_fmt yuv420p -g 12 -auto-alt-ref 1 -lag-in-frames 12', 'webm mkv mp4 ivf'],
  AV1: ['-c:v libaom-av1 -cpu-used 8 -pix_fmt yuv420p -g 12', 'webm mkv mp4 ivf'],
  MPEG4: ['-c:v mpeg4 -q:v 3 -g 9', 'avi mp4 mov mkv ts nut'],
  'MPEG4 of B-frames': ['-c:v mpeg4 -q:v 3 -bf 2 -g 12', 'avi mp4 mkv'],
  XviD: ['-c:v libxvid -q:v 3 -bf 2 -g 12', 'avi mp4 mkv'],
  'DivX 3': ['-c:v msmpeg4 -q:v 3', 'avi mkv'],
  'Motion JPEG': ['-c:v mjpeg -q:v 2', 'avi mov mkv'],
  ProRes: ['-c:v prores_ks', 'mov mkv'],
  'MPEG-1': ['-c:v mpeg1video -q:v 3 -bf 2', 'mpg avi'],
  'MPEG-2': ['-c:v mpeg2video -q:v 3 -bf 2', 'mpg ts mkv mp4 avi m2v'],
  Sorenson: ['-c:v flv -q:v 3', 'flv'],
  'WMV 7': ['-c:v wmv1 -q:v 3', 'wmv avi'],
  'WMV 8': ['-c:v wmv2 -q:v 3', 'wmv mkv'],
  Theora: ['-c:v libtheora -q:v 8', 'ogv mkv'],
  FFV1: ['-c:v ffv1 -pix_fmt yuv420p', 'mkv avi'],
  Huffyuv: ['-c:v huffyuv -pix_fmt yuv422p', 'avi'],
  PNG: ['-c:v png', 'mov avi'],
  'raw pictures': ['-c:v rawvideo -pix_fmt yuv420p', 'avi nut'],
}

const formats = 'yuv420p yuv422p yuv444p yuv420p10le yuv422p10le yuv444p10le gray gray10le'.split(' ')
const deep = 'yuv420p yuv422p yuv440p yuv444p yuv411p yuv410p yuv420p9le yuv420p10le yuv422p12le yuv444p14le yuv444p16le gray gray10le gray16le bgr0 gbrp10le gbrp12le'.split(' ') // prettier-ignore
const matrices = ['bt709', 'bt2020', 'smpte240m', 'fcc', 'smpte170m']
const spaces: Readonly<Record<string, string>> = { bt2020: 'bt2020nc' }

const coded = (matrix: string, range: 'tv' | 'pc', format: string): string =>
  `-vf scale=out_color_matrix=${matrix}:out_range=${range},format=${format} -colorspace ${spaces[matrix] ?? matrix} -color_range ${range}`

const x264 = '-c:v libx264 -pix_fmt yuv420p'
const x265 = '-c:v libx265 -x265-params keyint=12:log-level=none -pix_fmt yuv420p'

const kinds: readonly Kind[] = [
  ...Object.values(codecs).flatMap(([encoder, containers]) =>
    containers.split(' ').map(container => ({ file: `codec.${container}`, encoder })),
  ),
  ...formats.map(format => ({ file: `${format}.mp4`, encoder: `-c:v libx264 -pix_fmt ${format}` })),
  ...deep.map(format => ({ file: `${format}.mkv`, encoder: `-c:v ffv1 -strict -2 -pix_fmt ${format}` })),
  ...['yuv420p10le', 'yuv420p12le', 'yuv444p10le'].map(format => ({ file: `${format}.webm`, encoder: `-c:v libvpx-vp9 -pix_fmt ${format}` })), // prettier-ignore
  ...['yuv420p10le', 'yuv422p10le', 'yuv444p12le', 'gbrp'].map(format => ({ file: `hevc-${format}.mp4`, encoder: `-c:v libx265 -x265-params log-level=none -pix_fmt ${format}` })), // prettier-ignore
  ...matrices.flatMap(matrix =>
    (['tv', 'pc'] as const).flatMap(
      range =>
      ['yuv420p', 'yuv420p10le', 'yuv444p'].map(format => ({ file: `${matrix}-${range}-${format}.mp4`, encoder: `${coded(matrix, range, format)} -c:v libx264` })), // prettier-ignore
    ),
  ),
  { file: 'animation.png', encoder: '-f apng' },
  // Structures.
  { file: 'bframes.mp4', encoder: `${x264} -bf 16 -b_strategy 0` },
  { file: 'open-gop.mp4', encoder: `${x264} -x264-params open-gop=1:keyint=12` },
  { file: 'intra-refresh.mp4', encoder: `${x264} -intra-refresh 1 -g 10` },
  { file: 'fragments.mp4', encoder: `${x264} -movflags frag_keyframe+empty_moov -g 6` },
  { file: 'fragments-of-frames.mp4', encoder: `${x264} -movflags frag_every_frame+empty_moov` },
  { file: 'faststart.mp4', encoder: `${x264} -movflags faststart` },
  { file: 'later.mp4', encoder: `${x264} -output_ts_offset 5` },
  { file: 'later.mkv', encoder: `${x264} -output_ts_offset 5` },
  { file: 'no-edits.mp4', encoder: `${x264} -use_editlist 0` },
  { file: 'gaps.mp4', encoder: `-vf select='lt(mod(n,9),4)' -fps_mode vfr ${x264}` },
  { file: 'negative.mp4', encoder: `${x264} -bf 3 -movflags negative_cts_offsets` },
  { file: 'raw.y4m', encoder: '-pix_fmt yuv420p' },
  { file: 'one.mp4', encoder: `${x264} -frames:v 1` },
  { file: 'two.avi', encoder: '-c:v mpeg4 -q:v 3 -frames:v 2' },
  { file: 'odd.mp4', encoder: '-c:v libx264 -pix_fmt yuv444p', source: 'testsrc2=s=97x81:r=25:d=0.6' },
  { file: 'odd.webm', encoder: '-c:v libvpx-vp9 -pix_fmt yuv420p', source: 'testsrc2=s=97x81:r=25:d=0.6' },
  { file: 'odd.avi', encoder: '-c:v mpeg4 -q:v 3', source: 'testsrc2=s=97x81:r=25:d=0.6' },
  ...['1x119', '119x1', '1x1'].flatMap(
    size =>
    ['libvpx-vp9', 'libaom-av1 -cpu-used 8'].map(codec => ({ file: `${size}-${codec.slice(0, 6)}.webm`, encoder: `-c:v ${codec} -pix_fmt yuv420p`, source: `gradients=s=${size}:r=25:d=0.6` })), // prettier-ignore
  ),
  { file: 'interlaced.ts', encoder: `${x264} -flags +ilme+ildct -x264-params tff=1` },
  { file: 'interlaced.mpg', encoder: '-c:v mpeg2video -q:v 3 -flags +ilme+ildct' },
  { file: 'cueless.mkv', encoder: `${x264} -g 999 -f matroska -live 1`, source: 'testsrc2=s=96x80:r=25:d=12' },
  ...['0.3', '0.52', '0.9'].flatMap(start => [
    { file: `cut-${start}.mp4`, encoder: x265, then: [`-ss ${start} -i IN -c copy OUT`] },
    { file: `cut-${start}.ts`, encoder: x265, then: [`-ss ${start} -i IN -c copy OUT`] },
    { file: `cut-${start}.mkv`, encoder: `${x264} -g 12`, then: [`-ss ${start} -i IN -c copy -copyinkf OUT`] },
  ]),
  ...[90, 180, 270].flatMap(turn => [
    { file: `turned-${turn}.mp4`, encoder: x264, then: [`-i IN -c copy -metadata:s:v:0 rotate=${turn} OUT`] },
    { file: `turned-mpeg4-${turn}.mov`, encoder: '-c:v mpeg4 -q:v 3', then: [`-i IN -c copy -metadata:s:v:0 rotate=${turn} OUT`] }, // prettier-ignore
  ]),
]

const why = noFfmpeg === undefined ? '' : ` (skipped: ${noFfmpeg})`

describe(`Frames are those that ffmpeg shows, of each kind${why}`, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kinds-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const kind of kinds)
    it(`${kind.file}: ${kind.encoder}${(kind.then ?? []).map(step => `, then ${step}`).join('')}`, async function () {
      if (noFfmpeg) return this.skip()
      await compare(make(folder, kind), kind)
    })

  it('but for a file that is cut off, which ffmpeg reads as far as it goes: it is refused', async function () {
    if (noFfmpeg) return this.skip()
    for (const [file, encoder] of [
      ['cut.mp4', x264],
      ['cut.avi', '-c:v mpeg4'],
      ['cut.mkv', x264],
    ] as const) {
      // prettier-ignore
      const path = make(folder, { file, encoder })
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.subarray(0, bytes.length - 100))
      const message = await openVideo(path).then(String, (error: Error) => error.message)
      expect(message).to.match(/: must be a whole video of \d+ bytes or more, got the first \d+$/)
    }
  })

  it('but for a turn of half a quarter, which ffmpeg makes within the frame: it is a quarter', async function () {
    if (noFfmpeg) return this.skip()
    for (const [file, encoder] of [
      ['turn.mp4', x264],
      ['turn.mov', '-c:v mpeg4 -q:v 3'],
    ] as const) {
      // prettier-ignore
      const path = make(folder, { file, encoder })
      const bytes = readFileSync(path)
      const matrix = bytes.indexOf('tkhd') + 4 + 40
      expect(bytes.readInt32BE(matrix)).to.equal(1 << 16)
      for (const [i, part] of [[0, 1], [1, 1], [3, -1], [4, 1]] as const) bytes.writeInt32BE(Math.round(part * Math.SQRT1_2 * 65536), matrix + 4 * i) // prettier-ignore
      writeFileSync(path, bytes)
      const { width, height, close } = await openVideo(path)
      close()
      expect([width, height], file).to.deep.equal([80, 96])
    }
  })

  it('but for damaged bytes, which versions of FFmpeg conceal differently (HEVC in 5.1 and 8.1 by 24 levels): frames are those of the FFmpeg that reads here, each in its place', async function () {
    if (noFfmpeg) return this.skip()
    const whole = readFileSync(make(folder, { file: 'hevc.mp4', encoder: x265 }))
    const own = async (path: string) => {
      const [video, images] = [await openVideo(path), [] as Uint8Array[]]
      for await (const { data } of video.read(Array.from({ length: video.frames }, (_, k) => k))) images.push(data)
      video.close()
      return images
    }
    const sound = await own(join(folder, 'hevc.mp4'))
    const [from, length] = [whole.indexOf('mdat') + 4, whole.readUInt32BE(whole.indexOf('mdat') - 4) - 8]
    for (const part of [0.3, 0.5, 0.7, 0.9]) {
      const bytes = Buffer.from(whole)
      for (let i = 0; i < 40; i++) bytes[from + Math.floor(part * length) + i]! ^= 0xff
      const path = join(folder, 'damaged.mp4')
      writeFileSync(path, bytes)
      const images = await own(path)
      expect(images).to.have.lengthOf(sound.length)
      const decoding = openDecoding(av, path, 2 ** 26)
      const inOrder = new Map<number, Uint8Array>()
      for (let frame = decoding.next(); frame; frame = decoding.next()) inOrder.set(decoding.packet(Number(frame.pts))!.time!, rgbOf(av, frame).data) // prettier-ignore
      decoding.close()
      const shown = [...inOrder].sort(([a], [b]) => a - b).map(([, data]) => data)
      // Where that FFmpeg leaves none out, reading from the start.
      if (shown.length === images.length)
        images.forEach((data, k) => expect(Buffer.from(data).equals(shown[k]!), `frame ${k} at ${part}`).to.equal(true))
      const first = images.findIndex((data, k) => !Buffer.from(data).equals(sound[k]!))
      expect(first, `damage at ${part}`).to.be.at.least(Math.floor(part * 30) - 12)
    }
  })
})
