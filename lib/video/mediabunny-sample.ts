/** Frames as WebCodecs gives them. */
import type * as Mediabunny from 'mediabunny'
import { type ColourSpace, fromPlanes, fromRgbx } from './pixels'
import type { Image } from './png'

/** The RGB image of a browser's frame: of its planes, where these are 8, 10 or 12 bits of Y, U and V. */
export const sampleImage = async (sample: Mediabunny.VideoSample): Promise<Image> => {
  const { format, visibleRect: size, colorSpace } = sample
  const [, kind, bits = '8'] = /^(I420|I422|I444|NV12)A?(?:P(\d+))?$/.exec(format ?? '') ?? []
  const planar = kind !== undefined && colorSpace.matrix !== 'rgb'
  // The types of WebCodecs that come with the package do not know of `format` yet.
  const options: { format?: 'RGBX'; rect?: undefined } = planar ? {} : { format: 'RGBX' }
  const pixels = new Uint8Array(sample.allocationSize(options))
  const layout = await sample.copyTo(pixels, options)
  if (!planar) return fromRgbx(pixels, size)
  const depth = Number(bits)
  const data = depth > 8 ? new Uint16Array(pixels.buffer) : pixels
  const unit = data.BYTES_PER_ELEMENT
  const plane = (p: number, first = 0, step = 1) => ({ data, offset: layout[p]!.offset / unit + first, stride: layout[p]!.stride / unit, step }) // prettier-ignore
  const planes = kind === 'NV12' ? [plane(0), plane(1, 0, 2), plane(1, 1, 2)] : [0, 1, 2].map(p => plane(p))
  const [dx, dy] = [kind === 'I444' ? 0 : 1, kind === 'I420' || kind === 'NV12' ? 1 : 0]
  return fromPlanes({ planes, dx, dy, depth }, size, colourSpaceOf(colorSpace))
}

/** What a file does not say is as FFmpeg takes it: BT.601, within 16 to 235. */
const colourSpaceOf = ({ matrix, fullRange }: Mediabunny.VideoSampleColorSpace): ColourSpace => ({
  matrix: matrix === 'bt709' ? 'bt709' : matrix === 'bt2020-ncl' ? 'bt2020' : 'bt601',
  full: fullRange === true,
})
