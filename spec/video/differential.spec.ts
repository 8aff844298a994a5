/** Of every sort of file one, beside ffmpeg; the whole matrix is in the slow tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, type Kind, make, noFfmpeg } from './ffmpeg'

const kinds: readonly Kind[] = [
  { file: 'xvid.avi', encoder: '-c:v libxvid -q:v 3 -bf 2' },
  { file: 'animation.gif', encoder: '' },
  { file: 'animation.webp', encoder: '-c:v libwebp_anim -lossless 1 -pix_fmt bgra', unread: 30 },
  { file: 'raw.h264', encoder: '-c:v libx264 -bf 2' },
  {
    file: '709.mp4',
    encoder: '-vf scale=out_color_matrix=bt709,format=yuv420p10le -colorspace bt709 -color_range tv -c:v libx264',
  },
  { file: 'full.mkv', encoder: '-vf scale=out_color_matrix=bt709:out_range=full,format=yuv444p10le -colorspace bt709 -color_range pc -c:v libx264' }, // prettier-ignore
  { file: 'open.mp4', encoder: '-c:v libx265 -x265-params keyint=12:log-level=none -pix_fmt yuv420p', then: ['-ss 0.6 -i IN -c copy OUT'] }, // prettier-ignore
  { file: 'cueless.webm', encoder: '-c:v libvpx-vp9 -g 999 -pix_fmt yuv420p -live 1' },
  { file: 'equal.mkv', encoder: '-c:v libx264 -pix_fmt yuv420p', source: 'testsrc2=s=96x80:r=2000:d=0.015' },
  { file: 'turned.mov', encoder: '-c:v mpeg4 -q:v 3', then: ['-i IN -c copy -metadata:s:v:0 rotate=90 OUT'] },
]

const why = noFfmpeg === undefined ? '' : ` (skipped: ${noFfmpeg})`

describe(`Frames are those that ffmpeg shows${why}`, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kinds-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const kind of kinds)
    it(`${kind.file}: ${kind.encoder}`, async function () {
      if (noFfmpeg) return this.skip()
      await compare(make(folder, kind), kind)
    })
})
