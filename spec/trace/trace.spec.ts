import { expect } from 'chai'
import ndarray from 'ndarray'
import { add, exp, matmul, mul, scale, softmax, sum, total } from '../../lib/primitives'
import { DTypeError, flat, fromArray, full, type Tensor, UserError } from '../../lib/tensor'
import {
  abstract,
  equation,
  evaluateNodes,
  type Graph,
  lastUses,
  leaves,
  prune,
  show,
  trace,
  TracedValueError,
} from '../../lib/trace'
import { grad } from '../../lib/transforms'
import { expectSame } from '../laws/values'

const x = fromArray([1, 2, 3], [3], 'float64')
const run = (graph: Graph, ...inputs: Tensor[]): Tensor[] => {
  const values = evaluateNodes(graph, inputs)
  return graph.outputs.map(o => values[o]!)
}

describe('A trace', () => {
  it('reads as a list of operations on inputs', () => {
    const { graph } = trace((a: Tensor, b: Tensor) => sum(mul(add(a, b), b), [1]), abstract([2, 3]), abstract([3]))
    expect(show(graph)).to.equal(
      [
        '%0 = input 0: [2, 3]',
        '%1 = input 1: [3]',
        '%2 = add(%0, %1): [2, 3]',
        '%3 = mul(%2, %1): [2, 3]',
        '%4 = sum(%3, axes: [1]): [2, 1]',
        'return %4',
      ].join('\n'),
    )
  })

  it('names inputs by their paths, the place of the argument first where there are several', () => {
    const names = (graph: Graph): string[] => graph.nodes.flatMap(n => (n.kind === 'input' ? [n.name] : []))
    const parameters = { W: abstract([2]), layers: [{ b: abstract([2]) }, { b: abstract([2]) }] }
    expect(names(trace((p: unknown) => leaves(p), parameters).graph)).to.deep.equal(['W', 'layers.0.b', 'layers.1.b'])
    expect(names(trace((p: unknown, y: Tensor) => [leaves(p), y], parameters, abstract([1])).graph)).to.deep.equal([
      '0.W',
      '0.layers.0.b',
      '0.layers.1.b',
      '1',
    ])
  })

  it('keeps numbers and strings among the arguments as they are', () => {
    const f = (y: Tensor, c: number, name: string): Tensor => (name === 'double' ? scale(y, 2 * c) : y)
    expectSame(run(trace(f, x, 3, 'double').graph, x)[0]!, f(x, 3, 'double'), 'scaled')
  })

  it('answers with the result of the function, its tensors being the outputs in order', () => {
    const { graph, result } = trace((y: Tensor) => ({ a: exp(y), rest: [y, scale(y, 2)] }), x)
    expect(leaves(result).map(y => y.shape)).to.deep.equal([[3], [3], [3]])
    expect(graph.outputs.map(o => graph.nodes[o]!.kind)).to.deep.equal(['operation', 'input', 'operation'])
  })

  it('takes tensors from outside as constants', () => {
    const w = fromArray([2, 3, 4], [3], 'float64')
    const { graph } = trace((y: Tensor) => mul(y, w), x)
    expect(graph.nodes.map(n => n.kind)).to.deep.equal(['input', 'constant', 'operation'])
    expectSame(run(graph, x)[0]!, mul(x, w), 'with a constant')
  })

  it('keeps the shape that a constant had, whatever becomes of it', () => {
    const w = fromArray([2, 3, 4], [3], 'float64')
    const { graph } = trace((y: Tensor) => mul(y, w), x)
    w.shape[0] = 1
    expect(graph.nodes[1]!.shape).to.deep.equal([3])
  })

  it('computes at once what depends on no input', () => {
    const { graph } = trace((y: Tensor) => mul(y, exp(full(0, [], 'float64'))), x)
    expect(graph.nodes.map(n => n.kind)).to.deep.equal(['input', 'constant', 'operation'])
  })

  it('forgets what no output needs, and keeps every input', () => {
    const { graph } = trace((a: Tensor, _b: Tensor) => (softmax(a), exp(a)), x, x)
    expect(graph.nodes.map(n => (n.kind === 'operation' ? n.primitive.name : n.kind))).to.deep.equal([
      'input',
      'input',
      'exp',
    ])
  })

  it('reads no element and makes no array', () => {
    const allocated: unknown[] = []
    const real = { Float32Array, Float64Array }
    const counting = <T extends Float32ArrayConstructor | Float64ArrayConstructor>(array: T): T =>
      new Proxy(array, { construct: (target, args: [number]) => (allocated.push(args[0]), new target(...args)) })
    const attention = (Q: Tensor, K: Tensor): Tensor => matmul(softmax(matmul(Q, K)), Q)
    try {
      Object.assign(globalThis, { Float32Array: counting(Float32Array), Float64Array: counting(Float64Array) })
      // The proxy sees what is made.
      full(1)
      expect(allocated).to.deep.equal([1])
      // 4 TB, were they there.
      trace(attention, abstract([1e6, 1e6]), abstract([1e6, 1e6]))
      trace(
        grad((Q: Tensor, K: Tensor) => total(attention(Q, K))),
        abstract([1e6, 1e6]),
        abstract([1e6, 1e6]),
      )
      // Numbers become tensors of one element; nothing is larger.
      expect(allocated.filter(n => n !== 1)).to.deep.equal([])
    } finally {
      Object.assign(globalThis, real)
    }
  })

  it('refuses inputs of different element types, and names them', () => {
    const parameters = { W: fromArray([1]), b: x }
    expect(() => trace((p: typeof parameters) => p.W, parameters))
      .to.throw(DTypeError)
      .with.property('message', 'trace: the inputs must be of one type, got W of float32 and b of float64')
  })

  it('refuses constants of another element type', () => {
    expect(() => trace((y: Tensor) => mul(y, full(1)), x))
      .to.throw(DTypeError)
      .with.property('message', 'mul: the operands must be of one type, got float64 and float32')
  })

  it('leaves no trace of a function that throws', () => {
    const failing = equation('Failing', 'X[N] -> [N]', () => {
      throw new RangeError('inside')
    })
    expect(() => trace(failing, x)).to.throw(RangeError, 'inside')
    const { graph } = trace((y: Tensor) => exp(y), x)
    expect(show(graph)).to.equal('%0 = input : [3]\n%1 = exp(%0): [3]\nreturn %1')
  })
})

