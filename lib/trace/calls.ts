/** Which equations a function called, and at which sizes: what the documentation shows of a network. */
import type { Sizes } from '../tensor'

/** A call of an equation, and what its labels and ellipses stood for. */
export interface Call {
  readonly title: string
  readonly sizes: Sizes
}

// The list that is being filled, while somebody listens. It does not affect what is computed.
let calls: Call[] | undefined

/** Records a call, while somebody listens. */
export const noteCall = (title: string, sizes: Sizes): void => void calls?.push({ title, sizes })

/** Evaluates `f`, and lists the equations that it calls, in the order in which the calls begin. */
export const callsIn = (f: () => unknown): readonly Call[] => {
  const outer = calls
  const noted: Call[] = []
  calls = noted
  try {
    f()
  } finally {
    calls = outer
  }
  return noted
}
