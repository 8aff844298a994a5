/** Weights as Hugging Face publishes them, against an independent PyTorch model with their names (fixtures/published). */
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cast, permute, type Tensor } from '../../lib'
import { full } from '../../lib/tensor'
import { abstractNetwork, configureSystem, initialNetwork, logitsOf } from '../../lib/systems'
import {
  decodeSafetensors,
  fromPublished,
  type PublishedNetwork,
  publishedNetwork,
  type PublishedSystem,
} from '../../lib/training'
import { resizeTubelets, resizePosition } from '../../lib/training/resizing'
import { entries } from '../../lib/trace'
import { expectClose, expectSame } from '../laws/values'

const folder = join(__dirname, '../../fixtures/published')
const models = readdirSync(folder).filter(name => name.includes('-'))

const open = (model: string) => {
  const read = (file: string): Buffer => readFileSync(join(folder, model, file))
  const json = (file: string): Record<string, unknown> => JSON.parse(read(file).toString()) as Record<string, unknown>
  return {
    system: model.split('-')[0] as PublishedSystem,
    config: json('config.json'),
    preprocessor: json('preprocessor_config.json'),
    weights: decodeSafetensors(read('model.safetensors'), 'model.safetensors'),
    expected: decodeSafetensors(read('expected.safetensors'), 'expected.safetensors').tensors,
  }
}
type Opened = ReturnType<typeof open>

const networkOf = ({ system, config, preprocessor }: Pick<Opened, 'system' | 'config' | 'preprocessor'>) =>
  publishedNetwork(
    system,
    { file: 'config.json', json: config },
    { file: 'preprocessor_config.json', json: preprocessor },
  )
type Config = PublishedNetwork['config']

/** A network of other sizes, in float64. */
const made = (opened: Opened, change: Partial<Config> = {}) => {
  const { config: theirs } = networkOf(opened)
  const config = configureSystem({ ...theirs, ...change }) as Config
  return { config, ...fromPublished(theirs, config, initialNetwork(config, 1, { dtype: 'float64' }), opened.weights, 'model.safetensors') } // prettier-ignore
}
/** [B, T, C, H, W], as Hugging Face has clips, as ours. */
const clips = (x: Tensor): Tensor => permute(x, [0, 2, 1, 3, 4])

