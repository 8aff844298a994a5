/** Named configurations. */
import { type Config, configure } from './config'

/** CSTransformer-V1, V2 and V3 of Table 5 on 8 frames, and small networks to try things with. */
export const variants = {
  V1: configure({ STB: 10, TTB: 10 }),
  V2: configure({ STB: 12, TTB: 6 }),
  V3: configure({ STB: 12, TTB: 8 }),
  /** For digits in motion: trained in minutes by the reference engine. */
  digits: configure({
    channels: 1,
    frames: 4,
    height: 16,
    width: 16,
    patch: 4,
    dim: 32,
    heads: 2,
    STB: 2,
    TTB: 2,
    classes: 8,
  }),
  /** A benchmark's small network. */
  tiny: configure({
    channels: 1,
    frames: 8,
    height: 32,
    width: 32,
    patch: 8,
    dim: 64,
    heads: 4,
    STB: 4,
    TTB: 3,
    classes: 8,
  }),
  /** A benchmark's middle network. */
  small: configure({
    channels: 3,
    frames: 8,
    height: 64,
    width: 64,
    patch: 8,
    dim: 192,
    heads: 3,
    STB: 6,
    TTB: 3,
    classes: 10,
  }),
} satisfies Record<string, Config>
