/** A plan in the making: arrays have numbers, and what is stored is a step. */
import { type Shape, sizeOf, type Tensor, uniform } from '../../../tensor'
import { arraysOf, contiguous, type Expression, whole } from './expression'
import { argumentsOf, type Work } from './work'

/** A step before it is known how long its arrays live. */
export interface DraftStep {
  readonly work: Work
  readonly reads: readonly number[]
  readonly writes: number
  /** What it computes, for people. */
  readonly title: string
}
export interface Draft {
  readonly sizes: readonly number[]
  readonly constants: ReadonlyMap<number, Tensor>
  readonly steps: readonly DraftStep[]
  /** A new array of so many elements. */
  readonly array: (size: number) => number
  readonly constant: (x: Tensor) => Expression
  /** Work whose results are stored. */
  readonly push: (title: string, work: Work, shape: Shape) => Expression
}

export const newDraft = (): Draft => {
  const sizes: number[] = []
  const constants = new Map<number, Tensor>()
  const steps: DraftStep[] = []
  const array = (size: number): number => sizes.push(size) - 1
  return {
    sizes,
    constants,
    steps,
    array,
    constant: x => {
      const value = uniform(x)
      if (value !== undefined && Number.isFinite(value)) return { kind: 'constant', value }
      const number = array(sizeOf(x.shape))
      constants.set(number, x)
      return whole(number, x.shape)
    },
    push: (title, work, shape) => {
      const writes = array(sizeOf(shape))
      steps.push({ work, reads: argumentsOf(work), writes, title })
      return whole(writes, shape)
    },
  }
}

/** Where the steps of one operation go. */
export interface Steps {
  readonly push: (work: Work, shape: Shape) => Expression
}
export const stepsOf = ({ push }: Draft, title: string): Steps => ({ push: (work, shape) => push(title, work, shape) })

/** The expression as an array's elements, in whichever order they lie. */
export const store = ({ push }: Steps, e: Expression, shape: Shape): Expression =>
  e.kind === 'read' ? e : push({ kind: 'map', value: e, shape }, shape)

/** An array that holds the expression's elements in row-major order and nothing else. */
export const outputArray = ({ push }: Steps, sizes: readonly number[], e: Expression, shape: Shape): number => {
  const { stride } = contiguous(shape)
  const asIs =
    e.kind === 'read' &&
    sizes[e.array] === sizeOf(shape) &&
    e.at.stride.every((s, i) => shape[i] === 1 || s === stride[i])
  return arraysOf(asIs ? e : push({ kind: 'map', value: e, shape }, shape))[0]!
}
