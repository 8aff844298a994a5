/** The public functions, with their parameters, as the compiler sees them. */
import ts from 'typescript'
import { join } from 'node:path'

const root = join(__dirname, '../..')

export interface PublicFunction {
  readonly module: string
  readonly name: string
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly optional: boolean }[]
  /** Whether it takes any number of arguments. */
  readonly isVariadic: boolean
}

/** The functions that modules of the library export. */
export const publicFunctions = (modules: readonly string[]): readonly PublicFunction[] => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object }
  }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const files = modules.map(module => join(root, 'lib', module, 'index.ts'))
  const program = ts.createProgram(files, { ...options, skipLibCheck: true })
  const checker = program.getTypeChecker()
  return modules.flatMap((module, i) => {
    const source = program.getSourceFile(files[i]!)!
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)
    return exported.flatMap(symbol => {
      const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      if (!(aliased.flags & ts.SymbolFlags.Value)) return []
      const type = checker.getTypeOfSymbolAtLocation(aliased, source)
      const [signature] = type.getCallSignatures()
      if (!signature) return []
      const parameters = signature.parameters.map(parameter => ({
        name: parameter.name,
        type: checker.typeToString(
          checker.getTypeOfSymbolAtLocation(parameter, source),
          undefined,
          ts.TypeFormatFlags.NoTruncation,
        ),
        optional: Boolean(
          parameter.valueDeclaration &&
          ts.isParameter(parameter.valueDeclaration) &&
          (parameter.valueDeclaration.questionToken ?? parameter.valueDeclaration.initializer),
        ),
      }))
      const isVariadic = signature.parameters.some(
        ({ valueDeclaration: v }) => v && ts.isParameter(v) && v.dotDotDotToken !== undefined,
      )
      return [{ module, name: symbol.name, parameters, isVariadic }]
    })
  })
}
