/** Names from outside in pictures, tables and lines. */
import { expect } from 'chai'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { forestPlot } from '../../../lib/ablation/forest'
import { confusionPicture } from '../../../lib/cli/pictures/confusion'
import { contactSheet } from '../../../lib/cli/pictures/contact-sheet'
import { learningCurve } from '../../../lib/cli/pictures/learning-curve'
import { confusionTable } from '../../../lib/cli/terminal/confusion-table'
import { commandLine, table } from '../../../lib/format/text'
import { fromArray, jsonText } from '../../../lib/tensor'
import { spawnSync } from 'node:child_process'
import { hostileName, WILD } from '../../hostile-names'

/** Reads a text as XML, and gives its words. Throws where it is not well-formed. */
const read = (xml: string): string => {
  let words = ''
  const parser = new SaxesParser()
  parser.on('error', error => {
    throw error
  })
  parser.on('text', text => (words += text))
  parser.write(xml).close()
  return words
}

const names = fc.tuple(hostileName, hostileName)
const counts = [
  [2, 1],
  [0, 3],
]

describe('Names from outside', () => {
  it('leave every picture well-formed XML, without what a terminal would obey', async () => {
    const X = fromArray(new Float32Array(4 * 2 * 4 * 4), [4, 1, 2, 4, 4])
    await fc.assert(
      fc.asyncProperty(names, hostileName, async (classNames, title) => {
        const gain = {
          label: title,
          table: { title },
          outcome: title,
          differences: [0.1],
          mean: 0.1,
          interval: [0, 0.2],
        }
        const metrics = [{ step: 1, loss: 1, accuracy: 0.5, rate: 1, seconds: 1, waitedSeconds: 0, clipsPerSecond: 1, memoryBytes: 1 }] // prettier-ignore
        for (const svg of [
          confusionPicture({ title, table: counts, classNames, accuracy: 0.5 }),
          contactSheet({ title, X, labels: [0, 1, 0, 1], predictions: [0, 0, 1, 1], classNames }),
          await learningCurve(metrics, title),
          forestPlot([gain as never], title),
        ]) {
          expect(read(svg)).not.to.equal('')
          expect(svg).not.to.match(WILD)
        }
      }),
    )
  })

  it('take one line each of a table, and none of what a terminal would obey', () =>
    fc.assert(
      fc.property(names, classNames => {
        const cells = table(
          ['class', 'videos'],
          classNames.map(name => [name, '1']),
        )
        expect(cells).not.to.match(WILD)
        expect(cells.split('\n').length).to.equal(3)
        expect(confusionTable(counts, classNames, (_, text) => text)).not.to.match(WILD)
      }),
    ))

  it('are JSON that reads back the same, and shows nothing to a terminal', () =>
    fc.assert(
      fc.property(names, classNames => {
        const json = jsonText({ classNames }, 2)
        expect(json).not.to.match(WILD)
        expect(JSON.parse(json)).to.deep.equal({ classNames })
      }),
    ))

  it('are one word of a command line that a shell reads back', () => {
    const words = fc.sample(hostileName, 200).map(name => name.replaceAll('\0', '').replace(/\p{Surrogate}/gu, ''))
    for (const word of words) expect(commandLine([word])).not.to.match(/[\u0000-\u001f\u007f-\u009f\u202e]/) // eslint-disable-line no-control-regex
    // Bash has had $'…' since long before POSIX.
    const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${commandLine(words)}`], { maxBuffer: 2 ** 26 })
    expect(stdout.toString().split('\0').slice(0, -1)).to.deep.equal(words)
  })
})
