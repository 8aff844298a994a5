import { expect } from 'chai'
import { add, exp, matmul, reshape, scale } from '../../lib/primitives'
import { full, parseSignature, ShapeError, SignatureError, type Tensor } from '../../lib/tensor'
import { abstract, equation, trace } from '../../lib/trace'
import { grad } from '../../lib/transforms'
import { total } from '../../lib/primitives'

const x = (...shape: number[]): Tensor => full(1, shape)
const linear = equation('Linear, Eq. (0)', 'X[..., C], W{W[C, D], b[D]} -> [..., D]', (X, { W, b }) =>
  add(matmul(X, W), b),
)
const weights = { W: x(3, 4), b: x(4) }

describe('An equation', () => {
  it('is its body', () => {
    expect(linear(x(2, 3), weights).shape).to.deep.equal([2, 4])
    expect(linear(x(2, 3), weights).get(0, 0)).to.equal(4)
  })

  it('tells its title and its signature', () => {
    expect(linear.title).to.equal('Linear, Eq. (0)')
    expect(linear.signature).to.deep.equal(parseSignature('X[..., C], W{W[C, D], b[D]} -> [..., D]'))
  })

  it('gives its body the sizes of all labels', () => {
    const seen: object[] = []
    const f = equation('Sizes', 'V[B*T, 1+P], P_t[T], h -> []', (_V, _P_t, _h, sizes) => (seen.push(sizes), full(0)))
    f(x(6, 5), x(3), 2)
    expect(seen).to.deep.equal([{ B: 2, T: 3, P: 4, h: 2 }])
  })

  it('is read when it is made', () => {
    const broken: string = 'X[N -> [N]'
    expect(() => equation('Broken', broken, () => full(0) as never)).to.throw(
      SignatureError,
      "must have ',' or ']' here",
    )
  })

  it('names what is recorded in it, from the outside in', () => {
    const outer = equation('Outer', 'X[N, C], W{W[C, D], b[D]} -> [N, D]', (X, W) => exp(linear(scale(X, 2), W)))
    const { graph } = trace(outer, abstract([2, 3]), { W: abstract([3, 4]), b: abstract([4]) })
    const scopes = graph.nodes.flatMap(n => (n.kind === 'operation' ? [[n.primitive.name, ...n.scope]] : []))
    expect(scopes).to.deep.equal([
      ['mul', 'Outer'],
      ['matmul', 'Outer', 'Linear, Eq. (0)'],
      ['add', 'Outer', 'Linear, Eq. (0)'],
      ['exp', 'Outer'],
    ])
  })

  it('names its gradient once, in a trace of an equation too', () => {
    const loss = equation('Loss', 'X[N] -> []', X => total(exp(X)))
    const step = equation('Step', 'X[N] -> [N]', X => grad(loss)(X))
    const { graph } = trace(step, abstract([3]))
    const scopes = graph.nodes.flatMap(n => (n.kind === 'operation' ? [n.scope.join(' > ')] : []))
    expect([...new Set(scopes)]).to.deep.equal(['Step > Loss', 'Step > Loss > gradient'])
  })

  describe('says in one line what does not fit', () => {
    it('whatever lines its signature is written on', () => {
      const sum = equation('Sum', `  X[N],\n       Y[N]  -> [N]\n`, (X, Y) => add(X, Y)) as (...xs: Tensor[]) => Tensor
      expect(() => sum(x(2))).to.throw(ShapeError, /^Sum: the arguments must be 2 \(X\[N\], Y\[N\] -> \[N\]\), got 1$/)
    })
    const call = (f: unknown, ...args: unknown[]): unknown => (f as (...args: unknown[]) => unknown)(...args)
    const lists = equation('FAM', 'Vs{V[N, C], beta[]}*, h -> [N, C]', Vs => Vs[0]!.V)
    const plain = equation('Plain', '[N, C] -> [C, N]', X => X as Tensor)
    const longer = equation('Longer', 'X[N] -> [N]', X => reshape(X as Tensor, [2, 1]) as Tensor)
    const shorter = equation('Shorter', 'X[N] -> [N, 1]', X => X as Tensor)
    const pair = equation('Pair', 'X[N] -> Y[N], Z[N]', X => ({ Y: X }) as never)
    const nothing = equation('Nothing', 'X[N] -> [N]', () => undefined as never)
    const again = equation('Again', 'h, W{h, b[h]} -> []', () => full(0))
    const faults: readonly (readonly [says: string, () => unknown])[] = [
      [
        'Linear, Eq. (0): the arguments must be 2 (X[..., C], W{W[C, D], b[D]} -> [..., D]), got 1',
        () => call(linear, x(2, 3)),
      ],
      [
        'Linear, Eq. (0): the arguments must be 2 (X[..., C], W{W[C, D], b[D]} -> [..., D]), got 3',
        () => call(linear, x(2, 3), weights, 1),
      ],
      ['Linear, Eq. (0): X must be a tensor [..., C], got a list', () => call(linear, [1, 2], weights)],
      ['Linear, Eq. (0): X must be a tensor [..., C], got undefined', () => call(linear, undefined, weights)],
      ['Linear, Eq. (0): W must be a record, got 7', () => call(linear, x(2, 3), 7)],
      ['Linear, Eq. (0): W.b must be a tensor [D], got undefined', () => call(linear, x(2, 3), { W: x(3, 4) })],
      ['Linear, Eq. (0): W.b must be a tensor [D], got null', () => call(linear, x(2, 3), { W: x(3, 4), b: null })],
      [
        'Linear, Eq. (0): W.W[C, D] was given [5, 4]: dimension 0, C, must be 3 (from dimension 1 of X), got 5; bound: C = 3 by X',
        () => call(linear, x(2, 3), { W: x(5, 4), b: x(4) }),
      ],
      ['Linear, Eq. (0): X[..., C] was given []: its rank must be at least 1, got 0', () => call(linear, x(), weights)],
      ['FAM: Vs must be a list, got a tensor of shape [2, 3]', () => call(lists, x(2, 3), 1)],
      ['FAM: Vs.1 must be a record, got null', () => call(lists, [{ V: x(2, 3), beta: x() }, null], 1)],
      [
        'FAM: Vs.1.V[N, C] was given [2, 4]: dimension 1, C, must be 3 (from dimension 1 of Vs.0.V), got 4; bound: h = 1 by the size given; N = 2, C = 3 by Vs.0.V',
        () =>
          call(
            lists,
            [3, 4].map(C => ({ V: x(2, C), beta: x() })),
            1,
          ),
      ],
      ['FAM: Vs.0.beta[] was given [1]: its rank must be 0, got 1', () => call(lists, [{ V: x(2, 3), beta: x(1) }], 1)],
      ['FAM: Vs must be a list, got a record', () => call(lists, {}, 1)],
      ['FAM: h must be a size, a number, got a tensor of shape [1]', () => call(lists, [], x(1))],
      ['FAM: the size h must be a whole number of at least 1, got 0', () => call(lists, [], 0)],
      ['Again: W.h must be 2 as before, got 3', () => call(again, 2, { h: 3, b: x(3) })],
      ['Plain: [N, C] was given [2]: its rank must be 2, got 1', () => call(plain, x(2))],
      ["Plain: the argument must be a tensor [N, C], got 'X'", () => call(plain, 'X')],
      ['Plain: the result [C, N] must be [3, 2], got [2, 3]', () => call(plain, x(2, 3))],
      ['Longer: the result [N] must be [2], got [2, 1]', () => call(longer, x(2))],
      ['Shorter: the result [N, 1] must be [2, 1], got [2]', () => call(shorter, x(2))],
      ['Pair: the result Z[N] must be a tensor, got undefined', () => call(pair, x(2))],
      ['Nothing: the result [N] must be a tensor, got undefined', () => call(nothing, x(2))],
    ]
    for (const [says, of] of faults)
      it(says, () => {
        expect(of).to.throw(ShapeError).with.property('message', says)
      })
  })
})
