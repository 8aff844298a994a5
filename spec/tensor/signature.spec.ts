import { expect } from 'chai'
import fc from 'fast-check'
import { parseSignature, showDim, SignatureError } from '../../lib/tensor'
import { dims, signatures, write } from './signatures'

describe('A signature', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(signatures, written => {
        const source = write(written)
        expect(parseSignature(source)).to.deep.equal({ source, ...written })
      }),
      { numRuns: 500 },
    )
  })

  it('is the same with any blanks between its parts', () => {
    const blank = fc.constantFrom('', ' ', '\n', '\t', '  \n ')
    fc.assert(
      fc.property(signatures, fc.infiniteStream(blank), (written, blanks) => {
        const source = write(written)
        const spaced = source.replace(/ |(?=[[\]{}()*+,])|(?<=[[\]{}()*+,])/g, () => blanks.next().value!)
        const { args, results } = parseSignature(spaced)
        expect({ args, results }).to.deep.equal(written)
      }),
    )
  })

  it('shows a dimension as it was written', () => {
    fc.assert(
      fc.property(dims, dim => {
        const text = showDim(dim)
        expect(parseSignature(`X[${text}] -> []`).args).to.deep.equal([
          { kind: 'tensor', name: 'X', dims: [dim], optional: false, list: false },
        ])
      }),
    )
  })

  it('binds * before +, and needs no parentheses that say so', () => {
    const dim = (text: string) => parseSignature(`X[${text}] -> []`).args
    expect(dim('1+B*T')).to.deep.equal(dim('1+(B*T)'))
    expect(dim('B*(1+P)')).to.not.deep.equal(dim('B*1+P'))
  })

  it('may leave out the name of an argument and of its one result', () => {
    const { args, results } = parseSignature('[N, C] -> [C]')
    expect([args[0]!.name, results[0]!.name]).to.deep.equal(['', ''])
  })

  describe('that is malformed says why, and points at it', () => {
    const faults: readonly (readonly [source: string, why: string, caret: number])[] = [
      ['', "must be arguments, '->' and results, as [N, C] -> [C, N], got no text", 0],
      ['  ', "must be arguments, '->' and results, as [N, C] -> [C, N], got no text", 0],
      ['X[N]', "must have '->' here, got the end", 4],
      ['X[N] ->', "must have a name or '[' here, got the end", 7],
      ['-> X[N]', "must have a name or '[' here, got '->'", 0],
      ['X[N -> [N]', "must have ',' or ']' here, got '->'", 4],
      ['X[N,] -> [N]', "must have a dimension here, got ']'", 4],
      ['X[2N] -> []', "must have ',' or ']' here, got 'N'", 3],
      ['X[B*] -> []', "must have a dimension here, got ']'", 4],
      ['X[(1+P] -> []', "must have ')' here, got ']'", 6],
      ['X[N-1] -> []', "must have ',' or ']' here, got '-'", 3],
      ['X[N, ..., M, ...] -> []', "a tensor must have at most one '...', got two", 13],
      ['X[N], X[M] -> []', "arguments must have different names, got two 'X'", 6],
      ['W{a[N], a[M]} -> []', "arguments must have different names, got two 'a'", 8],
      ['W{[N]} -> []', "must have a name here, got '['", 2],
      ['W{a[N] -> []', "must have ',' or '}' here, got '->'", 7],
      ['X[N] -> [N, M]', "the labels of results must be among those of arguments, got 'M'", 8],
      ['X[N] -> [..., N]', "the labels of results must be among those of arguments, got '...'", 8],
      ['X[...a] -> [...b]', "the labels of results must be among those of arguments, got '...b'", 11],
      ['X[N] -> Y', 'a result must be a tensor', 8],
      ['X[N] -> Y[N]*', 'a result must be a tensor', 8],
      ['X[N] -> Y[N]?', 'a result must be a tensor', 8],
      ['X[N]? -> Y[N]', "the labels of results must be among those of arguments, got 'N'", 9],
      ['X[N]?* -> []', "must have '->' here, got '*'", 5],
      ['X[N] -> [N], Y[N]', 'each of several results must have a name', 5],
      ['X[N] -> Y[N], Y[N]', "arguments must have different names, got two 'Y'", 14],
      ['X[N] -> [N] [N]', "must have ',' or the end here, got '['", 12],
      ['α[N] -> [N]', "must have a name or '[' here, got 'α'", 0],
      ['X[N] => [N]', "must have '->' here, got '=>'", 5],
      ['n c -> c n', "dimensions must be in brackets, as [N, C], got 'n c'", 0],
      ['X[N, C] -> N C', "dimensions must be in brackets, as [N, C], got 'N C'", 11],
      ['X[N] -> [N] # rows', "must have ',' or the end here, got '#'", 12],
    ]
    for (const [source, why, caret] of faults)
      it(`'${source}': ${why}`, () => {
        expect(() => parseSignature(source))
          .to.throw(SignatureError)
          .with.property('message', `signature: ${why}\n${source}\n${' '.repeat(caret)}^`)
      })

    it('shows only the line of the fault', () => {
      expect(() => parseSignature('X[N],\n  W[N, ]\n  -> [N]'))
        .to.throw(SignatureError)
        .with.property('message', "signature: must have a dimension here, got ']'\n  W[N, ]\n       ^")
    })
  })
})
