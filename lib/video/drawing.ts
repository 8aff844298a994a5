/** Draws digits into pictures of any size. Pixels are from −1 (paper) to 1 (ink). */
import { digitSide } from './digits'

/** Side of a digit with its border. */
export const paddedSide = digitSide + 2

/** The digit with a border of paper one pixel wide, so that ink at the edge of its tile fades like any other. */
export const padded = (digit: Uint8Array): Uint8Array => {
  const image = new Uint8Array(paddedSide ** 2)
  for (let y = 0; y < digitSide; y++)
    image.set(digit.subarray(y * digitSide, (y + 1) * digitSide), (y + 1) * paddedSide + 1)
  return image
}

/** How a digit lies in the picture: its rotation, and the side of its tile as a fraction of the picture's. */
export interface Pose {
  /** In radians, counterclockwise. */
  readonly angle: number
  readonly scale: number
}

/** Draws a padded digit centred at (x, y), in fractions of the picture, each pixel the mean of 2 × 2 bilinear samples. Where
 *  there is ink already, the darker one stays. */
export const draw = (
  out: Float32Array,
  size: number,
  image: Uint8Array,
  { angle, scale }: Pose,
  x: number,
  y: number,
): void => {
  const step = digitSide / (scale * size) // digit pixels per picture pixel
  const [c, s] = [Math.cos(angle) * step, Math.sin(angle) * step]
  const centre = (paddedSide - 1) / 2
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let ink = 0
      for (let k = 0; k < 4; k++) {
        const u = column + 0.25 + 0.5 * (k & 1) - x * size
        const v = row + 0.25 + 0.5 * (k >> 1) - y * size
        ink += sample(image, centre + c * u - s * v, centre + s * u + c * v)
      }
      const at = row * size + column
      out[at] = Math.max(out[at]!, ink / (2 * 255) - 1) // (ink / 4 / 255 − 0.5) / 0.5
    }
}

/** The padded image between the centres of its pixels; paper beyond them. */
const sample = (image: Uint8Array, x: number, y: number): number => {
  if (!(x >= 0 && y >= 0 && x < paddedSide - 1 && y < paddedSide - 1)) return 0
  const [i, j] = [Math.floor(y), Math.floor(x)]
  const [p, q, at] = [y - i, x - j, i * paddedSide + j]
  const above = image[at]! + q * (image[at + 1]! - image[at]!)
  const below = image[at + paddedSide]! + q * (image[at + paddedSide + 1]! - image[at + paddedSide]!)
  return above + p * (below - above)
}
