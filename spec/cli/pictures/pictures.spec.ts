import { expect } from 'chai'
import { stripVTControlCharacters } from 'node:util'
import { confusionTable } from '../../../lib/cli/terminal/confusion-table'
import { contactSheet } from '../../../lib/cli/pictures/contact-sheet'
import { heat, tilt } from '../../../lib/cli/pictures/colours'
import { canvas, shortened, widthOf, write } from '../../../lib/cli/pictures/letters'
import { learningCurve } from '../../../lib/cli/pictures/learning-curve'
import type { Metrics } from '../../../lib/training/metrics'
import { fromArray } from '../../../lib/tensor'
import { classNames } from '../../../lib/video/digits-in-motion'
import { decodePng } from '../../../lib/video/png'

const count = (text: string, part: string): number => text.split(part).length - 1
/** The values of an attribute of the elements of one name. */
const attributes = (svg: string, name: string, attribute: string): string[] =>
  [...svg.matchAll(new RegExp(`<${name}\\b[^>]*? ${attribute}="([^"]*)"`, 'g'))].map(([, value]) => value!)

/** Whether every element that is opened is closed in its turn. */
const isNested = (svg: string): boolean => {
  const open: string[] = []
  for (const [, close, name, self] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g))
    if (close) {
      if (open.pop() !== name) return false
    } else if (!self) open.push(name!)
  return open.length === 0
}

describe('the confusion table', () => {
  it('aligns counts under the words of the classes, with the part that is right', () => {
    const names = ['leaves left', 'arrives']
    expect(
      confusionTable(
        [
          [9, 1],
          [0, 1200],
        ],
        names,
        (_, text) => text,
      ).split('\n'),
    ).to.deep.equal([
      '              leaves',
      '                left arrives   %',
      '  leaves left      9       1  90',
      '  arrives          ·    1200 100',
    ])
  })

  it('is no wider than a terminal for digits in motion', () => {
    const counts = classNames.map(() => classNames.map(() => 125))
    const lines = confusionTable(counts, classNames, (_, text) => text).split('\n')
    expect(Math.max(...lines.map(line => line.length))).to.be.lessThan(80)
  })

  it('names its columns by the numbers of the rows where a terminal is narrower', () => {
    const counts = classNames.map(() => classNames.map(() => 125))
    const green = (_: unknown, text: string): string => `\x1b[32m${text}\x1b[39m`
    const bare = (text: string): string[] => stripVTControlCharacters(text).split('\n')
    expect(bare(confusionTable(counts, classNames, green, 79))[0]).to.match(/leaves leaves/)
    const lines = bare(confusionTable(counts, classNames, green, 60))
    expect(lines[0]!.trim()).to.match(/^1 +2 +3 +4 +5 +6 +7 +8 +%$/)
    expect(lines[8]).to.match(/^ {2}8 arrives down +125/)
    expect(Math.max(...lines.map(line => line.length))).to.be.at.most(60)
  })

  it('paints what is right green and what is wrong red', () => {
    const painted = confusionTable([[2, 1], [0, 3]], ['a', 'b'], (format, text) => `<${String(format)} ${text.trim()}>`) // prettier-ignore
    for (const part of ['<green 2>', '<red 1>', '<gray ·>', '<green 3>']) expect(painted).to.include(part)
  })
})

describe('the contact sheet', () => {
  const [N, T, H, W] = [20, 3, 8, 8]
  const names = ['<here>', 'there']
  const X = fromArray(
    Array.from({ length: N * T * H * W }, (_, i) => (i % 5) / 2 - 1),
    [N, 1, T, H, W],
  )
  const labels = Array.from({ length: N }, (_, i) => i % 2)
  const sheet = (predictions: readonly number[]): string =>
    contactSheet({ title: 'a & b', X, labels, predictions, classNames: names })

  it('shows three clips of each class, and every mistake with what it was taken for', () => {
    const svg = sheet(labels.map((label, i) => (i === 1 || i === 18 ? 1 - label : label)))
    expect(isNested(svg)).to.equal(true)
    expect(svg).to.include('a &amp; b').and.to.include('18 of 20 held-out clips right')
    expect(svg).to.include('All 2 mistakes')
    expect(attributes(svg, 'image', 'href')).to.have.length(3 + 3 + 2)
    expect(count(svg, '✓')).to.equal(5)
    expect(count(svg, ', taken for &lt;here&gt;')).to.equal(2) // clip 1, on the sheet and among the mistakes
    expect(count(svg, ', taken for there')).to.equal(1)
  })

  it('holds at most twelve mistakes, and says how many there are', () => {
    const svg = sheet(labels.map(label => 1 - label))
    expect(svg).to.include('12 of 20 mistakes')
    expect(attributes(svg, 'image', 'href')).to.have.length(6 + 12)
    expect(sheet(labels)).to.include('No mistakes')
  })

  it('shows the pixels of the frames, side by side', () => {
    const [href] = attributes(sheet(labels), 'image', 'href')
    const { width, height, data } = decodePng(Buffer.from(href!.split(',')[1]!, 'base64'))
    expect([width, height]).to.deep.equal([3 * 64 + 2 * 3, 64])
    for (const [t, y, x] of [
      [0, 0, 0],
      [1, 3, 5],
      [2, 7, 7],
    ] as const)
      // prettier-ignore
      expect(data[(8 * y + 4) * width + t * 67 + 8 * x + 4]).to.equal(
        Math.round(((X.get(0, 0, t, y, x) + 1) / 2) * 255),
      )
    expect(data[65]).to.equal(255) // white between frames
  })
})

