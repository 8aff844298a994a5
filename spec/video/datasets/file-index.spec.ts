import { expect } from 'chai'
import fc from 'fast-check'
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { copiesIn, readIndex, refreshed, saveIndex } from '../../../lib/video/node'
import { temporaryFiles } from './files'

describe('An index of files', () => {
  const { at, write } = temporaryFiles()

  it('finds the files of the same bytes among those of the same size, and links to a file or a folder', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', 'a', 'b', 'ab', 'ba'), { minLength: 1, maxLength: 8 }), texts => {
        // Bytes that differ in the end alone are beyond what is compared first.
        const paths = texts.map((text, i) => write(`same/${i}`, `${'.'.repeat(70_000)}${text}`))
        const { copies } = copiesIn(refreshed(paths, new Map()))
        texts.forEach((text, i) => {
          const first = texts.indexOf(text)
          expect(copies.get(paths[i]!)).to.equal(first === i ? undefined : paths[first])
        })
      }),
      { numRuns: 30 },
    ))

  it('finds links', () => {
    write('links/v/1.jpg')
    write('links/w/1.jpg')
    const file = write('links/a.mp4', 'a')
    symlinkSync('a.mp4', at('links/b.mp4'))
    symlinkSync('v', at('links/x'))
    const { copies } = copiesIn(
      refreshed([file, at('links/b.mp4'), at('links/v'), at('links/w'), at('links/x')], new Map()),
    )
    expect([...copies]).to.have.deep.members([
      [at('links/b.mp4'), file],
      [at('links/x'), at('links/v')],
    ])
  })

  it('that is saved reads no file again unless it has changed', () => {
    const paths = ['one', 'two', 'new'].map((text, i) => write(`kept/${i}.mp4`, text))
    const file = at('index.jsonl')
    saveIndex(file, copiesIn(refreshed(paths, new Map())).index)
    const kept = readIndex(file)
    expect(refreshed(paths, kept)).to.deep.equal(kept)
    expect(kept.get(paths[0]!)).to.include.keys('size', 'time', 'start')
    // Other bytes of the same size and time would not be seen; with another time they are.
    writeFileSync(paths[0]!, 'two')
    utimesSync(paths[0]!, new Date(1e12), new Date(1e12))
    expect([...copiesIn(refreshed(paths, kept)).copies]).to.deep.equal([[paths[1], paths[0]]])
    expect(refreshed([at('kept/gone.mp4')], kept).size).to.equal(0)
  })

  it('that is missing or damaged is none', () => {
    expect(readIndex(at('none')).size).to.equal(0)
    expect(readIndex(write('bad.jsonl', '["a",{"size":1')).size).to.equal(0)
    expect(readIndex(write('other.jsonl', '{"a":1}\n[1,2]\n["a",{"size":1,"time":2}]\n')).size).to.equal(1)
  })
})
