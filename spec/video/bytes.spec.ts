/** Every reader of bytes of pictures, videos, digits and lists, on files that are damaged in every way: see spec/laws/bytes.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodePng, digitsFrom, encodePng } from '../../lib/video'
import { openDataset } from '../../lib/video/node'
import { inspect } from '../../lib/video/container'
import { readClassNames } from '../../lib/video/datasets/names'
import { decodeStill, isStill } from '../../lib/video/still'
import { readsOrRefuses } from '../laws/bytes'
import { temporaryFiles } from './datasets/files'

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(__dirname, '../../fixtures/videos', name)))
const text = (...lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n'))
const picture = (width: number, height: number, channels: 1 | 3): Uint8Array =>
  encodePng({ width, height, channels, data: Uint8Array.from({ length: width * height * channels }, (_, i) => 37 * i) })

describe('Damaged bytes are read, or refused in one line, by the reader of', () => {
  const { at, write, touch } = temporaryFiles()
  /** A reader of a file on disk. */
  const onDisk = (name: string, read: (path: string) => unknown) =>
    [[at(name)], (bytes: Uint8Array) => read(write(name, bytes))] as const

  it('PNG', () =>
    readsOrRefuses(
      ['x'],
      [picture(5, 4, 1), picture(7, 3, 3), fixture('still.png')],
      bytes => decodePng(bytes, 'x'),
      400,
    ))

  it('still pictures', () =>
    readsOrRefuses(
      ['x'],
      [picture(5, 4, 3), fixture('still.png'), fixture('still.jpg')],
      bytes => (isStill(bytes) ? decodeStill(bytes, 'x', 2 ** 20) : undefined),
      200,
    ))

  it('containers', () =>
    readsOrRefuses(
      ['x'],
      [...['h264.mp4', 'bt709.mov', 'vp9.webm', 'variable-rate.mp4'].map(fixture), text('RIFF\x40\0\0\0AVI LIST')],
      bytes => {
        const read = async (from: number, length: number) => bytes.slice(from, from + length)
        return inspect({ name: 'x', size: bytes.length, read, close: async () => undefined })
      },
      400,
    ))

  it('digits', async () => {
    const whole = {
      'train.png': picture(56, 28, 1),
      'test.png': picture(28, 28, 1),
      'labels.json': text('{"train": ["01"], "test": ["7"]}'),
    }
    const files = Object.keys(whole) as (keyof typeof whole)[]
    for (const damaged of files)
      await readsOrRefuses(
        files,
        [whole[damaged]],
        bytes => digitsFrom(file => (file === damaged ? bytes : whole[file])),
        100,
      )
  })

  it('names of classes', () => {
    const [names, read] = onDisk('names.txt', readClassNames)
    const lists = [text('1 run', '2 walk', '3 sit'), text('id,name', '0,"run"', '1,walk'), text('c001 run')]
    return readsOrRefuses(names, [...lists, text('["run", "walk"]'), text('{"run": "0", "walk": "1"}')], read, 200)
  })

  it('lists of videos, tables and annotations', () => {
    touch('a.mp4', 'b.mp4')
    const [names, read] = onDisk('list', path => openDataset(path))
    const files = [
      text('a.mp4 0', 'b.mp4 1', '# the end'),
      text('path,label,split', 'a.mp4,run,train', '"b.mp4",walk,val'),
      text('[{"id": "a", "label": "run"}, {"id": "b", "template": "Doing [something]"}]'),
      text('{"a": {"subset": "training", "actions": [[1, 0.5, 2]]}, "b": {"actions": [[0, 1, 2]]}}'),
      text('{"database": {"a": {"annotations": {"label": "run", "segment": [0, 1]}, "subset": "val"}}}'),
    ]
    return readsOrRefuses(names, files, read, 300)
  })
})
