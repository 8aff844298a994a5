import { expect } from 'chai'
import { join } from 'node:path'
import ts from 'typescript'

/** What is in scope of every snippet. */
const PRELUDE = `
import { add, concat, layerNorm, matmul, rearrange, softmax, split } from '../../lib/primitives'
import { type Tensor, zeros } from '../../lib/tensor'
import { equation } from '../../lib/trace'
declare const t: <const S extends readonly string[]>(...labels: S) => Tensor<[...S]>
declare const nothing: never
const positionEncoding = equation(
  'Position encoding',
  "V_cls[B*T, 1, C'], V[B*T, P, C'], P_s[1, 1+P, C'], P_t[T, 1, C'] -> V_0[B*T, 1+P, C']",
  (V_cls, V, P_s, P_t) => nothing,
)
const block = equation(
  'Block',
  "V[N, S, C'], h, W{gain[C'], att{W_Q[C', h*d]}} -> Y[N, S, C'], A[N, h, S, S]",
  () => nothing,
)
const cross = equation('Cross', "Q[N, h, S, d], A_prev[N', h, S', S']? -> A[N, h, S, S]", () => nothing)
const Q = t('N', 'h', 'S', 'd')
const V_cls = t('B*T', '1', "C'"), V = t('B*T', 'P', "C'"), P_s = t('1', '1+P', "C'"), P_t = t('T', '1', "C'")
`

