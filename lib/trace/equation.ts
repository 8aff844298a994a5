/** Equations: pure functions under a signature. */
import {
  type Arg,
  type Body,
  type Given,
  isTensor,
  must,
  type NamesOf,
  parseSignature,
  type Readable,
  shapeOf,
  ShapeError,
  showTensor,
  type Signature,
  solve,
  type Tensor,
  type Typed,
} from '../tensor'
import { strict } from '../tensor/given'
import { noteCall } from './calls'
import { describe } from './checks'
import { within } from './tracer'

/** What an equation says of itself. */
export interface Described {
  readonly title: string
  readonly signature: Signature
}
/** A function under a signature, which types its calls, and with a title. */
export type Equation<S extends string, N extends readonly unknown[] = readonly unknown[]> = Typed<S, N> & Described

/** Collects the tensors and sizes of a call beside their places in the signature. */
const collect = (title: string, args: readonly Arg[], values: readonly unknown[]) => {
  const tensors: Given[] = []
  const sizes: Record<string, number> = {}
  const visit = (arg: Arg, value: unknown, path: string): void => {
    const wrong = (expected: string): never => {
      throw new ShapeError(`${title}: ${path || 'the argument'} must be ${expected}, got ${describe(value)}`)
    }
    if (arg.kind !== 'size' && arg.list) {
      if (!Array.isArray(value)) return wrong('a list')
      return value.forEach((item, i) => visit({ ...arg, list: false }, item, `${path}.${i}`))
    }
    if (arg.kind === 'size') {
      if (typeof value !== 'number') return wrong('a size, a number')
      if (arg.name in sizes && sizes[arg.name] !== value) return wrong(`${sizes[arg.name]} as before`)
      sizes[arg.name] = value
    } else if (arg.kind === 'tensor') {
      if (!isTensor(value)) return wrong(`a tensor ${showTensor('', arg.dims)}`)
      const { dims, optional } = arg
      if (optional && value.shape.length === 0) return
      tensors.push({ name: path, dims, shape: value.shape, optional })
    } else {
      if (typeof value !== 'object' || value === null) return wrong('a record')
      for (const field of arg.fields)
        visit(field, (value as Record<string, unknown>)[field.name], `${path}.${field.name}`)
    }
  }
  args.forEach((arg, i) => visit(arg, values[i], arg.name))
  return { tensors, sizes }
}

/** A pure function under a signature. The signature types it (the labels of the arguments are unified, the result is in
 *  the caller's labels), checks it when it runs, and documents it; its nodes in a trace carry the title.
 *  @param title name and source, e.g. 'Position encoding, Sec. 3.1, Eqs. (1)–(4)'
 *  @param source the signature; SignatureError when it is malformed
 *  @param body the equation; its last argument holds the sizes of all labels
 *  @returns the function; it throws ShapeError when the arguments, or the result of the body, do not fit */
export const equation = strict(
  'equation',
  <const S extends string, F extends Body<S>>(
    title: string,
    source: Readable<S>,
    body: F,
  ): Equation<S, NamesOf<F, S>> => {
    must('equation: the title', 'text', title, typeof title === 'string')
    must('equation: the body', 'a function', body, typeof body === 'function')
    const signature = parseSignature(source)
    const { args, results } = signature
    const call = (...values: unknown[]): unknown => {
      if (values.length !== args.length)
        throw new ShapeError(
          `${title}: the arguments must be ${args.length} (${source.trim().replace(/\s+/g, ' ')}), got ${values.length}`,
        )
      const { tensors, sizes } = collect(title, args, values)
      const solved = solve(title, tensors, sizes)
      noteCall(title, solved)
      const result = within([title], () =>
        (body as unknown as (...a: unknown[]) => unknown)(...values, Object.fromEntries(solved.labels)),
      )
      const made = results.length === 1 ? [result] : results.map(r => (result as Record<string, unknown>)[r.name])
      results.forEach(({ name, dims }, i) => {
        const expected = shapeOf(dims, solved)
        const y = made[i]
        if (!isTensor(y))
          throw new ShapeError(`${title}: the result ${showTensor(name, dims)} must be a tensor, got ${describe(y)}`)
        const { shape } = y
        if (expected.length !== shape.length || expected.some((n, k) => n !== shape[k]))
          throw new ShapeError(
            `${title}: the result ${showTensor(name, dims)} must be [${expected.join(', ')}], got [${shape.join(', ')}]`,
          )
      })
      return result
    }
    return Object.assign(call, { title, signature }) as unknown as Equation<S, NamesOf<F, S>>
  },
)

/** A function whose checks are elsewhere (a primitive has a shape rule) under the labels of a signature. Its parameters are
 *  tensors, or numbers where it says so. */
export const typed = <const S extends string, F extends (...xs: (Tensor & number)[]) => Tensor>(
  _signature: S,
  f: F,
): Typed<S, NamesOf<F, S>> => f as unknown as Typed<S, NamesOf<F, S>>
