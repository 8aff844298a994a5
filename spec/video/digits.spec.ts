import { expect } from 'chai'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../lib/tensor'
import { readDigits } from '../../lib/video/digits-files'
import { encodePng } from '../../lib/video/png'

const fixtures = join(__dirname, '..', '..', 'fixtures', 'digits')

describe('The digits', () => {
  const { train, test } = readDigits()

  it('are 2,000 to train on and 500 to test with, as many of each class', () => {
    for (const [{ images, labels }, each] of [
      [train, 200],
      [test, 50],
    ] as const) {
      expect(images).to.have.length(10 * each)
      for (let label = 0; label < 10; label++) expect(labels.filter(l => l === label)).to.have.length(each)
    }
  })

  it('are all different, so none is in both', () => {
    const all = [...train.images, ...test.images]
    expect(new Set(all.map(image => Buffer.from(image).toString('base64'))).size).to.equal(all.length)
  })

  it('are tiles cut where they should be: the ink of each is centred', () => {
    for (const image of [...train.images, ...test.images]) {
      const total = image.reduce((sum, v) => sum + v, 0)
      const x = image.reduce((sum, v, i) => sum + v * (i % 28), 0) / total
      const y = image.reduce((sum, v, i) => sum + v * Math.floor(i / 28), 0) / total
      expect(
        [x, y].every(c => Math.abs(c - 13.5) < 1.5),
        `centre of ink (${x}, ${y})`,
      ).to.equal(true)
    }
  })

  it('have labels that agree with the ink: the nearest mean of a class is right for most test digits', () => {
    const means = Array.from({ length: 10 }, (_, label) => {
      const mean = new Float64Array(28 * 28)
      train.images.forEach((image, i) => {
        if (train.labels[i] === label) image.forEach((v, p) => (mean[p]! += v / 200))
      })
      return mean
    })
    const distance = (image: Uint8Array, mean: Float64Array) =>
      mean.reduce((sum, m, p) => sum + (m - image[p]!) ** 2, 0)
    const right = test.images.filter((image, i) => {
      const distances = means.map(mean => distance(image, mean))
      return distances.indexOf(Math.min(...distances)) === test.labels[i]
    })
    expect(right.length / test.images.length).to.be.above(0.7)
  })
})

describe('Digits that cannot be read', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'digits-'))
    cpSync(fixtures, folder, { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const refuses = (file: string, message: string) =>
    expect(() => readDigits(folder)).to.throw(UserError, `${join(folder, file)}: ${message}`)

  it('in a folder that is not there', () => {
    const nowhere = join(folder, 'nowhere')
    expect(() => readDigits(nowhere)).to.throw(
      UserError,
      `${join(nowhere, 'labels.json')}: must be a file of the digits`,
    )
  })

  for (const file of ['labels.json', 'train.png', 'test.png'])
    it(`without ${file}`, () => {
      rmSync(join(folder, file))
      refuses(file, 'must be a file of the digits, got none that can be read')
    })

  for (const file of ['train.png', 'test.png'])
    it(`with a truncated ${file}`, () => {
      const bytes = readFileSync(join(fixtures, file))
      writeFileSync(join(folder, file), bytes.subarray(0, bytes.length / 2))
      refuses(file, 'must be a whole PNG file, got')
    })

  it('with truncated labels', () => {
    writeFileSync(join(folder, 'labels.json'), readFileSync(join(fixtures, 'labels.json')).subarray(0, 1000))
    refuses('labels.json', 'must be a JSON object of labels, got 1000 characters that are none')
  })

  it('with labels of another sheet', () => {
    const { train }: { train: string[] } = JSON.parse(readFileSync(join(fixtures, 'labels.json'), 'utf8'))
    writeFileSync(join(folder, 'labels.json'), JSON.stringify({ train, test: train }))
    refuses('labels.json', '"test" must be 10 strings of 50 digits, as test.png has, got others')
  })

  it('with a sheet of other tiles', () => {
    writeFileSync(
      join(folder, 'test.png'),
      encodePng({ width: 30, height: 28, channels: 1, data: new Uint8Array(30 * 28) }),
    )
    refuses('test.png', 'must be gray tiles of 28 × 28, got 30 × 28 pixels of 1 channels')
  })
})
