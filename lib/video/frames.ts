/** Folders of numbered pictures as videos: Jester's, Something-Something's first version, extracted frames of any other. */
import { UserError } from '../tensor'
import { builtin } from '../host'
import { refused } from './bytes'
import { seriesOf } from './datasets/kinds'
import { MAX_PIXELS } from './png'
import { decodeStill } from './still'
import { checkIndices, type Video } from './video'

/** Whether there is a folder at a path; false where there is no disk. */
export const isFolder = async (path: string): Promise<boolean> => {
  const stat = await builtin('node:fs/promises')
    ?.stat(path)
    .catch(() => undefined)
  return stat?.isDirectory() ?? false
}

/**
 * Opens a folder of numbered pictures, `00001.jpg` or `img_00001.jpg`, as the video whose frames they are, in the order of their
 * numbers. They are read where they are asked for.
 *
 * @param fps frames per second, which a folder does not say; without it the video has the rate 0
 * @param maxPixels how many pixels a picture may have
 * @throws UserError when there are no such pictures or several series of them, or the first does not decode
 */
export const openFrames = async (folder: string, fps = 0, maxPixels = MAX_PIXELS): Promise<Video> => {
  const disk = builtin('node:fs/promises')!
  const names = await disk.readdir(folder).catch((error: unknown) => {
    throw refused(folder, error)
  })
  const series = seriesOf(names.filter(name => !name.startsWith('.')))
  if (series.length === 0)
    throw new UserError(`${folder}: must hold the numbered pictures of one video, got ${names.length} other files`)
  const imageOf = async (name: string) => {
    const bytes = await disk.readFile(`${folder}/${name}`).catch((error: unknown) => {
      throw refused(`${folder}: ${name}`, error)
    })
    return decodeStill(bytes, `${folder}: ${name}`, maxPixels)
  }
  const { width, height } = await imageOf(series[0]!)
  const frames = series.length
  return {
    name: folder,
    frames,
    width,
    height,
    duration: fps === 0 ? 0 : frames / fps,
    fps,
    kind: 'numbered pictures',
    times: series.map((_, i) => (fps === 0 ? i : i / fps)),
    async *read(indices) {
      checkIndices(folder, indices, frames)
      let last: { readonly index: number; readonly image: Awaited<ReturnType<typeof imageOf>> } | undefined
      for (const index of indices) {
        // A frame that stands for several is decoded once.
        if (last?.index !== index) last = { index, image: await imageOf(series[index]!) }
        yield last.image
      }
    },
    damaged: () => [],
    close: () => undefined,
  }
}
