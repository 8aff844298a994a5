/** Ways to compute attention. An engine, or who asks for one, brings it along, so that others need not hold it. */

import { either, func, type Kind, optional, strict, word } from '../tensor/given'

/** How the attention of a function is computed: as it stands, or as what is made of the function does (`withFusedAttention`,
 *  `fusedWhereLess`). */
export type Attention = 'plain' | (<A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R)

/** What may be said of it. */
export const attentionKind: Kind = either(word('plain'), func)

/** The same function with its attention computed in one of these ways. */
export const withAttention = strict(
  'withAttention',
  { f: func, attention: optional(attentionKind) },
  <A extends readonly unknown[], R>(f: (...args: A) => R, attention: Attention = 'plain'): ((...args: A) => R) =>
    attention === 'plain' ? f : attention(f),
)
