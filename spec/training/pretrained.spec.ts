import { expect } from 'chai'
import { join } from 'node:path'
import {
  cast,
  type Config,
  configure,
  type DType,
  entries,
  flat,
  forward,
  fromArray,
  full,
  initialParameters,
  type Tensor,
  UserError,
} from '../../lib'
import { dtypeOf } from '../../lib/tensor'
import { fromViT, type Pretrained, resizePosition, type TensorFile } from '../../lib/training'
import { loadSafetensors } from '../../lib/training/node'
import { reshape, slice } from '../../lib/primitives'
import { expectClose, expectNear, expectSame } from '../laws/values'

const load = (name: string): TensorFile =>
  loadSafetensors(join(__dirname, `../../fixtures/vit/${name}.safetensors`), { passOver: true })
const files = { timm: load('timm'), 'Hugging Face': load('hugging-face') }
const { tensors: reference, metadata } = load('reference')

const square = configure({ ...(JSON.parse(metadata['config']!) as Partial<Config>), TTB: 1, classes: 2 })
const wide: Config = { ...square, height: 8, width: 20 }
const taken = (config: Config, file: Omit<TensorFile, 'metadata'> = files.timm, dtype: DType = 'float32'): Pretrained =>
  fromViT(config, initialParameters(config, 1, { dtype, alpha: 0, beta: 2 }), file, 'vit.safetensors')
/** A file with a tensor replaced, or without it. */
const changed = ({ tensors, others }: TensorFile, name: string, x?: Tensor): Omit<TensorFile, 'metadata'> => ({
  tensors: new Map([...tensors].flatMap(([key, was]) => (key !== name ? [[key, was]] : x ? [[key, x]] : []))),
  others,
})
const rowsOf = ({ report }: Pretrained, how: string): string[] =>
  report.flatMap(row => (row.how === how ? [row.name] : []))

