import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cast,
  configure,
  entries,
  fromArray,
  full,
  initialParameters,
  mapTree,
  type Tensor,
  UserError,
} from '../../lib'
import {
  type Checkpoint,
  type ClipFormat,
  decodeCheckpoint,
  decodeSafetensors,
  digitsRecipe,
  encodeCheckpoint,
  encodeSafetensors,
  type Recipe,
  startState,
  type Tensors,
} from '../../lib/training'
import { loadCheckpoint, saveCheckpoint } from '../../lib/training/node'
import { expectSame } from '../laws/values'

const config = configure({
  ...{ channels: 1, frames: 2, height: 4, width: 4, patch: 2, dim: 4, heads: 2, STB: 2, TTB: 2, classes: 3 },
})
const { rate, schedule, batch, steps, sigma } = digitsRecipe
const sgdRecipe: Recipe = { optimizer: { kind: 'SGD', momentum: 0.9, decay: 0 }, rate, schedule, batch, steps, sigma }
const checkpointOf = (recipe: Recipe): Checkpoint => {
  const state = startState(recipe, initialParameters(config, 5))
  return { config, recipe, seed: 5, step: 7, state }
}

const set = (key: string, value: string) => (file: Tensors) => ({ metadata: { ...file.metadata, [key]: value } })
const recipe = (changes: object) => set('recipe', JSON.stringify({ ...digitsRecipe, ...changes }))
const put = (path: string, x: Tensor) => (file: Tensors) => ({ tensors: new Map([...file.tensors, [path, x]]) })
const drop = (path: string) => (file: Tensors) => ({
  tensors: new Map([...file.tensors].filter(([name]) => name !== path)),
})