/** What the compiler says of each mistake: where, and the whole text. */
const MISTAKES: Readonly<Record<string, readonly [snippet: string, at: string, says: string]>> = {
  'arguments are swapped': [
    'positionEncoding(V, V_cls, P_s, P_t)',
    'V',
    `Argument of type 'Tensor<["B*T", "P", "C'"]>' is not assignable to parameter of type '"shape error: V_cls[B*T, 1, C'] was given [B*T, P, C']: a dimension must be 1, got P"'.`,
  ],
  'the channels are others': [
    "positionEncoding(V_cls, V, P_s, t('T', '1', 'D'))",
    "t('T', '1', 'D')",
    `Argument of type 'Tensor<["T", "1", "D"]>' is not assignable to parameter of type '"shape error: P_t[T, 1, C'] was given [T, 1, D]: a dimension must be C', got D"'.`,
  ],
  'P_s lacks the class token': [
    `positionEncoding(V_cls, V, t('1', 'P', "C'"), P_t)`,
    `t('1', 'P', "C'")`,
    `Argument of type 'Tensor<["1", "P", "C'"]>' is not assignable to parameter of type '"shape error: P_s[1, 1+P, C'] was given [1, P, C']: a dimension must be 1+P, got P"'.`,
  ],
  'the rank is too small': [
    `positionEncoding(V_cls, V, t('1+P', "C'"), P_t)`,
    `t('1+P', "C'")`,
    `Argument of type 'Tensor<["1+P", "C'"]>' is not assignable to parameter of type '"shape error: P_s[1, 1+P, C'] was given [1+P, C']: its rank must be 3, got 2"'.`,
  ],
  'the rank is too large': [
    `positionEncoding(V_cls, V, P_s, t('1', 'T', '1', "C'"))`,
    `t('1', 'T', '1', "C'")`,
    `Argument of type 'Tensor<["1", "T", "1", "C'"]>' is not assignable to parameter of type '"shape error: P_t[T, 1, C'] was given [1, T, 1, C']: its rank must be 3, got 4"'.`,
  ],
  'the scores of the block before are of other heads': [
    "cross(Q, t('N', 'k', 'S', 'S'))",
    "t('N', 'k', 'S', 'S')",
    `Argument of type 'Tensor<["N", "k", "S", "S"]>' is not assignable to parameter of type '"shape error: A_prev[N', h, S', S'] was given [N, k, S, S]: a dimension must be h, got k"'.`,
  ],
  'the scores of the block before only broadcast': [
    "cross(Q, t('1', '1', 'S', 'S'))",
    "t('1', '1', 'S', 'S')",
    `Argument of type 'Tensor<["1", "1", "S", "S"]>' is not assignable to parameter of type '"shape error: A_prev[N', h, S', S'] was given [1, 1, S, S]: a dimension must be h, got 1"'.`,
  ],
  'an optional tensor has another rank': [
    "cross(Q, t('S', 'S'))",
    "t('S', 'S')",
    `Argument of type 'Tensor<["S", "S"]>' is not assignable to parameter of type '"shape error: A_prev[N', h, S', S'] was given [S, S]: its rank must be 4 or 0, got 2"'.`,
  ],
  'an argument is missing': ['positionEncoding(V_cls, V, P_s)', 'positionEncoding', 'Expected 4 arguments, but got 3.'],
  'a weight in a record is of another shape': [
    `block(V, 8, { gain: t("C'"), att: { W_Q: t('D', 'h*d') } })`,
    'W_Q',
    `Type 'Tensor<["D", "h*d"]>' is not assignable to type '"shape error: W.att.W_Q[C', h*d] was given [D, h*d]: a dimension must be C', got D"'.`,
  ],
  'a weight is missing in a record': [
    'block(V, 8, { gain: t("C\'"), att: {} })',
    'att',
    `Property 'W_Q' is missing in type '{}' but required in type '{ readonly W_Q: TensorOf<["C'", "h*d"]>; }'.`,
  ],
  'the inner dimensions of a product differ': [
    "matmul(t('N', 'S', 'C'), t('D', 'C'))",
    "t('D', 'C')",
    `Argument of type 'Tensor<["D", "C"]>' is not assignable to parameter of type '"shape error: B[..., K, N] was given [D, C]: K must be C, got D"'.`,
  ],
  'a product is asked of a vector': [
    "matmul(t('N', 'S', 'C'), t('C'))",
    "t('C')",
    `Argument of type 'Tensor<["C"]>' is not assignable to parameter of type '"shape error: B[..., K, N] was given [C]: its rank must be at least 2, got 1"'.`,
  ],
  'a sum does not broadcast': [
    'add(V, P_t)',
    'P_t',
    `Argument of type 'Tensor<["T", "1", "C'"]>' is not assignable to parameter of type '"shape error: b[...] was given [T, 1, C']: a dimension must broadcast with B*T, got T"'.`,
  ],
  'a gain is as long as another dimension': [
    "layerNorm(V, t('P'), t(\"C'\"))",
    "t('P')",
    `Argument of type 'Tensor<["P"]>' is not assignable to parameter of type '"shape error: gain[C] was given [P]: C must be C', got P"'.`,
  ],
  'a pattern does not fit': [
    "rearrange('[B*T, N, C] -> [B*N, T, C]', P_t, { T: 8 })",
    'P_t',
    `Argument of type 'Tensor<["T", "1", "C'"]>' is not assignable to parameter of type '"shape error: [B*T, N, C] was given [T, 1, C']: a dimension must be B*T, got T"'.`,
  ],
  'tensors are joined that differ elsewhere': [
    "concat(1, V_cls, t('B*T', 'P', 'D'))",
    "t('B*T', 'P', 'D')",
    `Argument of type 'Tensor<["B*T", "P", "D"]>' is not assignable to parameter of type '"shape error: [B*T, 1, C'] and [B*T, P, D] must differ along axis 1 alone"'.`,
  ],
  'a body makes another result': [
    "equation('Linear', 'X[N, C], W[C, D] -> [N, D]', (X, _W) => X)",
    'X',
    `Type 'Tensor<["N", "C"]>' is not assignable to type 'Tensor<["N", "D"]>'.
  Type '["N", "C"]' is not assignable to type '["N", "D"]'.
    Type at position 1 in source is not compatible with type at position 1 in target.
      Type '"C"' is not assignable to type '"D"'.`,
  ],
  'a body lacks a result': [
    "equation('Two', 'X[N] -> Y[N], Z[N]', X => ({ Y: X }))",
    '({ Y: X })',
    `Property 'Z' is missing in type '{ Y: Tensor<["N"]>; }' but required in type '{ readonly Y: Tensor<["N"]>; readonly Z: Tensor<["N"]>; }'.`,
  ],
  'a body asks for a size that is not there': [
    "equation('Scale', 'X[N, C] -> [N, C]', (X, { D }) => X)",
    'D',
    `Property 'D' does not exist on type 'SizesOf<"X[N, C] -> [N, C]">'.`,
  ],
  'a signature cannot be read': [
    "equation('Linear', 'X[N, C -> [N]', () => nothing)",
    "'X[N, C -> [N]'",
    `Argument of type '"X[N, C -> [N]"' is not assignable to parameter of type '"signature error: must have ']' before '->' in 'X[N, C ‸-> [N]'"'.`,
  ],
  'a signature has another arrow': [
    "equation('Linear', 'X[N, C], W[C, D] => [N, D]', (X, W) => matmul(X, W))",
    "'X[N, C], W[C, D] => [N, D]'",
    `Argument of type '"X[N, C], W[C, D] => [N, D]"' is not assignable to parameter of type '"signature error: must have '->', got '=>' in 'X[N, C], W[C, D] ‸=> [N, D]'"'.`,
  ],
  "a signature is written as einops' are": [
    "equation('Transpose', 'n c -> c n', X => X)",
    "'n c -> c n'",
    `Argument of type '"n c -> c n"' is not assignable to parameter of type '"signature error: dimensions must be in brackets, as [N, C], got 'n c -> c n'"'.`,
  ],
  "a pattern is written as einops' are": [
    "rearrange('n c -> c n', V)",
    "'n c -> c n'",
    `Argument of type '"n c -> c n"' is not assignable to parameter of type '"signature error: dimensions must be in brackets, as [N, C], got 'n c -> c n'"'.`,
  ],
  'a signature has no arrow': [
    "equation('Linear', 'X[N, C]', X => X)",
    "'X[N, C]'",
    `Argument of type '"X[N, C]"' is not assignable to parameter of type '"signature error: must have '->' before the results, got 'X[N, C]'"'.`,
  ],
  'a pattern is empty': [
    "rearrange('', V)",
    "''",
    `Argument of type '""' is not assignable to parameter of type '"signature error: must be arguments, '->' and results, as [N, C] -> [C, N], got no text"'.`,
  ],
  'a sum stands in another order': [
    `positionEncoding(V_cls, V, t('1', 'P+1', "C'"), P_t)`,
    `t('1', 'P+1', "C'")`,
    `Argument of type 'Tensor<["1", "P+1", "C'"]>' is not assignable to parameter of type '"shape error: P_s[1, 1+P, C'] was given [1, P+1, C']: a dimension must be 1+P, got P+1: the order differs"'.`,
  ],
  'a product stands in another order': [
    `positionEncoding(t('T*B', '1', "C'"), t('T*B', 'P', "C'"), P_s, P_t)`,
    `t('T*B', '1', "C'")`,
    `Argument of type 'Tensor<["T*B", "1", "C'"]>' is not assignable to parameter of type '"shape error: V_cls[B*T, 1, C'] was given [T*B, 1, C']: a dimension must be B*T, got T*B: the order differs"'.`,
  ],
  'the rank and the labels are others': [
    "positionEncoding(V_cls, t('B', 'T', 'P', 'D'), P_s, P_t)",
    "t('B', 'T', 'P', 'D')",
    `Argument of type 'Tensor<["B", "T", "P", "D"]>' is not assignable to parameter of type '"shape error: V[B*T, P, C'] was given [B, T, P, D]: its rank must be 3, got 4"'.`,
  ],
  'the rank behind an ellipsis is too small, and a label is another': [
    "matmul(t('N', 'C'), t('D'))",
    "t('D')",
    `Argument of type 'Tensor<["D"]>' is not assignable to parameter of type '"shape error: B[..., K, N] was given [D]: its rank must be at least 2, got 1"'.`,
  ],
  'an unlabelled tensor has another rank': [
    'positionEncoding(V_cls, V, P_s, zeros([2, 3]))',
    'zeros([2, 3])',
    `Argument of type 'Tensor<[any, any]>' is not assignable to parameter of type '"shape error: P_t[T, 1, C'] was given [?, ?]: its rank must be 3, got 2"'.`,
  ],
}