describe('A pretrained ViT', () => {
  it('gives the same parameters under either naming, and under a prefix', () => {
    const expected = new Map(entries(taken(square).parameters))
    const module = new Map([...files.timm.tensors].map(([name, x]) => [`module.${name}`, x]))
    for (const file of [files['Hugging Face'], { tensors: module, others: new Map<string, string>() }]) {
      const found = entries(taken(square, file).parameters)
      expect(found.map(([path]) => path)).to.deep.equal([...expected.keys()])
      for (const [path, x] of found) expectSame(x, expected.get(path)!, path)
    }
  })

  for (const [grid, config] of [
    ['square', square],
    ['wide', wide],
  ] as const)
    for (const [dtype, tolerance] of [
      ['float64', 1e-9],
      ['float32', 1e-5],
    ] as const)
      for (const [naming, file] of Object.entries(files))
        for (const switches of [{ cssa: false, fam: false, temporalPosition: false }, { temporalPosition: false }])
          it(`has PyTorch's class-token features after every block: ${grid} grid, ${naming}, ${dtype}${switches.cssa === false ? '' : ', α = 0'}`, () => {
            const network = { ...config, ...switches }
            const { parameters } = taken(network, file, dtype)
            const images = cast(reference.get(`${grid}.images`)!, dtype)
            const [B, C, H, W] = images.shape as [number, number, number, number]
            const { STB } = forward(network, parameters, reshape(images, [B, C, 1, H, W]))
            expect(STB).to.have.length(3)
            STB.forEach(({ V }, i) =>
              expectNear(
                flat(slice(V, 1, 0, 1)),
                flat(reference.get(`${grid}.features.${i + 1}`)!),
                tolerance,
                `features after block ${i + 1}`,
              ),
            )
          })

  it("has its position embedding resized as by PyTorch's bicubic interpolation", () => {
    const P_s = taken(wide).parameters.P_s!
    expectClose(P_s, cast(reference.get('wide.position')!, 'float32'), 1e-6, 'P_s')
    const exact = resizePosition(cast(files.timm.tensors.get('pos_embed')!, 'float64'), 2, 5)
    expectClose(exact, reference.get('wide.position')!, 1e-12, 'P_s')
  })

  it('keeps a position embedding that is the same everywhere, whatever the grid', () => {
    const one = full(1.5, [1, 10, 4], 'float64')
    for (const [rows, columns] of [
      [1, 1],
      [3, 3],
      [7, 2],
      [40, 90],
    ] as const)
      expectClose(resizePosition(one, rows, columns), full(1.5, [1, 1 + rows * columns, 4], 'float64'), 1e-14, 'P_s')
  })

  it('knows as many patches in another grid from the same grid', () => {
    const line = configure({ ...square, height: 4, width: 36 }) // 1 × 9
    expect(rowsOf(taken(line), 'resized')).to.deep.equal(['P_s'])
    const P_s = fromArray(Array.from({ length: 7 * 12 }, Math.sin), [1, 7, 12]) // 6 patches: no square
    const flatGrid = configure({ ...square, height: 8 }) // 2 × 3
    const found = taken(flatGrid, changed(files.timm, 'pos_embed', P_s))
    expectSame(found.parameters.P_s!, P_s, 'P_s')
    expect(rowsOf(found, 'resized')).to.deep.equal([])
  })

  it('says what was taken, what was resized, what keeps its initial value, and what was not used', () => {
    const config = { ...wide, STB: 2 }
    const initial = initialParameters(config, 1)
    const pretrained = fromViT(config, initial, files['Hugging Face'], 'x')
    const names = entries(initial).map(([name]) => name)
    expect(pretrained.report.map(row => row.name)).to.deep.equal(names)
    const theirs = /^(patch|V_cls|STB\.\d+\.(?!alpha))/
    expect(rowsOf(pretrained, 'taken')).to.deep.equal(names.filter(name => theirs.test(name)))
    expect(rowsOf(pretrained, 'resized')).to.deep.equal(['P_s'])
    expect(rowsOf(pretrained, 'initial')).to.deep.equal(names.filter(name => !theirs.test(name) && name !== 'P_s'))
    const block = [...files['Hugging Face'].tensors.keys()].filter(name => name.startsWith('vit.encoder.layer.2.'))
    expect(pretrained.unused).to.have.members([
      ...[...block, 'vit.layernorm.weight', 'vit.layernorm.bias', 'classifier.weight', 'classifier.bias'],
      'vit.embeddings.position_ids',
    ])
    const row = pretrained.report.find(({ name }) => name === 'STB.1.W_1')
    expect(row).to.deep.equal({
      ...{ name: 'STB.1.W_1', shape: [12, 48], how: 'taken', from: 'vit.encoder.layer.1.intermediate.dense.weight' },
    })
    for (const [name, x] of entries(initial))
      if (rowsOf(pretrained, 'initial').includes(name))
        expectSame(new Map(entries(pretrained.parameters)).get(name)!, x, name)
  })

  it('leaves at its initial value what the file lacks: a deeper network, layers without a bias, no P_s', () => {
    expect(rowsOf(taken({ ...square, STB: 4 }), 'initial')).to.include.members(['STB.3.W_Q', 'STB.3.b_2'])
    const lacking = taken(square, changed(files.timm, 'blocks.1.attn.qkv.bias'))
    expect(rowsOf(lacking, 'initial')).to.include.members(['STB.1.b_Q', 'STB.1.b_K', 'STB.1.b_V'])
    const { unused } = taken({ ...square, spatialPosition: false })
    expect(unused).to.include('pos_embed')
  })

  it('takes the element type of the network', () => {
    for (const dtype of ['float32', 'float64'] as const)
      for (const [name, x] of entries(taken(square, files.timm, dtype).parameters))
        expect(dtypeOf(x), name).to.equal(dtype)
  })

  describe('that does not fit is refused, with both shapes:', () => {
    const x = (...shape: number[]): Tensor => full(0, shape)
    const refused: readonly (readonly [
      what: string,
      config: Config,
      file: Omit<TensorFile, 'metadata'>,
      message: string,
    ])[] = [
      [
        'another width',
        { ...square, dim: 24 },
        files.timm,
        "'patch_embed.proj.weight' must be [24, 3, 4, 4] for 'patch.W', got [12, 3, 4, 4]",
      ],
      [
        'other channels',
        { ...square, channels: 1 },
        files['Hugging Face'],
        "'vit.embeddings.patch_embeddings.projection.weight' must be [12, 1, 4, 4] for 'patch.W', got [12, 3, 4, 4]",
      ],
      [
        'as many numbers in another order',
        square,
        changed(files.timm, 'patch_embed.proj.weight', x(12, 4, 3, 4)),
        "'patch_embed.proj.weight' must be [12, 3, 4, 4] for 'patch.W', got [12, 4, 3, 4]",
      ],
      [
        'another MLP',
        { ...square, ratioSTB: 2 },
        files.timm,
        "'blocks.0.mlp.fc1.weight' must be [24, 12] for 'STB.0.W_1', got [48, 12]",
      ],
      [
        'a fused layer that does not split',
        square,
        changed(files.timm, 'blocks.1.attn.qkv.weight', x(37, 12)),
        "'blocks.1.attn.qkv.weight' must be [36, 12] for 'STB.1.W_Q', got [37, 12]",
      ],
      [
        'a position of another width',
        square,
        changed(files.timm, 'pos_embed', x(1, 10, 8)),
        "'pos_embed' must be [1, 1+n·n, 12] or [1, 10, 12] for 'P_s', got [1, 10, 8]",
      ],
      [
        'a position of no square',
        square,
        changed(files.timm, 'pos_embed', x(1, 11, 12)),
        "'pos_embed' must be [1, 1+n·n, 12] or [1, 10, 12] for 'P_s', got [1, 11, 12]",
      ],
      [
        'a position of another rank',
        square,
        changed(files.timm, 'pos_embed', x(10, 12)),
        "'pos_embed' must be [1, 1+n·n, 12] or [1, 10, 12] for 'P_s', got [10, 12]",
      ],
    ]
    for (const [what, config, file, message] of refused)
      it(what, () => {
        const initial = initialParameters(config, 1)
        const before = entries(initial).map(([, x]) => x.data.slice())
        expect(() => fromViT(config, initial, file, 'vit.safetensors'))
          .to.throw(UserError)
          .with.property('message', `vit.safetensors: ${message}`)
        expect(entries(initial).map(([, x]) => x.data)).to.deep.equal(before)
      })

    it('names of neither kind', () =>
      expect(() => taken(square, changed(files.timm, 'patch_embed.proj.weight')))
        .to.throw(UserError)
        .with.property(
          'message',
          "vit.safetensors: must be a ViT under timm's or Hugging Face's names, but neither 'patch_embed.proj.weight' nor " +
            "'embeddings.patch_embeddings.projection.weight' is in it",
        ))
  })
})
