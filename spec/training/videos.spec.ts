import { expect } from 'chai'
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { configure, flat, forward, fromArray, initialParameters, type Tensor } from '../../lib'
import { over } from '../../lib/tensor'
import {
  accuracyOf,
  attentionMaps,
  mapBlock,
  meanScores,
  ranked,
  stepsPerEpoch,
  videoBatches,
} from '../../lib/training'
import { type ClipRequest, epochOrder, trainingClip } from '../../lib/video'
import { type LabelledVideo, openClipReader } from '../../lib/video/node'

describe('Scores of views', () => {
  it('are averaged after the softmax (decision D15)', () => {
    // The mean of the softmax of (0, ln 3) and of (0, 0), and not the softmax of the mean.
    const scores = meanScores(fromArray([0, Math.log(3), 0, 0], [2, 2]))
    expect(scores[0]).to.be.closeTo((1 / 4 + 1 / 2) / 2, 1e-7)
    expect(scores[1]).to.be.closeTo((3 / 4 + 1 / 2) / 2, 1e-7)
  })

  it('sum to 1, whatever the logits and the number of views, and do not depend on the order of views', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -40, max: 40 }))), { minLength: 1, maxLength: 30 }), views => {
        const scores = meanScores(fromArray(views.flat(), [views.length, 3]))
        expect(scores.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-6)
        const back = meanScores(fromArray([...views].reverse().flat(), [views.length, 3]))
        back.forEach((score, k) => expect(score).to.be.closeTo(scores[k]!, 1e-6))
        expect(scores[ranked(scores)[0]!]).to.equal(Math.max(...scores))
      }),
    )) // prettier-ignore
})

describe('Accuracy', () => {
  it('by hand: likeliest, among five, and the mean of the classes that occur', () => {
    const video = (label: number, ...ranking: number[]) => ({ label, ranking })
    const videos = [
      video(0, 0, 1, 2, 3, 4, 5),
      video(0, 1, 0, 2, 3, 4, 5),
      video(0, 0, 1, 2, 3, 4, 5),
      video(5, 0, 1, 2, 3, 4, 5),
    ]
    const { top1, top5, meanClass, confusion } = accuracyOf(videos, 6)
    expect({ top1, top5, meanClass }).to.deep.equal({ top1: 0.5, top5: 0.75, meanClass: 1 / 3 })
    expect([confusion[0], confusion[5]]).to.deep.equal([
      [2, 1, 0, 0, 0, 0],
      [1, 0, 0, 0, 0, 0],
    ])
  })
})

describe('Batches of videos', () => {
  const folder = join(__dirname, '../../fixtures/videos/classes')
  const videos: LabelledVideo[] = readdirSync(folder).flatMap((name, label) =>
    ['001.mp4', '004.webm'].map(file => ({ path: join(folder, name, file), label })),
  )
  const options = { sampling: { frames: 2, stride: 4 }, where: { shortSide: [18, 22] as const, crop: 16 } }
  const reader = openClipReader({ workers: 0, ahead: 3 })
  after(() => reader.close())
  const steps = async (given: Partial<Parameters<typeof videoBatches>[0]>, from: number, to: number) => {
    const batches = videoBatches({ reader, videos, batch: 3, seed: 1, from, ...options, ...given })
    const made = []
    for (let step = from; step < to; step++) made.push(await batches.batch(step))
    await batches.end()
    return made.map(({ X, labels }) => ({ X: Array.from(flat(X)), shape: X.shape, labels: Array.from(flat(labels)) }))
  }

  it('depend on the seed and the step alone: a run that goes on sees what it would have seen', async () => {
    const whole = await steps({}, 0, 6)
    expect(await steps({}, 4, 6)).to.deep.equal(whole.slice(4))
    expect(await steps({ seed: 2 }, 0, 6)).not.to.deep.equal(whole)
    for (const { shape } of whole) expect(shape).to.deep.equal([3, 3, 2, 16, 16])
  })

  it('show every video at most once in an epoch, and all when they fill it', async () => {
    expect([stepsPerEpoch(8, 3), stepsPerEpoch(8, 4), stepsPerEpoch(2, 4)]).to.deep.equal([2, 2, 1])
    for (const { labels } of [await steps({ batch: 8 }, 0, 1), await steps({ batch: 8 }, 5, 6)].flat())
      expect([...labels].sort()).to.deep.equal([0, 0, 1, 1, 2, 2, 3, 3])
  })

  it('are the clips of epoch 1, 2, … in its order, as they would be alone (the paper counts epochs from 1, decision D11)', async () => {
    const asked: ClipRequest[] = []
    const named = Array.from({ length: 7 }, (_, label) => ({ path: `${label}.mp4`, label }))
    const clip = { data: new Float32Array(1), shape: [1, 1, 1, 1, 1] as const, damaged: [] }
    const video = { frames: 1, fps: 1, duration: 1, width: 1, height: 1, kind: 'none' }
    const fake: typeof reader = {
      async *read(requests) {
        for (const request of requests) {
          asked.push(request)
          yield { request, clip: { ...clip, video } }
        }
      },
      close: async () => undefined,
    }
    const made = await steps({ reader: fake, videos: named, batch: 3, seed: 5 }, 0, 6)
    const expected = [1, 2, 3].flatMap(epoch => {
      const order = epochOrder(5, epoch, named.length)
      return [0, 1, 2, 3, 4, 5].map(index => trainingClip(named[order[index]!]!, { seed: 5, epoch, index }, options))
    })
    expect(asked).to.deep.equal(expected)
    expect(made.flatMap(({ labels }) => labels)).to.deep.equal(expected.map(({ path }) => Number.parseInt(path)))
  })

  it('go on without videos that cannot be read, and name each once', async () => {
    const broken = [0, 3].map(label => ({ path: join(folder, `none-${label}.mp4`), label }))
    const problems: string[] = []
    const given = {
      videos: [...broken, ...videos],
      onProblem: ({ path }: { path: string }) => void problems.push(path),
    }
    const whole = await steps(given, 0, 9)
    expect(problems.sort()).to.deep.equal(broken.map(({ path }) => path))
    expect(await steps({ videos: given.videos }, 6, 9)).to.deep.equal(whole.slice(6))
    const none = await steps({ videos: broken }, 0, 1).catch((error: Error) => error.message)
    expect(none).to.match(/^no video can be read, of 2: .*none-\d\.mp4 is the first of them$/)
  })
})