/** What the editor shows for a name in each snippet. */
const HOVERS: Readonly<Record<string, readonly [snippet: string, name: string, shows: string]>> = {
  'an equation by its signature': [
    'positionEncoding',
    'positionEncoding',
    `const positionEncoding: Equation<"V_cls[B*T, 1, C'], V[B*T, P, C'], P_s[1, 1+P, C'], P_t[T, 1, C'] -> V_0[B*T, 1+P, C']", [V_cls: unknown, V: unknown, P_s: unknown, P_t: unknown]>`,
  ],
  'a primitive by its signature': [
    'matmul',
    'matmul',
    '(alias) const matmul: Operation<Typed<"A[..., M, K], B[..., K, N] -> [..., M, N]", [A: unknown, B: unknown]>, object>\nimport matmul',
  ],
  'a result in the labels of the caller': [
    'const V_0 = positionEncoding(V_cls, V, P_s, P_t)',
    'V_0',
    `const V_0: Tensor<["B*T", "1+P", "C'"]>`,
  ],
  'several results by their names': [
    `const made = block(V, 8, { gain: t("C'"), att: { W_Q: t("C'", 'h*d') } })`,
    'made',
    `const made: {
    readonly Y: Tensor<["B*T", "P", "C'"]>;
    readonly A: Tensor<["B*T", "h", "P", "P"]>;
}`,
  ],
  'a regrouped tensor': [
    "const temporal = rearrange('[B*T, N, C] -> [B*N, T, C]', V, { T: 8 })",
    'temporal',
    `const temporal: Tensor<["B*P", "T", "C'"]>`,
  ],
  'the parts of a split': [
    'const [cls, patches] = split(P_s, 1, [1, 49])',
    'patches',
    `const patches: Tensor<["1", "P", "C'"]>`,
  ],
  'an argument of a body': [
    "equation('Linear', 'X[N, C], W[C, D] -> [N, D]', (X, W) => matmul(X, W))",
    'W)',
    '(parameter) W: Tensor<["C", "D"]>',
  ],
  'the sizes of a body': [
    "equation('Split', 'X[B*T, C] -> [B, T, C]', (X, sizes) => rearrange('[B*T, C] -> [B, T, C]', X, sizes))",
    'sizes',
    '(parameter) sizes: SizesOf<"X[B*T, C] -> [B, T, C]">',
  ],
}

