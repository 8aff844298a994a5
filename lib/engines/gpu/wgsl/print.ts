/** Expressions in WGSL, over one memory `m` of floats. */
import { type Shape, sizeOf, UserError } from '../../../tensor'
import type { Strided } from '../../../trace'
import { atom, float, type Style } from '../plan/print'
import { statements } from '../plan/statements'
import { floats, type View } from './view'

const FUNCTIONS = new Set(['abs', 'acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'ceil', 'cos', 'cosh', 'exp', 'floor', 'log', 'log2', 'max', 'min', 'pow', 'sign', 'sin', 'sinh', 'sqrt', 'tan', 'tanh', 'trunc']) // prettier-ignore

const style: Style = {
  constant: value => atom(value < 0 || Object.is(value, -0) ? `(${float(value)})` : float(value)),
  call: (name, of) => {
    if (!FUNCTIONS.has(name))
      throw new UserError(`engine gpu: a function in a kernel must be one of WGSL, got Math.${name}`)
    return `${name}(${of.join(', ')})`
  },
  choice: (condition, yes, no) => `select(${no}, ${yes}, ${condition})`,
  operators: { '===': '==', '!==': '!=' },
  logicalBrackets: true,
}

/** The same of four elements at once. */
const styleOfFour: Style = { ...style, constant: value => atom(`vec4f(${float(value)})`) }

/** A whole number, counted modulo 2³², as WGSL adds and multiplies. */
export const u32 = (n: number): string => `${n < 0 ? n + 2 ** 32 : n}u`

/** Gives a number that depends on shapes a name: kernels that differ in such numbers alone have one text, and are compiled once. */
export type Numbers = (n: number) => string
/** Numbers that a function reads from the table, after so many places of arrays. */
export const numbersAfter = (places: number) => {
  const all: number[] = []
  const given: Numbers = n => `q${all.push(n) - 1}`
  const lets = (): readonly string[] => all.map((_, i) => `let q${i} = t[b + ${places + i}u];`)
  return { all, given, lets }
}

/** base + offset + Σ stride·index, modulo 2³², as WGSL adds and multiplies. */
export const address = (
  base: string,
  { offset, stride }: Omit<Strided, 'shape'>,
  index: readonly string[],
  numbers: Numbers,
): string =>
  [
    base,
    ...(offset === 0 ? [] : [numbers(offset)]),
    ...index.flatMap((name, i) =>
      stride[i] === 0 ? [] : [stride[i] === 1 ? name : `${name} * ${numbers(stride[i]!)}`],
    ),
  ].join(' + ')

/** The indexes of axes that a number counts in row-major order. */
export const unravelled = (name: string, shape: Shape, numbers: Numbers): readonly string[] => {
  const inner = shape.map((_, i) => (i === shape.length - 1 ? '' : numbers(sizeOf(shape.slice(i + 1)))))
  return shape.map((size, i) => {
    const at = inner[i] ? `${name} / ${inner[i]}` : name
    return i === 0 ? `(${at})` : `(${at} % ${numbers(size)})`
  })
}

/** The indexes of axes whose steps count the elements of an array, from an element's number. */
export const digits = (name: string, { shape, stride }: Strided, numbers: Numbers): readonly string[] =>
  shape.map((size, i) => {
    const at = stride[i] === 1 ? name : `${name} / ${numbers(stride[i]!)}`
    return `(${at} % ${numbers(size)})`
  })

/** Writes statements that compute expressions, of as many elements at once as a view has. */
export const writer = ({ width }: View = floats) =>
  statements(width === 1 ? style : styleOfFour, (name, value) => `let ${name} = ${value};`)

export const indent = (lines: readonly string[]): string[] => lines.map(line => `  ${line}`)
