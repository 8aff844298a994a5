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
          { kind: 'tensor', name: 'X', dims: [dim], list: false },
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
      ['', 'a name expected, but found the end', 0],
      ['X[N]', "'->' expected, but found the end", 4],
      ['X[N] ->', 'a name expected, but found the end', 7],
      ['X[N -> [N]', "',' or ']' expected, but found '->'", 4],
      ['X[N,] -> [N]', "a dimension expected, but found ']'", 4],
      ['X[2N] -> []', "',' or ']' expected, but found 'N'", 3],
      ['X[B*] -> []', "a dimension expected, but found ']'", 4],
      ['X[(1+P] -> []', "')' expected, but found ']'", 6],
      ['X[N-1] -> []', "',' or ']' expected, but found '-'", 3],
      ['X[N, ..., M, ...] -> []', "a tensor has at most one '...'", 13],
      ['X[N], X[M] -> []', "'X' stands for two arguments", 6],
      ['W{a[N], a[M]} -> []', "'a' stands for two arguments", 8],
      ['W{[N]} -> []', "a name expected, but found '['", 2],
      ['W{a[N] -> []', "',' or '}' expected, but found '->'", 7],
      ['X[N] -> [N, M]', "no argument tells the size of 'M'", 8],
      ['X[N] -> [..., N]', "no argument tells the size of '...'", 8],
      ['X[...a] -> [...b]', "no argument tells the size of '...b'", 11],
      ['X[N] -> Y', 'a result is a tensor', 8],
      ['X[N] -> Y[N]*', 'a result is a tensor', 8],
      ['X[N] -> [N], Y[N]', 'of several results, each needs a name', 5],
      ['X[N] -> Y[N], Y[N]', "'Y' stands for two arguments", 14],
      ['X[N] -> [N] [N]', "',' or the end expected, but found '['", 12],
      ['α[N] -> [N]', "a name expected, but found 'α'", 0],
      ['X[N] -> [N] # rows', "',' or the end expected, but found '#'", 12],
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
        .with.property('message', "signature: a dimension expected, but found ']'\n  W[N, ]\n       ^")
    })
  })
})
