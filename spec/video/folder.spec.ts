import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { openVideo, viewClips } from '../../lib/video'
import { openClipReader, videoExtensions } from '../../lib/video/node'

const folder = process.env['CSTRANSFORMER_VIDEOS'] ?? ''
const files = folder === '' ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' })
const paths = files.filter(name => videoExtensions.includes(extname(name).toLowerCase())).sort()

describe(`Any folder of videos${folder === '' ? ' (skipped: CSTRANSFORMER_VIDEOS names none)' : `: ${folder}`}`, () => {
  if (folder === '') it('is read')
  else it('holds some', () => expect(paths).not.to.have.lengthOf(0))

  for (const name of paths)
    it(`gives frames and the paper's views of ${name}`, async () => {
      const path = join(folder, name)
      const video = await openVideo(path)
      expect(video.times).to.have.lengthOf(video.frames)
      expect(video.times.every((time, k) => k === 0 || time > video.times[k - 1]!)).to.equal(true)
      for await (const { width, height } of video.read([0, Math.floor(video.frames / 2), video.frames - 1]))
        expect({ width, height }).to.deep.equal({ width: video.width, height: video.height })
      video.close()
      const reader = openClipReader({ workers: 0 })
      for await (const result of reader.read(viewClips(path, { views: 2 }))) {
        if ('problem' in result) throw new Error(result.problem)
        expect(result.clip.shape).to.deep.equal([3, 3, 8, 224, 224])
        for (const v of result.clip.data) if (!(Math.abs(v) <= 1)) throw new Error(`${name}: found ${v} beyond −1 to 1`)
      }
      await reader.close()
    })
})
