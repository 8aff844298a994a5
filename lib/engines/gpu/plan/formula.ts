/** The source of kernels, `x0 < 0.0 ? -size : size`, as trees. It is JavaScript's arithmetic of numbers, and nothing more. */

export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  /** An operator, or a function as `Math.exp`. */
  | { readonly kind: 'apply'; readonly op: string; readonly of: readonly Formula[] }

const TOKEN = /\s*(\d+(?:\.\d*)?(?:e[-+]?\d+)?|[A-Za-z_][\w.]*|===|!==|<=|>=|\|\||&&|[-+*/<>!?:(),])/y

const tokensOf = (source: string): readonly string[] => {
  const token = new RegExp(TOKEN)
  const found: string[] = []
  while (token.lastIndex < source.trimEnd().length) {
    const match = token.exec(source)
    if (!match) throw new SyntaxError(`a kernel's arithmetic expected, but found: ${source}`)
    found.push(match[1]!)
  }
  return found
}

/** Operators of two operands: those that bind tighter have higher numbers. */
const BINDING: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '===': 3,
  '!==': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
}

/** Reads a formula. Throws SyntaxError for what is none. */
export const parseFormula = (source: string): Formula => {
  const tokens = tokensOf(source)
  let at = 0
  const apply = (op: string, ...of: readonly Formula[]): Formula => ({ kind: 'apply', op, of })
  const takes = (token: string): boolean => tokens[at] === token && at++ >= 0
  const expect = (token: string): void => {
    if (!takes(token))
      throw new SyntaxError(`'${token}' expected, but '${tokens[at] ?? 'the end'}' found in: ${source}`)
  }
  const operand = (): Formula => {
    if (takes('-')) return apply('negative', operand())
    if (takes('+')) return operand()
    if (takes('!')) return apply('!', operand())
    if (takes('(')) {
      const inner = choice()
      expect(')')
      return inner
    }
    const token = tokens[at++] ?? ''
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) }
    if (!/^[A-Za-z_]/.test(token))
      throw new SyntaxError(`a value expected, but '${token || 'the end'}' found in: ${source}`)
    if (!takes('(')) return { kind: 'name', name: token }
    const given = [choice()]
    while (takes(',')) given.push(choice())
    expect(')')
    return apply(token, ...given)
  }
  const above = (binding: number): Formula => {
    let left = operand()
    for (;;) {
      const op = tokens[at] ?? ''
      const own = BINDING[op]
      if (own === undefined || own <= binding) return left
      at++
      left = apply(op, left, above(own))
    }
  }
  const choice = (): Formula => {
    const condition = above(0)
    if (!takes('?')) return condition
    const yes = choice()
    expect(':')
    return apply('?:', condition, yes, choice())
  }
  const formula = choice()
  if (at < tokens.length) throw new SyntaxError(`the end expected, but '${tokens[at]}' found in: ${source}`)
  return formula
}
