/** The page of the primitives: what each computes, its derivative, and what it is called with. */
import ts from 'typescript'
import { type PrimitiveName, primitives } from '../../lib'
import { constants, type Documented, filesIn, find, specsByName } from './source'

/** 'lib/primitives/layer-norm.ts' holds layerNorm. */
const nameOf = (path: string): string =>
  path.replace(/^.*\/|\.ts$/g, '').replace(/-(\w)/g, (_, c: string) => c.toUpperCase())

/** The shape rule of an operation, where a signature is it, or else its parameters. */
const signatureOf = ({ name, node }: Documented): string => {
  const declaration = find(
    node,
    (n): n is ts.VariableDeclaration => ts.isVariableDeclaration(n) && n.name.getText().split(/\W+/).includes(name),
  )
  const initial = declaration?.initializer
  if (initial && ts.isCallExpression(initial) && initial.expression.getText() === 'typed') {
    const [signature] = initial.arguments
    return signature && ts.isStringLiteral(signature) ? signature.text : ''
  }
  if (initial && ts.isArrowFunction(initial)) {
    const parameters = initial.parameters.map(p => p.getText()).join(', ')
    return `(${parameters}) => ${initial.type?.getText() ?? ''}`.replace(/\s+/g, ' ')
  }
  return 'x[...] -> [...]'
}

/** The formula of the FLOPs, as the primitive's file has it. */
const flopsOf = (name: PrimitiveName, { node }: Documented): string => {
  const flops = find(
    node,
    (n): n is ts.PropertyAssignment => ts.isPropertyAssignment(n) && n.name.getText() === 'flops',
  )?.initializer
  if (flops && ts.isArrowFunction(flops)) return flops.body.getText()
  return `${primitives[name].flops({} as never, [1], [1])} * sizeOf(y)`
}

const section = (name: PrimitiveName, path: string): string => {
  const [primitive, ...operations] = constants(path).filter(c => !/^[A-Z]+$/.test(c.name))
  // The docstring gives the formula, then, after two spaces or on a line of its own, the derivative.
  const [formula, ...derivative] = primitive!.docs.text.split(/ {2,}(?=∂|With )|\n(?=∂|With )/)
  const own = operations.filter(o => o.node !== primitive!.node)
  const shared = operations.filter(o => o.node === primitive!.node).map(o => ({ ...o, docs: { ...o.docs, text: '' } }))
  return [
    `## ${name}`,
    formula,
    derivative.join(' '),
    [...shared, ...own]
      .map(o => `- \`${o.name}\`: \`${signatureOf(o)}\`${o.docs.text && `\n  ${o.docs.text.replace(/\s+/g, ' ')}`}`)
      .join('\n'),
    `FLOPs: \`${flopsOf(name, primitive!)}\` · [${path}](../${path})`,
  ]
    .filter(Boolean)
    .join('\n\n')
}

export const primitivesPage = (): string => {
  const files = new Map(filesIn('lib/primitives').map(path => [nameOf(path), path]))
  const [rearrange] = constants('lib/primitives/rearrange.ts')
  const laws = (specsByName().get('primitives') ?? []).filter(path => path.endsWith('.spec.ts'))
  return `${[
    '# Primitives',
    'Everything in the library is made of these operations. Each has a file that holds all that is known of it: the shape of its result, the reference on ndarrays, the derivative, the FLOPs, the ONNX node.',
    'In the formulas, ȳ is the cotangent of the result y, and ∂x that of the operand x. FLOPs count a multiply-add as two; `sizeOf(y)` is the number of elements of the result.',
    `The laws that hold for all of them are in [spec/laws](../spec/laws/laws.ts)${laws.length ? ` and run by ${laws.map(path => `[${path}](../${path})`).join(', ')}` : ''}.`,
    ...(Object.keys(primitives) as PrimitiveName[]).map(name => section(name, files.get(name)!)),
    '## rearrange, made of three of them',
    rearrange!.docs.text,
    '- [lib/primitives/rearrange.ts](../lib/primitives/rearrange.ts); [examples in the page on signatures](signatures.md#regrouping)',
  ].join('\n\n')}\n`
}
