import { decode, encode } from 'fast-png'
import { UserError } from '../tensor'

/** An image of 8 bits per sample: gray (one channel) or RGB (three), row by row, channels of a pixel together. */
export type Image = Readonly<{ width: number; height: number; channels: 1 | 3; data: Uint8Array }>

/**
 * The bytes of a PNG file that shows `image`. Pure: the same image gives the same bytes.
 *
 * @throws UserError when a size is not a positive integer, or `data` does not hold height · width · channels samples
 */
export const encodePng = (image: Image): Uint8Array => {
  const { width, height, channels, data } = image
  for (const [name, size] of Object.entries({ width, height }))
    if (!Number.isInteger(size) || size < 1) throw new UserError(`${name}: expected a positive integer, found ${size}`)
  if (channels !== 1 && channels !== 3) throw new UserError(`channels: expected 1 (gray) or 3 (RGB), found ${channels}`)
  if (data.length !== height * width * channels)
    throw new UserError(
      `data: expected ${height} × ${width} × ${channels} = ${height * width * channels} samples, found ${data.length}`,
    )
  return encode({ width, height, channels, data, depth: 8 }, { zlib: { level: 9 } })
}

/**
 * The image that the bytes of a PNG file show; checksums are verified.
 *
 * @param name what the bytes are called in an error, as a rule the path of their file
 * @throws UserError when the bytes are no PNG, end too early or are damaged, or when the image is not 8-bit gray or RGB
 */
export const decodePng = (bytes: Uint8Array, name = 'PNG'): Image => {
  const { width, height, channels, depth, palette, data } = decodeChecked(bytes, name)
  if (depth !== 8 || palette || (channels !== 1 && channels !== 3) || !(data instanceof Uint8Array))
    throw new UserError(
      `${name}: expected an 8-bit gray or RGB image, found ${depth} bits, ${palette ? 'a palette' : `${channels} channels`}`,
    )
  return { width, height, channels, data }
}

const decodeChecked = (bytes: Uint8Array, name: string) => {
  try {
    return decode(bytes, { checkCrc: true })
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split(/:?\s*\n|:\s*$/)
    throw new UserError(
      `${name}: expected a whole PNG file, found ${bytes.length} bytes that do not decode (${reason})`,
      {
        cause,
      },
    )
  }
}