describe('the learning curve', () => {
  const steps = Array.from({ length: 100 }, (_, i): Metrics => {
    const measured = (i + 1) % 50 === 0 ? { heldOut: (i + 1) / 125, heldOutClips: 256 } : {}
    return {
      step: i + 1,
      loss: 2 / (i + 1),
      accuracy: i / 100,
      rate: 1e-3,
      seconds: 1,
      waitedSeconds: 0,
      clipsPerSecond: 1,
      memoryBytes: 1,
      ...measured,
    }
  })

  it('shows both measures over the steps, and each measurement on held-out clips', async () => {
    const svg = await learningCurve([...steps, { step: 100, heldOut: 0.875, heldOutClips: 1000, final: true }], 'a < b')
    expect(isNested(svg)).to.equal(true)
    expect(svg).to.include('a &lt; b').and.to.include('87.5 % of 1,000 held-out clips right after 100 steps')
    expect(attributes(svg, 'circle', 'cx')).to.have.length(3)
    for (const d of attributes(svg, 'path', 'd')) expect(d).to.match(/^M[\d.,LM-]+$/)
    // A point for each step in the curves of training, one for each measurement in that of held-out clips.
    const points = attributes(svg, 'path', 'd').map(d => d.split('L').length)
    expect(points).to.deep.equal([100, 100, 3, 100, 100])
  })

  it('draws high values high and late ones to the right', async () => {
    const svg = await learningCurve(steps, 'a')
    const [x, y] = ['cx', 'cy'].map(key => attributes(svg, 'circle', key).map(Number)) as [number[], number[]]
    expect(x[1]).to.be.greaterThan(x[0]!)
    expect(y[1]).to.be.lessThan(y[0]!)
    expect(svg).to.include('100 steps so far')
  })

  it('can be drawn of one step, and of none', async () => {
    for (const few of [steps.slice(0, 1), []]) {
      const svg = await learningCurve(few, 'a')
      expect(svg).not.to.match(/NaN|Infinity|undefined/)
      expect(isNested(svg)).to.equal(true)
    }
  })
})

describe('colours of numbers', () => {
  const light = ([r = 0, g = 0, b = 0]: readonly number[]): number => 0.2126 * r + 0.7152 * g + 0.0722 * b
  it('grow lighter with attention, so that they are told apart without hue', () => {
    const all = Array.from({ length: 21 }, (_, i) => light(heat(i / 20)))
    all.slice(1).forEach((value, i) => expect(value).to.be.above(all[i]!))
  })
  it('are as far from white on both sides of no difference, and blue or orange', () => {
    expect(tilt(0)).to.deep.equal([240, 240, 240])
    expect(tilt(-1)[2]!).to.be.above(tilt(-1)[0]!)
    expect(tilt(1)[0]!).to.be.above(tilt(1)[2]!)
    expect(light(tilt(1)) - light(tilt(-1))).to.be.within(-30, 30)
  })
})

describe('letters', () => {
  const inked = (text: string): number => {
    const on = canvas(60, 20)
    write(on, 0, 0, text)
    return on.data.filter(v => v < 128).length
  }
  it('are written as far as there is room, one that is not there as a question mark', () => {
    expect(inked(' ')).to.equal(0)
    expect(inked('W')).to.be.above(inked('i'))
    expect(inked('漢')).to.equal(inked('?'))
    write(canvas(10, 10), 5, 5, 'beyond the edge')
  })
  it('are left out from the end of what is too wide', () => {
    expect(shortened('short', 100)).to.equal('short')
    const cut = shortened('much too long for this', 60)
    expect(cut).to.match(/^much.*…$/)
    expect(widthOf(cut)).to.be.at.most(60)
  })
})