describe('Attention maps', () => {
  const config = configure({ ...{ channels: 1, frames: 3, height: 8, width: 8, patch: 4, dim: 8, heads: 2, STB: 3, TTB: 2, classes: 3 } }) // prettier-ignore
  const parameters = initialParameters(config, 3, { sigma: 0.5, alpha: 0.3 })
  const X: Tensor = over(Float32Array.from({ length: 192 }, (_, i) => Math.sin(i * i)), [1, 1, 3, 8, 8]) // prettier-ignore
  const rows = (maps: Tensor) => Array.from({ length: 3 }, (_, t) => Array.from(flat(maps)).slice(4 * t, 4 * t + 4))

  it("are the class token's row of a block, the mean of its heads", () => {
    const { STB } = forward(config, parameters, X as Parameters<typeof forward>[2])
    for (const block of [1, 2, 3]) {
      const { map } = STB[block - 1]!
      rows(attentionMaps(config, parameters, X, block)).forEach((row, t) =>
        row.forEach((v, p) => expect(v).to.be.closeTo((map.get(t, 0, 0, 1 + p) + map.get(t, 1, 0, 1 + p)) / 2, 1e-6)),
      )
    }
  })

  it('of all blocks share out what the class tokens do not keep', () => {
    const rolled = rows(attentionMaps(config, parameters, X, 'rollout')).flat()
    for (const v of rolled) expect(v).to.be.greaterThan(0)
    const sum = rolled.reduce((a, b) => a + b)
    // The class token keeps at least half of every block, and there are three frames.
    expect(sum).to.be.within(0.01, 3 * (1 - 1 / 8))
  })

  it('of all blocks are the row of the class token in the product of (A_i + I) / 2, the last block first', () => {
    const { STB, TTB } = forward(config, parameters, X as Parameters<typeof forward>[2])
    type Matrix = readonly (readonly number[])[]
    const times = (a: Matrix, b: Matrix): Matrix =>
      a.map(row => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)))
    /** Of the n-th sequence, the mean of its two heads. */
    const halfway = (map: Tensor, n: number): Matrix =>
      Array.from({ length: map.shape[2]! }, (_, q) =>
        Array.from({ length: map.shape[3]! }, (_, k) => ((map.get(n, 0, q, k) + map.get(n, 1, q, k)) / 2 + (q === k ? 1 : 0)) / 2),
      ) // prettier-ignore
    const product = (blocks: readonly { readonly map: Tensor }[], n: number): Matrix =>
      blocks.map(({ map }) => halfway(map, n)).reduce((below, above) => times(above, below))
    const inTime = product(TTB, 0)
    rows(attentionMaps(config, parameters, X, 'rollout')).forEach((row, t) => {
      // The head takes the mean of the class tokens of the frames: each counts for 1/T, and all weights together for T.
      const weight = [0, 1, 2].reduce((sum, q) => sum + inTime[q]![t]!, 0)
      row.forEach((v, p) => expect(v).to.be.closeTo(weight * product(STB, t)[0]![1 + p]!, 1e-6))
    })
  })

  it('of one block alone are half of that block', () => {
    const one = { ...config, STB: 1, TTB: 0 }
    const own = initialParameters(one, 3, { sigma: 0.5 })
    const [block, rolled] = [attentionMaps(one, own, X, 1), attentionMaps(one, own, X, 'rollout')].map(maps => rows(maps).flat()) // prettier-ignore
    rolled!.forEach((v, i) => expect(v).to.be.closeTo(block![i]! / 2, 1e-6))
  })

  it('are of a block that is there', () => {
    expect(mapBlock(config)).to.equal(3)
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -3, max: 6 }), fc.double()), block => {
        if ([1, 2, 3].includes(block)) expect(mapBlock(config, block)).to.equal(block)
        else
          expect(() => mapBlock(config, block)).to.throw(
            `the block must be a number from 1 to 3, the network's blocks in space, got ${block}`,
          )
      }),
    )
    expect(() => mapBlock({ ...config, STB: 0 })).to.throw('maps are of spatial blocks, but the network has none')
  })
})