/** What the editor shows of a call that is being written, after its opening parenthesis. */
const HELP: Readonly<Record<string, readonly [snippet: string, shows: string]>> = {
  'the names and the shapes of an equation': [
    'positionEncoding()',
    `positionEncoding(V_cls: TensorOf<["B*T", "1", "C'"]>, V: TensorOf<["B*T", "P", "C'"]>, P_s: TensorOf<["1", "1+P", "C'"]>, P_t: TensorOf<["T", "1", "C'"]>): Tensor<[any, any, any]>`,
  ],
  'the arguments that are there': [
    'positionEncoding(V_cls, V, P_s, P_t)',
    `positionEncoding(V_cls: Tensor<["B*T", "1", "C'"]>, V: Tensor<["B*T", "P", "C'"]>, P_s: Tensor<["1", "1+P", "C'"]>, P_t: Tensor<["T", "1", "C'"]>): Tensor<["B*T", "1+P", "C'"]>`,
  ],
  'the operands of a primitive': [
    'matmul()',
    'matmul(A: TensorOf<["...", "M", "K"]>, B: TensorOf<["...", "K", "N"]>): Tensor<any>',
  ],
}

const FILE = join(__dirname, 'snippets.ts')

/** All snippets as one file, each in a block of its own, and where each begins. */
const compose = (snippets: readonly string[]): { text: string; begins: readonly number[] } => {
  let text = PRELUDE
  const begins = snippets.map(snippet => {
    const begin = text.length + '{ '.length
    text += `{ ${snippet} }\n`
    return begin
  })
  return { text, begins }
}

const service = (text: string): ts.LanguageService => {
  const root = join(__dirname, '../..')
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as { compilerOptions: object }
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: [] }, root)
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => '1',
    getScriptSnapshot: file => {
      const content = file === FILE ? text : ts.sys.readFile(file)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: file => file === FILE || ts.sys.fileExists(file),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  })
}

describe('In the editor', () => {
  const snippets = [...Object.values(MISTAKES), ...Object.values(HOVERS)].map(([snippet]) => snippet)
  const unfinished = Object.values(HELP).map(([snippet]) => snippet)
  const { text, begins } = compose([...snippets, ...unfinished])
  const placeOf = (snippet: string): number => begins[[...snippets, ...unfinished].indexOf(snippet)]!
  let editor: ts.LanguageService
  let found: readonly ts.Diagnostic[]

  before(() => {
    editor = service(text)
    found = [...editor.getSyntacticDiagnostics(FILE), ...editor.getSemanticDiagnostics(FILE)]
  })

  describe('it is an error where', () => {
    for (const [mistake, [snippet, at, says]] of Object.entries(MISTAKES))
      it(mistake, () => {
        const begin = placeOf(snippet)
        const here = found.filter(d => d.start! >= begin && d.start! < begin + snippet.length)
        const shown = here.map(d => [
          text.slice(d.start, d.start! + d.length!),
          ts.flattenDiagnosticMessageText(d.messageText, '\n'),
        ])
        expect(shown).to.deep.equal([[at, says]])
      })

    it('and nowhere else', () => {
      const mistaken = Object.keys(MISTAKES).length
      const finished = found.filter(d => d.start! < begins[snippets.length]!)
      expect(finished.filter(d => d.start! < begins[0]! || d.start! >= begins[mistaken]!)).to.deep.equal([])
      expect(finished.length).to.equal(mistaken)
    })
  })

  describe('it shows', () => {
    for (const [what, [snippet, name, shows]] of Object.entries(HOVERS))
      it(what, () => {
        const info = editor.getQuickInfoAtPosition(FILE, placeOf(snippet) + snippet.indexOf(name))
        expect(ts.displayPartsToString(info?.displayParts)).to.equal(shows)
      })
  })

  describe('the help of a call shows', () => {
    for (const [what, [snippet, shows]] of Object.entries(HELP))
      it(what, () => {
        const { items } = editor.getSignatureHelpItems(FILE, placeOf(snippet) + snippet.indexOf('(') + 1, {})!
        const [{ prefixDisplayParts, parameters, suffixDisplayParts }] = items as [ts.SignatureHelpItem]
        const parts = parameters.map(p => ts.displayPartsToString(p.displayParts)).join(', ')
        const [before, after] = [prefixDisplayParts, suffixDisplayParts].map(p => ts.displayPartsToString(p))
        expect(`${before}${parts}${after}`).to.equal(shows)
      })
  })
})
