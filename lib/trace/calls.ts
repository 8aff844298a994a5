/** Which equations a function called, and at which sizes: what the documentation shows of a network. */
import type { Sizes } from '../tensor'

/** A call of an equation, and what its labels and ellipses stood for. */
export interface Call {
  readonly title: string
  readonly sizes: Sizes
}

// The list that is being filled, where somebody listens. It changes nothing of what is computed.
let calls: Call[] | undefined

/** Notes a call, where somebody listens. */
export const noteCall = (title: string, sizes: Sizes): void => void calls?.push({ title, sizes })

/** Evaluates `f`, and lists the calls of equations meanwhile in the order in which they began. */
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
