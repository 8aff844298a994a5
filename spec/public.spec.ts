/** What `import … from 'cstransformer'` gives: a list that does not grow by accident. */
import { expect } from 'chai'
import { join } from 'node:path'
import ts from 'typescript'
import { equations } from '../lib/paper'

/** The vocabulary by the layer that it comes from, types among it, and every equation of the paper. */
const VOCABULARY: Readonly<Record<string, string>> = {
  tensor:
    'DType DTypeError Labels Shape ShapeError SignatureError Tensor UserError cast flat fromArray full randomStream toArray toText truncatedNormal zeros',
  trace: 'Equation Graph Primitive Traced abstract apply entries equation leaves mapTree operation trace',
  primitives:
    'EPSILON PrimitiveName add broadcastTo concat concatAll div equal erf exp gelu layerNorm log matmul max mean mul oneHot permute primitives rearrange reshape scale shift slice softmax split sqrt sub sum total transpose',
  transforms: 'Cost cost grad valueAndGrad withFusedAttention withoutDeadWork',
  engines:
    'Engine Executable GpuHandle GpuMode GpuOptions OnnxHandle OnnxOptions gpuEngine gpuModes ndarrayEngine onnxEngine onnxModel',
  paper: [
    ...Object.keys(equations),
    ...'AggregationParameters BlockParameters BlockResult Config EquationName FeatureParameters Forward Initial Parameters abstractParameters baseline causalMask configure equations forward initialParameters network paddingMask patches relativeBias variants windowMask'.split(
      ' ',
    ),
  ]
    .sort()
    .join(' '),
  training:
    'Batch Checkpoint Optimizer Progress Recipe State StepResult Training adamw attentionMaps crossEntropy decodeCheckpoint digitsRecipe encodeCheckpoint fromViT lossOf paperRecipe predict predictor sgd startState topK train trainingStep videoRecipe',
}

const root = join(__dirname, '..')
const file = join(root, 'lib/index.ts')

describe('The public names', function () {
  this.timeout(120_000)
  let found: readonly { readonly name: string; readonly layer: string; readonly documented: boolean }[]

  before(() => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
    const program = ts.createProgram([file], ts.parseJsonConfigFileContent(config, ts.sys, root).options)
    const checker = program.getTypeChecker()
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!
    found = checker.getExportsOfModule(module).map(alias => {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
      const [, layer = ''] = /\/lib\/(\w+)\//.exec(symbol.declarations![0]!.getSourceFile().fileName) ?? []
      return { name: alias.name, layer, documented: symbol.getDocumentationComment(checker).length > 0 }
    })
  })

  it('are these, each from its layer', () => {
    const byLayer: Record<string, string[]> = {}
    for (const { name, layer } of found) (byLayer[layer] ??= []).push(name)
    const listed = Object.fromEntries(Object.entries(byLayer).map(([layer, names]) => [layer, names.sort().join(' ')]))
    expect(listed).to.deep.equal(VOCABULARY)
  })

  it('are at most 150', () => expect(found.length).to.be.at.most(150))

  it('are all documented where they are made', () =>
    expect(found.flatMap(({ name, documented }) => (documented ? [] : name))).to.deep.equal([]))
})
