import { rearrange } from '../primitives'
import { equation } from '../trace'

/** From frames to positions: what an STB made, as a TTB reads it.
 *  @param V S tokens in each of T frames of B clips
 *  @param T frames
 *  Source: Sec. 3.1, "Cross-stage structure". */
export const toTime = equation('Regrouping for a TTB, Sec. 3.1', "V[B*T, S, C'], T -> [B*S, T, C']", (V, T) =>
  rearrange("[B*T, S, C'] -> [B*S, T, C']", V, { T }),
)

/** From positions to frames: what a TTB made, as an STB reads it; undoes `toTime`.
 *  @param V T frames of each of S positions of B clips
 *  @param S positions
 *  Source: Sec. 3.1, "Cross-stage structure". */
export const toSpace = equation('Regrouping for an STB, Sec. 3.1', "V[B*S, T, C'], S -> [B*T, S, C']", (V, S) =>
  rearrange("[B*S, T, C'] -> [B*T, S, C']", V, { S }),
)
