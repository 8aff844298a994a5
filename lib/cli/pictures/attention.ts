/** Figure 4: frames of a clip, and below each where networks look. */
import { flat, type Tensor } from '../../tensor'
import type { ClipFormat } from '../../training'
import { type Image, resizeImage } from '../../video'

/** Frames are drawn at least this wide, in pixels; between them there is a little room. */
const [LEAST, GAP] = [112, 4]

/** The frames of a clip `[1, C, T, H, W]` as pictures, their colours as they were. */
export const framesOf = (X: Tensor, { mean, deviation }: ClipFormat): readonly Image[] => {
  const [, C, T, height, width] = X.shape as [number, number, number, number, number]
  const x = flat(X)
  const of = (value: number | readonly number[], c: number): number => (typeof value === 'number' ? value : value[c]!)
  return Array.from({ length: T }, (_, t) => {
    const data = Uint8Array.from({ length: 3 * height * width }, (_, i) => {
      const c = C === 1 ? 0 : i % 3
      const value = x[(c * T + t) * height * width + Math.floor(i / 3)]! * of(deviation, c) + of(mean, c)
      return Math.round(255 * Math.min(1, Math.max(0, value)))
    })
    return { width, height, channels: 3, data }
  })
}

/** How bright a map makes its patches: from 0, the least of all frames, to 1, the most. */
const brightness = (maps: Tensor): readonly (readonly number[])[] => {
  const [T, P] = maps.shape as [number, number]
  const values = Float64Array.from(flat(maps))
  const low = values.reduce((a, b) => Math.min(a, b), Infinity)
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity)
  return Array.from({ length: T }, (_, t) =>
    Array.from(values.subarray(t * P, (t + 1) * P), v => (v - low) / (high - low || 1)),
  )
}

/** A frame in the light of its map: dark where nobody looks, and lit up where somebody does. */
const lit = (frame: Image, map: readonly number[]): Image => {
  const { width, height } = frame
  const rows = Math.sqrt(map.length)
  const gray = { width: rows, height: rows, channels: 1, data: Uint8Array.from(map, v => Math.round(255 * v)) } as const
  const light = resizeImage(gray, { width, height }).data
  const data = Uint8Array.from(frame.data, (v, i) => {
    const a = light[Math.floor(i / 3)]! / 255
    return Math.round((1 - a) * 0.3 * v + a * (0.6 * v + 102))
  })
  return { ...frame, data }
}

/** Pictures at their places on white. */
const sheet = (rows: readonly (readonly Image[])[]): Image => {
  const [first] = rows[0]!
  const { width: w, height: h } = first!
  const [width, height] = [rows[0]!.length * (w + GAP) - GAP, rows.length * (h + GAP) - GAP]
  const data = new Uint8Array(3 * width * height).fill(255)
  rows.forEach((images, i) =>
    images.forEach((image, j) => {
      for (let y = 0; y < h; y++)
        data.set(image.data.subarray(3 * y * w, 3 * (y + 1) * w), 3 * ((i * (h + GAP) + y) * width + j * (w + GAP)))
    }),
  )
  return { width, height, channels: 3, data }
}

/** The picture, and the pictures of its columns one after the other: frames above, and below them in the light of each of
 *  the maps `[T, P]`. Small frames are drawn larger. */
export const attentionPicture = (
  frames: readonly Image[],
  maps: readonly Tensor[],
): { readonly all: Image; readonly single: readonly Image[] } => {
  const { width, height } = frames[0]!
  const scale = Math.max(1, Math.ceil(LEAST / width))
  const large = frames.map(frame =>
    scale === 1 ? frame : resizeImage(frame, { width: scale * width, height: scale * height }),
  )
  const rows = [large, ...maps.map(brightness).map(map => large.map((frame, t) => lit(frame, map[t]!)))]
  return { all: sheet(rows), single: frames.map((_, t) => sheet(rows.map(row => [row[t]!]))) }
}
