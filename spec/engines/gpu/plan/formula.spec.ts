/** The formulas that kernels are made of: read, and printed. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Formula, sameFormula } from '../../../../lib/engines/gpu/plan/formula'
import { elementFormula, parseFormula } from '../../../../lib/engines/gpu/plan/parse'
import { atom, float, formulaText, type Style } from '../../../../lib/engines/gpu/plan/print'

describe('Formulas of kernels', () => {
  /** As JavaScript, printed by what gpu.js's kernels are printed with. */
  const style: Style = { constant: v => atom(float(v)), call: (name, of) => `Math.${name}(${of.join(', ')})` }

  const value = (f: Formula, names: Readonly<Record<string, number>>): number | boolean => {
    if (f.kind === 'constant') return f.value
    if (f.kind === 'name') return names[f.name]!
    const [a, b, c] = f.of.map(x => value(x, names)) as [number, number, number]
    const results: Readonly<Record<string, number | boolean>> = {
      '+': a + b,
      '-': a - b,
      '*': a * b,
      '/': a / b,
      '<': a < b,
      '>=': a >= b,
      '!==': a !== b,
      '||': a || b,
      '&&': a && b,
      '?:': a ? b : c,
      negative: -a,
      max: Math.max(a, b),
      exp: Math.exp(a),
    }
    return results[f.op]!
  }
  const { sum: sums } = fc.letrec<{ sum: string; factor: string; atom: string; test: string }>(tie => ({
    atom: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('x0', 'x1', '2.5', '0.25', '1e-6'),
      tie('sum').map(s => `(${s})`),
      tie('factor').map(s => `-${s}`.replace(/^--/, '-')),
      fc.tuple(tie('sum'), tie('sum')).map(([a, b]) => `Math.max(${a}, ${b})`),
      fc.tuple(tie('sum'), tie('sum'), tie('sum')).map(of => `Math.max(${of.join(', ')})`),
      tie('sum').map(s => `Math.exp(${s})`),
      fc.tuple(tie('test'), tie('sum'), tie('sum')).map(([t, a, b]) => `(${t} ? ${a} : ${b})`),
    ),
    factor: fc.tuple(tie('atom'), fc.constantFrom(' * ', ' / '), tie('atom')).map(parts => parts.join('')),
    sum: fc.tuple(tie('factor'), fc.constantFrom(' + ', ' - '), tie('factor')).map(parts => parts.join('')),
    test: fc
      .tuple(tie('sum'), fc.constantFrom(' < ', ' >= ', ' !== '), tie('sum'), fc.constantFrom(' || ', ' && '))
      .map(([a, op, b, join]) => `${a}${op}${b}${join}${b}${op}x0`),
  }))

  it('are read as JavaScript reads them', () =>
    fc.assert(
      fc.property(sums, fc.double(), fc.double(), (source, x0, x1) => {
        const expected = new Function('x0', 'x1', `return ${source}`) as (a: number, b: number) => number
        expect(value(parseFormula(source), { x0, x1 }), source).to.deep.equal(expected(x0, x1))
      }),
    ))

  it('are printed as what they are, with no more brackets than needed', () => {
    fc.assert(
      fc.property(sums, source => {
        const formula = parseFormula(source)
        const { text } = formulaText(formula, style, { x0: atom('x0'), x1: atom('x1') }, atom)
        expect(sameFormula(parseFormula(text), formula), `${source} as ${text}`).to.equal(true)
      }),
    )
    const names = { a: atom('a'), b: atom('b'), c: atom('c') }
    for (const source of [
      'a - (b - c)',
      'a - b - c',
      '(a + b) * -c',
      'a * b + c',
      '-(-a)',
      'a < b ? b : a < c ? c : 1.0',
      '(a < b ? a : b) + c',
      '!(a < b || b < c && c !== a)',
    ])
      // prettier-ignore
      expect(formulaText(parseFormula(source), style, names, atom).text).to.equal(source)
  })

  it('have what stands in several places once, under a name', () => {
    const formula = elementFormula({ where: { t: '1.0 / x0', u: 't * t' }, each: 'u + t * u' })
    const declared: string[] = []
    const declare = (value: string) => atom(`v${declared.push(value) - 1}`)
    const { text } = formulaText(formula, style, { x0: atom('a') }, declare)
    expect([...declared, text]).to.deep.equal(['1.0 / a', 'v0 * v0', 'v1 + v0 * v1'])
  })

  it('that are none are refused', () => {
    for (const [source, message] of [
      ['x0 +', "a kernel must go on with a value, got 'the end' in: x0 +"],
      ['(x0', "a kernel must go on with ')', got 'the end' in: (x0"],
      ['x0 x1', "a kernel must end, got 'x1' in: x0 x1"],
      ['exp(x0)', "a function in a kernel must be one of Math, got 'exp' in: exp(x0)"],
      ['x0 % 2', 'a kernel must be arithmetic, got: x0 % 2'],
    ] as const)
      expect(() => parseFormula(source)).to.throw(SyntaxError, message)
  })
})