describe('Weights as Hugging Face publishes them', () => {
  it('come in number', () => expect(models).to.have.lengthOf(5))

  for (const model of models) {
    const opened = open(model)
    const cases = [...opened.expected.keys()].flatMap(key => /^(.*)\.logits$/.exec(key)?.[1] ?? [])
    for (const name of cases) {
      it(`${model}: logits of clips of ${{ own: 'its own size', longer: 'more frames', larger: 'larger frames' }[name]!}`, () => {
        const X = clips(opened.expected.get(`${name}.clips`)!)
        const [, , frames, height, width] = X.shape as [number, number, number, number, number]
        const { config, parameters, report, unused } = made(opened, { frames, height, width })
        expect(unused).to.deep.equal([])
        const resized = report.flatMap(row => (row.how === 'resized' ? row.name : []))
        const time = model.includes('space') ? [] : ['P_t']
        expect(resized).to.deep.equal({ own: [], longer: time, larger: ['P_s'] }[name])
        expectClose(logitsOf(config, parameters, X), opened.expected.get(`${name}.logits`)!, 1e-10, 'logits')
        const single = fromPublished(networkOf(opened).config, config, initialNetwork(config, 1), opened.weights, '')
        const logits = logitsOf(config, single.parameters, cast(X, 'float32'))
        expectClose(logits, cast(opened.expected.get(`${name}.logits`)!, 'float32'), 1e-4, 'logits in float32')
      })
    }

    it(`${model}: starts as it is published with CSSA and FAM, to the bit`, () => {
      const X = clips(opened.expected.get('own.clips')!)
      const plain = made(opened)
      const crossed = made(opened, { cssa: true, fam: true })
      expect(crossed.report.filter(row => row.how === 'initial').every(({ name }) => /alpha|FAM/.test(name))).to.equal(
        true,
      )
      expect(crossed.report.filter(row => row.how === 'initial').length).to.be.above(4)
      expectSame(logitsOf(crossed.config, crossed.parameters, X), logitsOf(plain.config, plain.parameters, X), 'logits')
    })
  }

  it('give sizes, classes and clips', () => {
    const { config, clips: format } = networkOf(open('timesformer-divided'))
    expect(config).to.deep.equal({
      ...{ system: 'timesformer', attention: 'divided', gelu: 'exact', cssa: false, fam: false },
      ...{
        dim: 12,
        heads: 3,
        ratio: 2,
        blocks: 3,
        channels: 3,
        frames: 4,
        height: 12,
        width: 12,
        patch: 4,
        classes: 5,
      },
    })
    expect(format).to.deep.equal({
      classes: ['abseiling', 'air drumming', 'answering questions', 'applauding', 'applying cream'],
      ...{ stride: 64, shortSide: 12, mean: [0.5, 0.45, 0.4], deviation: [0.25, 0.225, 0.2] },
    })
  })

  it('take the colours that their image processor makes', () => {
    // 255·c/127.5 − 1, then − mean and / deviation.
    const { clips: format } = networkOf(open('vivit-2'))
    for (const c of [0, 0.3, 1])
      for (const [i, [mean, deviation]] of [
        [0.5, 0.25],
        [0.45, 0.225],
        [0.4, 0.2],
      ].entries())
        expect((c - (format.mean as number[])[i]!) / (format.deviation as number[])[i]!).to.be.closeTo(
          (2 * c - 1 - mean!) / deviation!,
          1e-12,
        )
    expect(format.stride).to.equal(2)
    const { preprocessor, ...rest } = open('vivit-2')
    const plain = networkOf({
      ...rest,
      preprocessor: {
        ...preprocessor,
        offset: false,
        do_normalize: false,
        rescale_factor: 1 / 255,
        fps: 10,
        num_frames: 8,
      },
    })
    expect([plain.clips.mean, plain.clips.deviation, plain.clips.stride, plain.clips.fps]).to.deep.equal([0, 1, 1, 10])
    expect(plain.config.frames).to.equal(8)
  })

  it('place tubelets in each time as pictures, and times linearly', () => {
    const opened = open('vivit-2')
    const P = cast(opened.weights.tensors.get('vivit.embeddings.position_embeddings')!, 'float64')
    expectSame(resizeTubelets(P, 2, { times: 2, rows: 3, columns: 3 }), P, 'the same places')
    const one = full(2, [1, 1 + 9, 4], 'float64')
    expectClose(
      resizeTubelets(one, 1, { times: 3, rows: 5, columns: 5 }),
      full(2, [1, 1 + 75, 4], 'float64'),
      1e-12,
      'of one value',
    )
    const four = open('vivit-4').weights.tensors.get('vivit.embeddings.position_embeddings')!
    expectClose(
      resizeTubelets(four, 1, { times: 1, rows: 5, columns: 5 }),
      resizePosition(four, 5, 5),
      1e-6,
      'of one time',
    )
  })

  const wrong = (change: (opened: Opened) => Partial<Opened>, text: string, sizes: Partial<Config> = {}) =>
    it(`say what is wrong: ${text}`, () => {
      const opened = open('timesformer-divided')
      expect(() => made({ ...opened, ...change(opened) }, sizes)).to.throw(text)
    })
  const configured =
    (more: Record<string, unknown>) =>
    ({ config }: Opened) => ({ config: { ...config, ...more } })
  wrong(() => ({ system: 'vivit' }), "config.json: model_type must be 'vivit', got 'timesformer'")
  wrong(
    configured({ id2label: undefined }),
    'config.json: id2label must be the names of the classes by their numbers, got missing',
  )
  wrong(configured({ id2label: { 0: 'a', 2: 'b' } }), 'config.json: id2label must be a name for class 1, got missing')
  wrong(configured({ id2label: { 0: 'a', 1: ' ' } }), "config.json: id2label must be a name for class 1, got ' '")
  wrong(
    ({ preprocessor }) => ({ preprocessor: { ...preprocessor, image_std: [0.2, 0, 0.2] } }),
    'preprocessor_config.json: image_std must be a number above 0, or one for each of 3 channels, got [0.2, 0, 0.2]',
  )
  wrong(
    ({ preprocessor }) => ({ preprocessor: { ...preprocessor, image_mean: [0.5] } }),
    'preprocessor_config.json: image_mean must be a number, or one for each of 3 channels, got [0.5]',
  )
  wrong(
    configured({ id2label: { 0: 'a', 1: 'b' } }),
    "model.safetensors: 'classifier.weight' must be [2, 12], as config.json has its sizes, got [5, 12]",
  )
  wrong(
    configured({ hidden_size: 24 }),
    "'timesformer.embeddings.patch_embeddings.projection.weight' must be [24, 3, 4, 4], as config.json has its sizes, got [12, 3, 4, 4]",
  )
  wrong(
    configured({ num_hidden_layers: 4 }),
    "but 'timesformer.encoder.layer.3.layernorm_before.weight' is missing, of 69 tensors from 'timesformer.embeddings.cls_token' on",
  )
  wrong(configured({ num_attention_heads: 5 }), 'config.json: heads must be a divisor of dim (12), got 5')
  wrong(
    configured({ hidden_act: 'relu' }),
    "config.json: hidden_act must be 'gelu' or 'gelu_fast' or 'gelu_new' or 'gelu_pytorch_tanh', got 'relu'",
  )
  wrong(configured({ layer_norm_eps: 1e-12 }), 'config.json: layer_norm_eps must be 1e-6, got 1e-12')
  wrong(
    ({ preprocessor }) => ({ preprocessor: { ...preprocessor, crop_size: 16 } }),
    "preprocessor_config.json: crop_size must be 12, as config.json's image_size, got 16",
  )
  wrong(
    ({ preprocessor }) => ({ preprocessor: { ...preprocessor, size: { shortest_edge: 8 } } }),
    "preprocessor_config.json: size must be a side of at least the frames' height, 12, got 8",
  )
  wrong(({ weights }) => {
    const tensors = new Map(weights.tensors)
    const x = tensors.get('timesformer.layernorm.weight')!
    tensors.set('timesformer.layernorm.weight', full(NaN, x.shape))
    return { weights: { ...weights, tensors } }
  }, "model.safetensors: 'timesformer.layernorm.weight' must be finite, got NaN")
  wrong(
    () => ({ weights: open('vivit-2').weights }),
    "model.safetensors: must hold timesformer's weights by Hugging Face's names, but 'timesformer.embeddings.patch_embeddings.projection.weight' is missing, of 56 tensors from 'vivit.embeddings.cls_token' on",
  )

  it('leave the classifier where classes are others', () => {
    const opened = open('timesformer-joint')
    const { config: theirs } = networkOf(opened)
    const config = configureSystem({ ...theirs, classes: 7 }) as Config
    const { report, parameters } = fromPublished(theirs, config, initialNetwork(config, 1), opened.weights, '', false)
    expect(report.flatMap(row => (row.how === 'initial' ? row.name : []))).to.deep.equal(['head.W', 'head.b'])
    expect(entries(parameters).map(([path, x]) => [path, x.shape])).to.deep.equal(
      entries(abstractNetwork(config)).map(([path, x]) => [path, x.shape]),
    )
  })
})
