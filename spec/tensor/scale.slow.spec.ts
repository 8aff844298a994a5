import { expect } from 'chai'
import { join } from 'node:path'
import ts from 'typescript'

/** How much the compiler does for programs of many equations, and what it does not take any more. The work is counted in
 *  instantiations of types, which are the same on every machine. */
const root = join(__dirname, '../..')
const FILE = join(__dirname, 'scale-program.ts')
const options: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  skipLibCheck: true,
  noEmit: true,
  types: [],
}
const PRELUDE = `
import type { Tensor } from '../../lib/tensor'
import { equation } from '../../lib/trace'
declare const nothing: never
declare const t: <const S extends readonly string[]>(...labels: S) => Tensor<[...S]>
`
const sources = new Map<string, ts.SourceFile | undefined>()
const check = (program: string): { readonly says: readonly string[]; readonly instantiations: number } => {
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  const own = PRELUDE + program
  host.getSourceFile = (file, version, ...more) => {
    if (file === FILE) return ts.createSourceFile(file, own, version)
    if (!sources.has(file)) sources.set(file, getSourceFile.call(host, file, version, ...more))
    return sources.get(file)
  }
  host.fileExists = file => file === FILE || fileExists(file)
  host.readFile = file => (file === FILE ? own : readFile(file))
  host.getCurrentDirectory = () => root
  const made = ts.createProgram([FILE], options, host)
  const found = made.getSemanticDiagnostics(made.getSourceFile(FILE))
  return {
    says: found.map(d => ts.flattenDiagnosticMessageText(d.messageText, '\n')),
    instantiations: made.getInstantiationCount(),
  }
}
const many = <X>(n: number, of: (i: number) => X): X[] => Array.from({ length: n }, (_, i) => of(i))
const quoted = (labels: readonly string[]): string => labels.map(l => `'${l}'`).join(', ')

describe('The compiler', () => {
  it('takes 200 equations and 200 calls in one file with at most 600,000 instantiations', () => {
    const program = many(200, i => {
      const [V_cls, V] = [`V_cls[B${i}*T${i}, 1, C${i}]`, `V[B${i}*T${i}, P${i}, C${i}]`]
      const [P_s, P_t] = [`P_s[1, 1+P${i}, C${i}]`, `P_t[T${i}, 1, C${i}]`]
      const result = `[B${i}*T${i}, 1+P${i}, C${i}]`
      return `const e${i} = equation('', '${V_cls}, ${V}, ${P_s}, ${P_t} -> ${result}', (V_cls, V, P_s, P_t) => nothing)
        const y${i} = e${i}(t('F*G${i}', '1', 'E'), t('F*G${i}', 'Q', 'E'), t('1', '1+Q', 'E'), t('G${i}', '1', 'E'))
        ${i % 50 ? '' : `y${i} satisfies Tensor<['F*G${i}', '1+Q', 'E']>`}`
    })
    const { says, instantiations } = check(program.join('\n'))
    expect(says).to.deep.equal([])
    expect(instantiations).to.be.within(100_000, 600_000)
  })

  /** What is promised; `signature.ts` says so. More may work. */
  const limits: Readonly<Record<string, () => string>> = {
    'a rank of 32': () => {
      const labels = many(32, i => `D${i}`)
      return `equation('', 'X[${labels.join(', ')}] -> X[${labels.join(', ')}]', X => X)(t(${quoted(labels)}))`
    },
    'a sum of 32 terms': () => {
      const sum = many(32, i => `D${i}`).join('+')
      return `equation('', 'X[${sum}] -> X[${sum}]', X => X)(t('${sum}'))`
    },
    'a product of 32 factors': () => {
      const product = many(32, i => `D${i}`).join('*')
      return `equation('', 'X[${product}] -> X[${product}]', X => X)(t('${product}'))`
    },
    'a label of 2,000 characters': () => {
      const label = 'D'.repeat(2000)
      return `equation('', 'X[${label}] -> X[${label}]', X => X)(t('${label}'))`
    },
    '100 arguments': () => {
      const args = many(100, i => `X${i}[N]`).join(', ')
      return `equation('', '${args} -> [N]', X => X)(${many(100, () => "t('C')").join(', ')})`
    },
    'a record of 100 fields': () => {
      const fields = many(100, i => `X${i}[N]`).join(', ')
      return `equation('', 'W{${fields}} -> [N]', W => W.X0)({ ${many(100, i => `X${i}: t('C')`).join(', ')} })`
    },
    '20 records in one another': () => {
      const open = many(20, i => `W${i}{`).join('')
      const given = `${many(20, i => (i ? `{ W${i}: ` : '')).join('')}{ X: t('C') }${' }'.repeat(19)}`
      return `equation('', '${open}X[N]${'}'.repeat(20)} -> [N]', () => nothing)(${given})`
    },
  }
  for (const [what, program] of Object.entries(limits))
    it(`takes ${what}`, () => expect(check(program()).says).to.deep.equal([]))
})