describe('Traces in traces', () => {
  it('take the tracers of outer ones as constants', () => {
    const outer = (a: Tensor): Tensor => {
      const inner = trace((b: Tensor) => mul(b, a), x)
      expect(inner.graph.nodes.map(n => n.kind)).to.deep.equal(['input', 'constant', 'operation'])
      return evaluateNodes(inner.graph, [exp(a)]).at(-1)!
    }
    const { graph } = trace(outer, x)
    expect(show(graph)).to.equal('%0 = input : [3]\n%1 = exp(%0): [3]\n%2 = mul(%1, %0): [3]\nreturn %2')
    expectSame(run(graph, x)[0]!, mul(exp(x), x), 'evaluated')
  })

  it('record in the outer one what needs nothing of the inner one', () => {
    const f = (a: Tensor): Tensor => {
      const { graph } = trace((b: Tensor) => add(b, exp(a)), x)
      expect(graph.nodes.map(n => n.kind)).to.deep.equal(['input', 'constant', 'operation'])
      return evaluateNodes(graph, [a]).at(-1)!
    }
    expect(show(trace(f, x).graph)).to.equal('%0 = input : [3]\n%1 = exp(%0): [3]\n%2 = add(%0, %1): [3]\nreturn %2')
  })
})

describe('A traced tensor', () => {
  it('knows its shape, size, rank and element type', () => {
    const y = abstract([2, 3], 'float64')
    expect([y.shape, y.size, y.dimension, y.dtype]).to.deep.equal([[2, 3], 6, 2, 'float64'])
  })

  const reads: Readonly<Record<string, (y: Tensor) => unknown>> = {
    '.data': y => y.data,
    '.stride': y => y.stride,
    '.offset': y => y.offset,
    '.order': y => y.order,
    '.get()': y => y.get(0, 0),
    '.set()': y => y.set(0, 0, 1),
    '.index()': y => y.index(0, 0),
    '.lo()': y => y.lo(0, 0),
    '.hi()': y => y.hi(1, 1),
    '.step()': y => y.step(1, 1),
    '.transpose()': y => y.transpose(1, 0),
    '.pick()': y => y.pick(0, null),
    '.T': y => y.T,
  }
  for (const [what, read] of Object.entries(reads))
    it(`has no ${what}, and says so`, () => {
      expect(() => trace((y: Tensor) => (read(y), y), abstract([2, 2])))
        .to.throw(TracedValueError)
        .with.property(
          'message',
          `${what} reads the elements of a traced tensor, but only its shape is known: use a primitive`,
        )
    })

  it('is of every kind of ndarray method that there is', () => {
    const methods = (o: object): string[] =>
      o === Object.prototype ? [] : [...Object.getOwnPropertyNames(o), ...methods(Object.getPrototypeOf(o) as object)]
    const tracer = new Set(methods(abstract([2])))
    // An ndarray's own `toJSON` does not exist; whatever else it has, a tracer has too.
    expect(methods(ndarray(new Float32Array(2))).filter(m => !tracer.has(m))).to.deep.equal([])
  })

  it('is a UserError where it is misused, which the command line prints', () => {
    expect(new TracedValueError('x')).to.be.instanceOf(UserError)
  })
})

describe('A graph', () => {
  const { graph } = trace((a: Tensor) => mul(exp(a), a), x)

  it('is pruned to what its outputs need', () => {
    const more: Graph = { ...graph, outputs: [1] }
    expect(prune(more).nodes.map(n => (n.kind === 'operation' ? n.primitive.name : n.kind))).to.deep.equal([
      'input',
      'exp',
    ])
    expect(prune(more).outputs).to.deep.equal([1])
    expect(prune(graph)).to.deep.equal(graph)
  })

  it('knows where each value is read last', () => {
    expect(lastUses(graph)).to.deep.equal([2, 2, Infinity])
  })

  it('runs through the primitives, so it can be recorded again, to the same graph', () => {
    const again = trace((a: Tensor) => evaluateNodes(graph, [a]).at(-1)!, x)
    expect(show(again.graph)).to.equal(show(graph))
    expect(flat(run(again.graph, x)[0]!)).to.deep.equal(flat(run(graph, x)[0]!))
  })
})
