/** The page of the primitives: what each computes, its derivative, and what it is called with. */
import ts from 'typescript'
import { type PrimitiveName, primitives } from '../../lib'
import { movingOnly, special, specialOnGpus } from './special-values'
import { constants, type Documented, filesIn, find, specsByName } from './source'

/** 'lib/primitives/layer-norm.ts' holds layerNorm. */
const nameOf = (path: string): string =>
  path.replace(/^.*\/|\.ts$/g, '').replace(/-(\w)/g, (_, c: string) => c.toUpperCase())

/** The shape rule of an operation, where a signature is it, or else its parameters. */
const signatureOf = ({ node }: Documented): string => {
  const declared = find(node, ts.isVariableDeclaration)?.initializer
  const maker = declared && ts.isCallExpression(declared) ? declared.expression.getText() : ''
  if (maker === 'unary') return 'x[...] -> [...]'
  if (maker === 'binary') return 'a[...], b[...] -> [...]'
  if (maker === 'reduction') return "(x: Tensor<S>, axes: readonly A[]) => Tensor<With<S, A, '1'>>"
  const typed = find(node, (n): n is ts.CallExpression => ts.isCallExpression(n) && n.expression.getText() === 'typed')
  const [signature] = typed?.arguments ?? []
  if (signature && ts.isStringLiteral(signature)) return signature.text
  const f = find(node, ts.isArrowFunction)!
  return `(${f.parameters.map(p => p.getText()).join(', ')}) => ${f.type?.getText() ?? ''}`.replace(/\s+/g, ' ')
}

/** The formula of the FLOPs, as the primitive's file has it. */
const flopsOf = ({ node }: Documented): string => {
  const property = find(
    node,
    (n): n is ts.PropertyAssignment => ts.isPropertyAssignment(n) && n.name.getText() === 'flops',
  )!
  const flops = property.initializer
  if (ts.isArrowFunction(flops)) return flops.body.getText()
  return flops.getText() === '1' ? 'sizeOf(y)' : `${flops.getText()} * sizeOf(y)`
}

const section = (name: PrimitiveName, path: string): string => {
  const operations = constants(path).filter(c => !/^[A-Z]+$/.test(c.name))
  // An elementwise operation and its primitive are written as one; of others, the primitive is a record beside it.
  const record = constants(path, 'private').find(c => c.name === 'primitive')
  const primitive = record ?? operations.find(o => o.name === name)!
  // The docstring gives the formula, then, after two spaces or on a line of its own, the derivative.
  const [formula, ...derivative] = primitive.docs.text.split(/ {2,}(?=∂|With )|\n(?=∂|With )/)
  const said = (o: Documented): string => (o === primitive ? '' : `\n  ${o.docs.text.replace(/\s+/g, ' ')}`)
  return [
    `## ${name}`,
    formula,
    derivative.join(' '),
    operations.map(o => `- \`${o.name}\`: \`${signatureOf(o)}\`${said(o)}`).join('\n'),
    `FLOPs: \`${flopsOf(primitive)}\` · [${path}](../${path})`,
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** Where engines make other things of special values than the reference, which the specs hold them to. */
const specialValues = (): string[] => {
  const engines = Object.keys(special) as (keyof typeof special)[]
  const names = (Object.keys(primitives) as PrimitiveName[]).filter(name => engines.some(e => special[e][name]))
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    '## Special values',
    'Of NaN, ±∞, −0, denormals, the largest numbers and numbers outside of a domain every engine makes what the reference makes, but for what stands here; the sections above say what it is instead. A tensor without elements is refused everywhere, with an error that names the operand.',
    [
      row(['primitive', ...engines]),
      row(['---', ...engines.map(() => '---')]),
      ...names.map(name =>
        row([`[${name}](#${name.toLowerCase()})`, ...engines.map(e => special[e][name]?.join(', ') ?? '')]),
      ),
    ].join('\n'),
    `In the modes webgpu and headlessgl of the engine gpu, what is computed of these values (${specialOnGpus.join(', ')}) is the choice of the adapter: WGSL lets it take every number for finite, and denormals for 0. What only moves numbers (${movingOnly.map(name => `\`${name}\``).join(', ')}) keeps them everywhere.`,
  ]
}

export const primitivesPage = (): string => {
  const files = new Map(filesIn('lib/primitives').map(path => [nameOf(path), path]))
  const [rearrange] = constants('lib/primitives/rearrange.ts')
  const laws = (specsByName().get('obeysTheLaws') ?? []).filter(path => path.startsWith('spec/primitives/'))
  return `${[
    '# Primitives',
    'Everything in the library is made of these operations. Each has a file that holds all that is known of it: the shape of its result, the reference on ndarrays, the derivative, the FLOPs, the ONNX node, the formula of its kernels, which part of its operands a part of the result needs.',
    'In the formulas, ȳ is the cotangent of the result y, and ∂x that of the operand x. FLOPs count a multiply-add as two; `sizeOf(y)` is the number of elements of the result.',
    `The laws that hold for all of them are in [spec/laws](../spec/laws/laws.ts)${laws.length ? ` and run by ${laws.map(path => `[${path}](../${path})`).join(', ')}` : ''}.`,
    ...(Object.keys(primitives) as PrimitiveName[]).map(name => section(name, files.get(name)!)),
    ...specialValues(),
    '## Made of them',
    (['mean', 'pad', 'roll'] as const)
      .flatMap(name => constants(files.get(name)!))
      .map(o => `- \`${o.name}\`: \`${signatureOf(o)}\`\n  ${o.docs.text.replace(/\s+/g, ' ')}`)
      .join('\n'),
    '## rearrange, made of three of them',
    rearrange!.docs.text,
    '- [lib/primitives/rearrange.ts](../lib/primitives/rearrange.ts); [examples in the page on signatures](signatures.md#regrouping)',
  ].join('\n\n')}\n`
}
