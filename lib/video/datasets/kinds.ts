/** What files are by their names. Without Node's own modules: pages read folders of frames, too. */

const ofVideos =
  'mp4 m4v mov qt webm mkv avi divx ts mts m2ts 3gp 3g2 f4v flv wmv asf mpg mpeg mpe m2v vob ogv ogg gif h264 264 h265 265 hevc ivf y4m mxf dv'
const ofPictures = 'png apng jpg jpeg webp'
const dotted = (names: string): readonly string[] => names.split(' ').map(name => `.${name}`)

/** How the names of files end that are taken for videos, or for still pictures. */
export const videoExtensions: readonly string[] = dotted(`${ofVideos} ${ofPictures}`)

const [videos, pictures] = [new Set(videoExtensions), new Set(dotted(ofPictures))]
const suffix = (name: string): string => (/[^/\\](\.[^./\\]*)$/.exec(name)?.[1] ?? '').toLowerCase()

/** Whether a name is that of a video, or of a still picture. */
export const isVideoName = (name: string): boolean => videos.has(suffix(name))
export const isPictureName = (name: string): boolean => pictures.has(suffix(name))

/** A file's name without what it ends in. */
export const stem = (name: string): string => name.replace(/^.*\//, '').replace(/(.)\.[^.]*$/, '$1')

/** What systems and programs leave behind: nobody's videos. */
export const isJunk = (name: string): boolean =>
  name.startsWith('.') || /^(__MACOSX|@eaDir|lost\+found|\$RECYCLE\.BIN|Thumbs\.db|desktop\.ini)$/i.test(name)

/** Optical flow, which lies beside the frames that it was computed of. */
const isFlow = (prefix: string): boolean => /^(flow[_-]?)?[xyuv][_-]?$|^flow[_-]?$/i.test(prefix)

/**
 * The frames of a video in a folder with these files: pictures of one name with rising numbers, as `00001.jpg` or
 * `img_00001.jpg`, in the order of their numbers. Optical flow beside them is passed over.
 *
 * @returns none where there are others, or several series
 */
export const seriesOf = (names: readonly string[]): readonly string[] => {
  const series = new Map<string, { readonly name: string; readonly number: number }[]>()
  for (const name of names) {
    const [, prefix, digits] = (isPictureName(name) && /^(.*?)(\d+)$/.exec(stem(name))) || []
    if (digits === undefined) {
      if (isVideoName(name)) return []
      continue
    }
    const numbered = { name, number: Number(digits) }
    if (!series.get(prefix!)?.push(numbered)) series.set(prefix!, [numbered])
  }
  const found = [...series].filter(([prefix]) => series.size === 1 || !isFlow(prefix))
  if (found.length !== 1) return []
  return found[0]![1].sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1)).map(({ name }) => name)
}
