/** Damage in the middle of a file. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openVideo, readClip, viewClips } from '../../lib/video'
import { temporaryFiles } from './datasets/files'
import { damagedAt } from './pieces'

const whole = join(__dirname, '../../fixtures/videos/h264.mp4')

describe('A video that is damaged in the middle', () => {
  const { write } = temporaryFiles()
  const source = readFileSync(whole)
  const fileDamagedAt = (part: number): string => write(`damaged-${part}.mp4`, damagedAt(source, part))
  const imagesOf = async (path: string, indices: readonly number[]) => {
    const video = await openVideo(path)
    const images: Uint8Array[] = []
    for await (const { data } of video.read(indices)) images.push(data)
    video.close()
    return { images, frames: video.frames, damaged: video.damaged() }
  }
  const all = Array.from({ length: 75 }, (_, k) => k)

  for (const part of [0.4, 0.5, 0.6, 0.8])
    it(`at ${100 * part} % keeps all its frames, says which are damaged, and shows those before as they were`, async () => {
      const [expected, found] = await Promise.all([imagesOf(whole, all), imagesOf(fileDamagedAt(part), all)])
      expect(expected.damaged).to.deep.equal([])
      expect(found.frames).to.equal(75)
      expect(found.images).to.have.lengthOf(75)
      const differs = all.filter(k => !Buffer.from(found.images[k]!).equals(expected.images[k]!))
      expect(found.damaged).not.to.deep.equal([])
      // A damaged frame spoils those that are made from it: of these few are shown before it.
      expect(differs).to.include(found.damaged[0])
      expect(found.damaged[0]! - differs[0]!).to.be.below(3)
      expect(differs.length).to.be.below(75 / 2)
    })

  it('says so of the frames that were read alone', async () => {
    const path = fileDamagedAt(0.4)
    const { damaged } = await imagesOf(path, all)
    const [first] = damaged as [number]
    expect((await imagesOf(path, [0, first - 1])).damaged).to.deep.equal([])
    expect((await imagesOf(path, [first, 0, first])).damaged).to.deep.equal([first])
    const clipAt = async (view: number) => {
      const sampling = { frames: 1, stride: 1 }
      return (await readClip(viewClips(path, { views: 75, sampling, where: { shortSide: 8, crop: 8, crops: 1 } })[view]!)).damaged // prettier-ignore
    }
    expect(await clipAt(first)).to.deep.equal([first])
    expect(await clipAt(first - 1)).to.deep.equal([])
  })
})

describe('An MP4 without the box that says that it is one', () => {
  const { write } = temporaryFiles()
  for (const [name, type] of [
    ['h264.mp4', 'wide'],
    ['gray.mp4', 'free'],
    ['bt709.mov', 'skip'],
  ] as const)
    it(`has the frames that it has with it: ${name}, where ${type} is in its place`, async () => {
      const bytes = readFileSync(join(dirname(whole), name))
      expect(bytes.toString('latin1', 4, 8)).to.equal('ftyp')
      const [one, other] = [await openVideo(join(dirname(whole), name)), await openVideo(write(name, Buffer.from(bytes).fill(type, 4, 8)))] // prettier-ignore
      expect(other.frames).to.equal(one.frames)
      other.times.forEach((time, k) => expect(time - other.times[0]!).to.be.closeTo(one.times[k]! - one.times[0]!, 1e-3)) // prettier-ignore
      const images = async ({ read }: typeof one) => {
        const found: string[] = []
        for await (const { data } of read([0, 3, one.frames - 1])) found.push(Buffer.from(data).toString('base64'))
        return found
      }
      expect(await images(other)).to.deep.equal(await images(one))
      for (const { close } of [one, other]) close()
    })
})
