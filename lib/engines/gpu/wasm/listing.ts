/** What mode webasm runs, to read: the steps of a plan as our own kernels do them, and the module that they are in. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import { contiguous, type Expression } from '../plan/expression'
import { threads as cores } from '../host'
import { planOf, type Step } from '../plan/plan'
import { named } from '../plan/source'
import { type KernelTexts, textsOf } from '../listing'
import { fuses, multiplyAdd } from './assembler/multiply-add'
import { hasThreads } from './runtime/pool'
import { productKernel } from './kernels/product'
import { programOf, type Target } from './runtime/program'

/** The steps of a plan, and the module whose functions do them. */
export interface WasmTexts extends KernelTexts {
  readonly module: Uint8Array<ArrayBuffer>
  readonly threads: number
  /** Whether a product and a sum are one instruction. */
  readonly fused: boolean
}

/** An expression as lines: a formula, after what it needs more than once. `a4` is the element of array 4 at the same place,
 *  `a4{197, 1, 0}` the one that these strides lead to, `a4{64; 1}` with 64 elements before it. */
export const formulaLines = (e: Expression): readonly [...string[], string] => {
  const lines: string[] = []
  const done = new Map<Expression, string>()
  const let_ = (source: string): string => `v${lines.push(`v${lines.length} = ${source}`) - 1}`
  const written = (x: Expression): string => {
    if (x.kind === 'literal') return String(x.value)
    if (x.kind === 'read') {
      const { shape, stride, offset } = x.at
      const inOrder = offset === 0 && contiguous(shape).stride.every((s, i) => s === stride[i] || shape[i] === 1)
      return inOrder ? `a${x.array}` : `a${x.array}{${offset === 0 ? '' : `${offset}; `}${stride.join(', ')}}`
    }
    const { each, where = {} } = x.code
    const names: Record<string, string> = {}
    const sources = [each, ...Object.values(where)].join(' ')
    for (const [i, operand] of x.of.entries()) {
      const source = formula(operand)
      const again = sources.match(new RegExp(`\\bx${i}\\b`, 'g'))?.length ?? 0
      names[`x${i}`] = simple(source) ? source : again > 1 ? let_(source) : `(${source})`
    }
    for (const [name, source] of Object.entries(where)) names[name] = let_(named(source, names))
    return named(each, names)
  }
  const formula = (x: Expression): string => {
    const known = done.get(x) ?? written(x)
    done.set(x, known)
    return known
  }
  const result = formula(e)
  return [...lines, result]
}
/** Whether it needs no brackets: a number, a name, an element. */
const simple = (source: string): boolean => /^[\w.]+(\{[^}]*\})?$/.test(source)

/** Those lines in a step's text: the last of them under a word. */
const under = (word: string, e: Expression): readonly string[] => {
  const lines = formulaLines(e)
  return lines.map((line, i) => `  ${(i === lines.length - 1 ? word : '').padEnd(5)} ${line}`)
}
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** What a step is, a line for each part of it. */
const linesOf = ({ work, reads }: Step, { threads, multiplyAdd: madd }: Target): readonly string[] => {
  switch (work.kind) {
    case 'map':
      return [`map to ${shapeText(work.shape)}`, ...under('each', work.value)]
    case 'fold': {
      const { start, step, end } = work.fold
      const axes = work.axes.length === 1 ? `axis ${work.axes[0]}` : `axes ${work.axes.join(', ')}`
      const folding = Object.entries({ start, step, end }).flatMap(([name, f]) =>
        f ? [`  ${name.padEnd(5)} ${f}`] : [],
      )
      return [`fold of ${shapeText(work.shape)} over ${axes}`, ...under('x', work.value), ...folding]
    }
    case 'join':
      return [
        `join to ${shapeText(work.shape)} along axis ${work.axis}`,
        ...work.parts.flatMap(({ value, size }) => under(String(size), value)),
      ]
    case 'product': {
      const { space, left, right } = work
      const { helpers = {} } = productKernel(space, left, right, reads, threads, madd)
      return [
        `product over the last axis of ${shapeText(space)}`,
        `  each  ${[left, right].map(x => formulaLines(x)[0]).join(' * ')}`,
        // Named by rows, vectors of columns, and lanes of the last vector.
        ...Object.keys(helpers).map(tile => `  tile  ${tile.replace(/^(\d+) by (\d+), (\d)$/, '$1 rows × $2 vectors of 4 columns, $3 of the last')}`), // prettier-ignore
      ]
    }
  }
}

/** The bytes of each function of a module: the entries of its code section. */
export const functionBytes = (module: Uint8Array): readonly number[] => {
  let at = 8
  const unsigned = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < module.length) {
    const [id, size] = [module[at++], unsigned()]
    if (id === 10)
      return Array.from({ length: unsigned() }, () => {
        const bytes = unsigned()
        at += bytes
        return bytes
      })
    at += size
  }
  return []
}

/** The kernels of a graph as mode webasm runs them here, each with its function, and gpu.js's source of the same. */
export const wasmTexts = (graph: Graph): WasmTexts => {
  const plan = planOf(simplify(graph))
  const threads = hasThreads() ? cores() : 1
  const fused = fuses()
  const target: Target = { threads, multiplyAdd: multiplyAdd(fused) }
  const { bytes, imports, table } = programOf(plan, target, { initial: 1, maximum: 65536, shared: threads > 1 })
  const sizes = functionBytes(bytes)
  const { kernels, outputs } = textsOf(plan)
  let row = 0
  const functions = (step: Step): readonly { readonly units: number; readonly line: string }[] =>
    Array.from({ length: step.work.kind === 'join' ? step.work.parts.length : 1 }, () => {
      const [size, number, units, some] = table.subarray(row) as unknown as [number, number, number, number]
      row += size / Int32Array.BYTES_PER_ELEMENT
      const taken = some === 0 ? 'by one thread' : `${some} at a time`
      return {
        units,
        line: `  by    function ${number}, ${sizes[number - imports.length]} bytes: ${units} units, ${taken}`,
      }
    })
  return {
    module: bytes,
    threads,
    fused,
    outputs,
    kernels: plan.steps.map((step, i) => {
      const does = functions(step)
      return {
        ...kernels[i]!,
        threads: [does.reduce((sum, { units }) => sum + units, 0)],
        source: [...linesOf(step, target), ...does.map(({ line }) => line)].join('\n'),
      }
    }),
  }
}