describe('Checkpoints', () => {
  for (const [name, recipe] of [
    ['AdamW', digitsRecipe],
    ['SGD', sgdRecipe],
  ] as const)
    it(`give back configuration, recipe, seed, step and every tensor, with the state of ${name}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'cstransformer-'))
      const checkpoint = checkpointOf(recipe)
      saveCheckpoint(join(folder, 'x'), checkpoint)
      for (const found of [loadCheckpoint(join(folder, 'x')), decodeCheckpoint(encodeCheckpoint(checkpoint), 'x')]) {
        const { state, ...rest } = found
        expect(rest).to.deep.equal({ config, recipe, seed: 5, step: 7 })
        const expected = new Map(entries(checkpoint.state))
        expect(entries(state).map(([path]) => path)).to.deep.equal([...expected.keys()])
        for (const [path, x] of entries(state)) expectSame(x, expected.get(path)!, path)
      }
      rmSync(folder, { recursive: true })
    })

  it('are read where the terms of FAM still stand in one list, as earlier versions wrote them', () => {
    const former: Readonly<Record<string, string>> = { 'network.0': '0', 'network.1': '1', 'STB.0': '0', 'TTB.0': '1' }
    for (const [aggregation, TTB] of [
      ['network', 1],
      ['stage', 2],
    ] as const) {
      const parts = { ...config, TTB, aggregation }
      const state = startState(digitsRecipe, initialParameters(parts, 5))
      // Values that tell the terms apart.
      const told = mapTree((x, _, path) => full(path.length + Number(path.includes('1')), x.shape), state)
      const checkpoint: Checkpoint = { config: parts, recipe: digitsRecipe, seed: 5, step: 7, state: told }
      const file = decodeSafetensors(encodeCheckpoint(checkpoint), 'x')
      const renamed = [...file.tensors].map(
        ([path, x]) => [path.replace(/(?<=FAM\.)\w+\.\d/, term => former[term]!), x] as const,
      )
      expect(renamed.filter(([path]) => /FAM\.[01]\.beta$/.test(path)).length).to.equal(2 * 3)
      const found = decodeCheckpoint(encodeSafetensors({ ...file, tensors: new Map(renamed) }), 'x')
      expect(entries(found.state).map(([path]) => path)).to.deep.equal(entries(told).map(([path]) => path))
      const expected = new Map(entries(told))
      for (const [path, x] of entries(found.state)) expectSame(x, expected.get(path)!, path)
    }
  })

  describe('name what is wrong with a file:', () => {
    const whole = decodeSafetensors(encodeCheckpoint(checkpointOf(digitsRecipe)), 'x')
    const faults: readonly (readonly [what: string, change: (file: Tensors) => Partial<Tensors>, message: string])[] = [
      ['no metadata', () => ({ metadata: {} }), "x: not a checkpoint of ours: its metadata lack 'format'"],
      ['another format', set('format', '2'), 'x: must be a checkpoint of format 1, got format 2'],
      [
        'no step',
        ({ metadata: { step: _, ...metadata } }) => ({ metadata }),
        "x: not a checkpoint of ours: its metadata lack 'step'",
      ],
      [
        'a step that is none',
        set('step', '-1'),
        'x: its step cannot be used: must be a whole number of at least 0, got -1',
      ],
      ['a seed that is none', set('seed', '"a"'), "x: its seed cannot be used: must be a whole number, got 'a'"],
      [
        'a wrong configuration',
        set('config', JSON.stringify({ ...config, heads: 3 })),
        'x: its config cannot be used: heads must be a divisor of dim (4), got 3',
      ],
      [
        'a configuration that is not whole',
        set('config', '{"heads":5}'),
        'x: its config cannot be used: channels must be a whole number of at least 1, got missing',
      ],
      ['a configuration that is no JSON', set('config', '{'), "x: its config cannot be used: must be JSON, got '{'"],
      [
        'blocks that no tensor is of, before any is made',
        set('config', JSON.stringify({ ...config, TTB: 200 })),
        `x: its config has 202 blocks, but there are ${whole.tensors.size} tensors`,
      ],
      [
        'a value that is not known',
        recipe({ rates: 1 }),
        'x: its recipe cannot be used: rates must be left out, got 1',
      ],
      [
        'a number as text',
        recipe({ rate: '1' }),
        "x: its recipe cannot be used: rate must be a number above 0, got '1'",
      ],
      [
        'a number in a list',
        recipe({ rate: [1] }),
        'x: its recipe cannot be used: rate must be a number above 0, got [1]',
      ],
      [
        'no optimizer',
        recipe({ optimizer: undefined }),
        "x: its recipe cannot be used: optimizer must be 'SGD' or 'AdamW', got missing",
      ],
      [
        'no schedule',
        recipe({ schedule: undefined }),
        "x: its recipe cannot be used: schedule must be 'steps' or 'warm-up and cosine', got missing",
      ],
      [
        'a recipe that is none',
        set('recipe', '[]'),
        'x: its recipe cannot be used: must be a record of settings, got []',
      ],
      ['weights of other classes', recipe({ classWeights: [1, 2] }), 'x: its recipe must have 3 classWeights, got 2'],
      ...(
        [
          [{ deviation: 0 }, 'deviation must be a number above 0, or one for each of 1 channels, got 0'],
          [
            { deviation: [0.5, 0.5] },
            'deviation must be a number above 0, or one for each of 1 channels, got [0.5, 0.5]',
          ],
          [{ mean: null }, 'mean must be a number, or one for each of 1 channels, got null'],
          [{ shortSide: 3 }, "shortSide must be a whole number of at least the frames' height, 4, got 3"],
          [{ classes: ['a'] }, "classes must be 3 names, as its configuration has classes, got ['a']"],
          [{ stride: 0 }, "stride must be a whole number of at least 1 or 'uniform', got 0"],
          [{ fps: '30' }, "fps must be a number above 0, got '30'"],
        ] as const
      ).map(([changes, message]) => {
        const clips = { classes: ['a', 'b', 'c'], stride: 1, shortSide: 4, mean: 0.5, deviation: 0.5, ...changes }
        const fault = `x: its clips cannot be used: ${message}`
        return [`clips of ${JSON.stringify(changes)}`, set('clips', JSON.stringify(clips)), fault] as const
      }),
      [
        'a step beyond its last one is fine, one that is text is not',
        set('step', '"7"'),
        "x: its step cannot be used: must be a whole number of at least 0, got '7'",
      ],
      [
        'an optimizer that is none',
        recipe({ optimizer: { kind: 'Adam', decay: 0 } }),
        `x: its recipe cannot be used: optimizer.kind must be 'SGD' or 'AdamW', got 'Adam'`,
      ],
      [
        'an optimizer without its numbers',
        recipe({ optimizer: { kind: 'SGD', decay: 0 } }),
        'x: its recipe cannot be used: optimizer.momentum must be a number of at least 0, got missing',
      ],
      [
        'a schedule that is none',
        recipe({ schedule: { kind: 'constant' } }),
        `x: its recipe cannot be used: schedule.kind must be 'steps' or 'warm-up and cosine', got 'constant'`,
      ],
      [
        'epochs that are none',
        recipe({ schedule: { kind: 'steps', stepsPerEpoch: 3, factor: 0.1, drops: [null] } }),
        'x: its recipe cannot be used: schedule.drops[0] must be a whole number of at least 1, got null',
      ],
      [
        'a configuration of other sizes',
        set('config', JSON.stringify({ ...config, dim: 8 })),
        "x: 'patch.W' must be [4, 8], got [4, 4]",
      ],
      ['a tensor too few', drop('TTB.1.alpha'), "x: 'TTB.1.alpha' is missing"],
      ['a tensor of the optimizer too few', drop('optimizer.m.head.b'), "x: 'optimizer.m.head.b' is missing"],
      [
        'a tensor too many',
        put('STB.0.alpha', fromArray([1], [])),
        "x: 'STB.0.alpha' does not belong to its configuration",
      ],
      ['a tensor of another shape', put('head.b', fromArray([1, 2])), "x: 'head.b' must be [3], got [2]"],
      ['a number that is none', put('head.b', fromArray([1, NaN, 3])), "x: 'head.b' must be finite, got NaN"],
      [
        'a tensor of another type',
        put('head.b', fromArray([1, 2, 3], [3], 'float64')),
        "x: 'head.b' holds float64, but 'patch.W' holds float32",
      ],
    ]
    for (const [what, change, message] of faults)
      it(what, () =>
        expect(() => decodeCheckpoint(encodeSafetensors({ ...whole, ...change(whole) }), 'x'))
          .to.throw(UserError)
          .with.property('message', message),
      )
  })

  describe('hold what makes clips of videos, every value of it checked:', () => {
    const clips: ClipFormat = {
      ...{ classes: ['a', 'b', 'c'], stride: 8, fps: 30, shortSide: 4 },
      ...{ mean: [0.5], deviation: 0.25 },
    }
    const read = (changes: object) =>
      decodeCheckpoint(encodeCheckpoint({ ...checkpointOf(digitsRecipe), clips: { ...clips, ...changes } }), 'x').clips

    it('they come back as they were', () => {
      for (const whole of [{}, { stride: 'uniform' }, { mean: 0 }, { shortSide: 5 }])
        expect(read(whole)).to.deep.equal({ ...clips, ...whole })
    })

    const wrong: Readonly<Record<keyof ClipFormat, readonly unknown[]>> = {
      classes: [[], ['a', 'b'], ['a', 'b', 'c', 'd'], ['a', 'b', 3], 'abc', null],
      stride: [0, -1, 1.5, '8', 'even', null],
      fps: [0, -30, '30', [30]],
      // The network's frames are cut out of one whose shorter side is at least their height, 4.
      shortSide: [3, 0, 4.5, '4', null],
      mean: [[], ['0.5'], 'half', null, [[0.5]]],
      deviation: [[], ['0.5'], 'half', null, [0.5, null]],
    }
    for (const [key, values] of Object.entries(wrong))
      it(`no other ${key}`, () => {
        for (const value of values)
          expect(() => read({ [key]: value }), JSON.stringify(value)).to.throw(
            UserError,
            new RegExp(`^x: its clips cannot be used: ${key}\\b.* must be .*, got .*$`),
          )
      })
  })

  it('can hold float64', () => {
    const tensors = decodeSafetensors(encodeCheckpoint(checkpointOf(digitsRecipe)), 'x')
    const wide = new Map([...tensors.tensors].map(([path, x]) => [path, cast(x, 'float64')]))
    const { state } = decodeCheckpoint(encodeSafetensors({ ...tensors, tensors: wide }), 'x')
    expect(state.parameters.head.b.dtype).to.equal('float64')
  })
})
