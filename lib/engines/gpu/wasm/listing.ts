/** What mode webasm runs, to read: the steps of a plan as our own kernels do them, and the module that they are in. */
import type { Graph } from '../../../trace'
import { simplify } from '../../../transforms'
import { attentionFormulas, MASK } from '../plan/attention'
import { contiguous, type Expression } from '../plan/expression'
import { partsOf } from '../plan/formula'
import { type KernelListing, listingOf } from '../plan/listing'
import { planOf, type Step } from '../plan/plan'
import { atom, float, formulaText, type Printed, type Style } from '../plan/print'
import type { Fold } from '../plan/work'
import { fuses, multiplyAdd } from './assembler/multiply-add'
import { functionBytes } from './assembler/sizes'
import { productKernel } from './kernels/product'
import { hasThreads, processors } from './runtime/pool'
import { programOf, rowsIn, type Target } from './runtime/program'

/** The steps of a plan, and the module whose functions do them. */
export interface WasmListing extends KernelListing {
  readonly module: Uint8Array<ArrayBuffer>
  readonly threads: number
  /** Whether a product and a sum are one instruction. */
  readonly fused: boolean
}

const style: Style = {
  constant: value => atom(float(value)),
  call: (name, of) => `${name}(${of.join(', ')})`,
}

/** An expression as lines: a formula, after what it needs more than once. `a4` is the element of array 4 at the same place,
 *  `a4{197, 1, 0}` the one that these strides lead to, `a4{64; 1}` with 64 elements before it. */
export const formulaLines = (e: Expression): readonly [...string[], string] => {
  const lines: string[] = []
  const done = new Map<Expression, Printed>()
  const declare = (value: string): Printed => atom(`v${lines.push(`v${lines.length} = ${value}`) - 1}`)
  const written = (x: Expression): Printed => {
    if (x.kind === 'constant') return style.constant(x.value)
    if (x.kind === 'read') {
      const { shape, stride, offset } = x.at
      const inOrder = offset === 0 && contiguous(shape).stride.every((s, i) => s === stride[i] || shape[i] === 1)
      return atom(inOrder ? `a${x.array}` : `a${x.array}{${offset === 0 ? '' : `${offset}; `}${stride.join(', ')}}`)
    }
    const mentioned = partsOf(x.formula).flatMap(f => (f.kind === 'apply' ? f.of : []))
    const operands = x.of.map((operand, i): [string, Printed] => {
      const value = printed(operand)
      const times = mentioned.filter(f => f.kind === 'name' && f.name === `x${i}`).length
      return [`x${i}`, operand.kind === 'each' && times > 1 ? declare(value.text) : value]
    })
    return formulaText(x.formula, style, Object.fromEntries(operands), declare)
  }
  const printed = (x: Expression): Printed => {
    const known = done.get(x) ?? written(x)
    done.set(x, known)
    return known
  }
  const { text } = printed(e)
  return [...lines, text]
}

/** Those lines in a step's text: the last of them under a word. */
const under = (word: string, e: Expression): readonly string[] => {
  const lines = formulaLines(e)
  return lines.map((line, i) => `  ${(i === lines.length - 1 ? word : '').padEnd(5)} ${line}`)
}
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`

const foldLines = ({ shape, axes, value, reduction }: Fold): readonly string[] => {
  const over = axes.length === 1 ? `axis ${axes[0]}` : `axes ${axes.join(', ')}`
  const names = { s: atom('s'), x: atom('x') }
  const parts = Object.entries(reduction).map(([name, f]) => [name, formulaText(f, style, names, atom).text] as const)
  const folding = parts.filter(([name, text]) => name !== 'end' || text !== 's')
  return [
    `fold of ${shapeText(shape)} over ${over}`,
    ...under('x', value),
    ...folding.map(([name, text]) => `  ${name.padEnd(5)} ${text}`),
  ]
}

/** The names in what is computed of a score, as they are. */
const symbols = Object.fromEntries([...'smlLpeDb', 'scale'].map(name => [name, atom(name)]))

/** What a step is, a line for each part of it. */
const linesOf = ({ work, reads }: Step, { threads, multiplyAdd: madd }: Target): readonly string[] => {
  switch (work.kind) {
    case 'map':
      return [`map to ${shapeText(work.shape)}`, ...under('each', work.value)]
    case 'fold':
      return foldLines(work)
    case 'join':
      return [
        `join to ${shapeText(work.shape)} along axis ${work.axis}`,
        ...work.parts.flatMap(({ value, size }) => under(String(size), value)),
      ]
    case 'attention':
      return [
        `attention: ${work.of}, at a scale of ${work.scale}`,
        ...work.operands.flatMap((x, i) => under(i === MASK[work.of] ? 'mask' : 'QKVCLD'[i]!, x)),
        ...attentionFormulas(work).map(f => `  each  ${formulaText(f, style, symbols, atom).text}`),
      ]
    case 'product': {
      const { tiles } = productKernel(work, reads, threads, madd)
      return [
        `product over the last axis of ${shapeText(work.space)}`,
        `  each  ${[work.left, work.right].map(x => formulaLines(x)[0]).join(' * ')}`,
        ...tiles.map(
          ({ rows, vectors, lanes }) => `  tile  ${rows} rows × ${vectors} vectors of 4 columns, ${lanes} of the last`,
        ),
      ]
    }
  }
}

/** The kernels of a graph as mode webasm runs them here, each with its function. */
export const wasmListing = (graph: Graph): WasmListing => {
  const plan = planOf(simplify(graph), true)
  const threads = hasThreads() ? processors() : 1
  const fused = fuses()
  const target: Target = { threads, multiplyAdd: multiplyAdd(fused) }
  const program = programOf(plan, target, { initial: 1, maximum: 65536, shared: threads > 1 })
  const sizes = functionBytes(program.bytes)
  const rows = rowsIn(program)[Symbol.iterator]()
  const functions = ({ work }: Step) =>
    Array.from({ length: work.kind === 'join' ? work.parts.length : 1 }, () => {
      const { kernel, units, chunk } = rows.next().value!
      const taken = chunk === 0 ? 'by one thread' : `${chunk} at a time`
      const bytes = sizes[kernel - program.imports.length]!
      return { units, line: `  by    function ${kernel}, ${bytes} bytes: ${units} units, ${taken}` }
    })
  const kernels = plan.steps.map(step => {
    const does = functions(step)
    return {
      threads: [does.reduce((sum, { units }) => sum + units, 0)],
      source: [...linesOf(step, target), ...does.map(({ line }) => line)].join('\n'),
    }
  })
  return { ...listingOf(plan, kernels), module: program.bytes, threads, fused }
}
