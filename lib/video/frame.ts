/** Pictures as FFmpeg decodes them, as RGB images. */
import type * as NodeAv from 'node-av'
import type { FrameSize } from './crop'
import { type ColourSpace, fromGreenBlueRed, fromPlanes, type Plane, type Turn, turned } from './pixels'
import type { Image } from './png'
import { resizeImage } from './resize'

type Av = typeof NodeAv

/** How samples of a pixel format lie in planes, in this machine's order of bytes. */
interface Layout {
  readonly kind: string
  readonly depth: number
  readonly dx: number
  readonly dy: number
}

const subsamplings: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  '444': [0, 0],
  '440': [0, 1],
  '422': [1, 0],
  '420': [1, 1],
  '411': [2, 0],
  '410': [2, 2],
}

/** The layout of the pixel format with a name of FFmpeg's; undefined where its samples are in no planes of their own. */
const layoutOf = (name: string): Layout | undefined => {
  const [, kind, subsampling, bits = '8'] = /^(gray|gbr|yuv)[aj]?(\d{3}(?=p))?a?p?(9|1\d)?(?:le)?$/.exec(name) ?? []
  const [dx, dy] = subsamplings[subsampling ?? '444'] ?? []
  if (kind === undefined || dx === undefined || dy === undefined) return undefined
  return { kind, depth: Number(bits), dx, dy }
}

/** Formats that hold the samples of others in another order. */
const reordered: Readonly<Record<string, string>> = {
  yuyv422: 'yuv422p',
  yvyu422: 'yuv422p',
  uyvy422: 'yuv422p',
  uyyvyy411: 'yuv411p',
  nv12: 'yuv420p',
  nv21: 'yuv420p',
  nv16: 'yuv422p',
  nv24: 'yuv444p',
  p010le: 'yuv420p10le',
  p210le: 'yuv422p10le',
  y210le: 'yuv422p10le',
  y212le: 'yuv422p12le',
  vuya: 'yuv444p',
  vuyx: 'yuv444p',
  ayuv: 'yuv444p',
  ayuv64le: 'yuv444p16le',
  xv30le: 'yuv444p10le',
  xv36le: 'yuv444p12le',
}

/** What no matrix is said of is as FFmpeg takes it: BT.601, within 16 to 235. */
const colourSpaceOf = (av: Av, frame: NodeAv.Frame, name: string): ColourSpace => ({
  matrix:
    frame.colorSpace === av.AVCOL_SPC_BT709
      ? 'bt709'
      : frame.colorSpace === av.AVCOL_SPC_BT2020_NCL || frame.colorSpace === av.AVCOL_SPC_BT2020_CL
        ? 'bt2020'
        : frame.colorSpace === av.AVCOL_SPC_SMPTE240M
          ? 'smpte240m'
          : frame.colorSpace === av.AVCOL_SPC_FCC
            ? 'fcc'
            : 'bt601',
  full: frame.colorRange === av.AVCOL_RANGE_JPEG || name.startsWith('yuvj'),
})

/** The RGB image of a decoded picture, as it is stored. */
export const rgbOf = (av: Av, frame: NodeAv.Frame): Image => {
  const name = av.avGetPixFmtName(frame.format as NodeAv.AVPixelFormat) ?? ''
  const layout = layoutOf(name)
  if (layout !== undefined) return rgbOfPlanes(av, frame, name, layout)
  const target = /be$/.test(name) && layoutOf(name.replace(/be$/, 'le')) ? name.replace(/be$/, 'le') : reordered[name]
  const converted = convert(av, frame, target ?? 'rgb24')
  try {
    return target === undefined ? packedRgb(converted) : rgbOf(av, converted)
  } finally {
    converted.free()
  }
}

const rgbOfPlanes = (av: Av, frame: NodeAv.Frame, name: string, { kind, depth, dx, dy }: Layout): Image => {
  const bytes = depth > 8 ? 2 : 1
  const planes = frame.data!.slice(0, kind === 'gray' ? 1 : 3).map((plane, p): Plane => {
    const data = bytes === 1 ? plane : new Uint16Array(plane.buffer, plane.byteOffset, plane.byteLength >> 1)
    return { data, offset: 0, stride: frame.linesize[p]! / bytes, step: 1 }
  })
  const stored = { planes, dx, dy, depth }
  return kind === 'gbr' ? fromGreenBlueRed(stored, frame) : fromPlanes(stored, frame, colourSpaceOf(av, frame, name))
}

const packedRgb = (frame: NodeAv.Frame): Image => {
  const { width, height } = frame
  const [rows, stride] = [frame.data![0]!, frame.linesize[0]!]
  const data = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++) data.set(rows.subarray(y * stride, y * stride + 3 * width), 3 * y * width)
  return { width, height, channels: 3, data }
}

const convert = (av: Av, frame: NodeAv.Frame, name: string): NodeAv.Frame => {
  const { width, height } = frame
  const scaler = new av.SoftwareScaleContext()
  const out = new av.Frame()
  out.alloc()
  Object.assign(out, { width, height, format: av.avGetPixFmtFromName(name) })
  try {
    av.FFmpegError.throwIfError(out.allocBuffer())
    const flags = av.SWS_POINT | av.SWS_ACCURATE_RND | av.SWS_FULL_CHR_H_INT
    scaler.getContext(width, height, frame.format as NodeAv.AVPixelFormat, width, height, out.format as NodeAv.AVPixelFormat, flags as NodeAv.SwsFlags) // prettier-ignore
    av.FFmpegError.throwIfError(scaler.scaleFrameSync(out, frame))
    out.colorSpace = frame.colorSpace
    out.colorRange = frame.colorRange
    return out
  } catch (error) {
    out.free()
    throw error
  } finally {
    scaler.freeContext()
  }
}

/** The size at which the pixels of a picture are squares: none of its sides becomes shorter. */
export const squareSize = (
  { width, height }: FrameSize,
  { num, den }: Readonly<{ num: number; den: number }>,
): FrameSize =>
  num <= 0 || den <= 0
    ? { width, height }
    : num > den
      ? { width: Math.round((width * num) / den), height }
      : { width, height: Math.round((height * den) / num) }

/** An image as it is shown: with square pixels, and upright. */
export const shown = (image: Image, size: FrameSize, { degrees, mirrored }: Turn): Image =>
  turned(
    image.width === size.width && image.height === size.height ? image : resizeImage(image, size),
    degrees,
    mirrored,
  )

/**
 * How a display matrix (ISO/IEC 14496-12, 8.3.2: x' = a x + c y, y' = b x + d y) shows a picture, to the nearest quarter.
 * Its nine numbers are of 32 bits each, in this machine's order: a, b, u, c, d, v, x, y, w.
 */
export const turnOf = (matrix: Buffer | null): Turn => {
  if (matrix === null || matrix.length < 36) return { degrees: 0, mirrored: false }
  const [a, b, c, d] = [0, 1, 3, 4].map(i => matrix.readInt32LE(4 * i)) as [number, number, number, number]
  // Half a quarter counts as one, as Mediabunny has it; a matrix of zeros turns nothing.
  const aside = Math.abs(b) + Math.abs(c) >= Math.max(Math.abs(a) + Math.abs(d), 1)
  // A mirror turns the sense of rotation.
  const mirrored = aside ? b * c > 0 : a * d < 0
  const degrees = aside ? ((mirrored ? b > 0 : c < 0) ? 90 : 270) : d < 0 ? 180 : 0
  return { degrees, mirrored }
}
