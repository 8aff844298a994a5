import { expect } from 'chai'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadCheckpoint } from '../../../lib/training/node'
import { encodePng } from '../../../lib/video'
import { cli, root, temporaryFolder } from '../command'

const fixtures = join(root, 'fixtures/videos/classes')
const tiny = '--variant digits --steps 1 --batch 2 --dim 4 --engine ndarray --workers 1'.split(' ')

describe('Datasets on the command line', function () {
  this.timeout(120_000)
  const folder = temporaryFolder()
  const at = (path: string): string => join(folder, path)
  const write = (path: string, content: string | Uint8Array): string => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), content)
    return at(path)
  }
  const video = (name: string, number: number): Uint8Array =>
    readFileSync(join(fixtures, name, readdirSync(join(fixtures, name)).sort()[number]!))
  const files = ['a/1', 'a/2', 'a/3', 'b/4', 'b/5', 'b/6']
  before(() => {
    files.forEach((file, i) => write(`videos/${file}.mp4`, video(i < 3 ? 'leaves left' : 'leaves up', i + 1)))
    write('videos/b/broken.mp4', video('leaves up', 7).subarray(0, 900))
    write('videos/b/notes.txt', '')
    cpSync(at('videos/a/1.mp4'), at('videos/b/copy.mp4'))
    mkdirSync(at('videos/empty'))
  })

  it('are shown before anything is trained: what they hold, and what is left out and why', async () => {
    const { code, out, err } = await cli(['videos', '--data', at('videos'), '--quiet', '--frames', '4', '--stride', '5', '--workers', '1']) // prettier-ignore
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const lines = out.split('\n')
    expect(lines.slice(0, 7).map(line => line.replace(/ {2,}/g, '  '))).to.deep.equal([
      `Videos of ${at('videos')}`,
      '  videos  8 of 2 classes',
      '  frames  16',
      '  lengths  0:01',
      '  fps  25',
      '  sizes  48 × 48',
      '  kinds  H.264 in MP4 (6), VP9 in WebM (1)',
    ])
    expect(out).to.include("1 folder has no video: 'empty'")
    expect(out).to.include('1 file is passed over: .txt')
    expect(out).to.include(
      `1 video is a copy of another: ${at('videos/b/copy.mp4')} is ${at('videos/a/1.mp4')}, for one`,
    )
    expect(out).not.to.include('shorter than')
    expect(out).to.match(/class {2}videos\n {2}a {11}3\n {2}b {11}5\n/)
    expect(out).to.include(`1 of 8 videos left out:\n  ${at('videos/b/broken.mp4')}: `)
  })

  it('are shown for programs, and opened again only where a file has changed', async () => {
    const args = ['videos', '--data', at('videos'), '--quiet', '--json', '--index', at('seen.jsonl'), '--workers', '1']
    const shown = async () => JSON.parse((await cli(args)).out) as { videos: { path: string; frames?: number }[]; leftOut: { path: string }[]; remarks: string[]; classes: object[] } // prettier-ignore
    const path = at('videos/a/2.mp4')
    const [before, after] = [new Date(1.1e12), new Date(1.2e12)]
    utimesSync(path, before, before)
    const first = await shown()
    expect(first.classes).to.deep.equal([{ name: 'a', videos: 3 }, { name: 'b', videos: 5 }]) // prettier-ignore
    expect(first.videos.filter(({ frames }) => frames === 16)).to.have.lengthOf(7)
    expect(first.leftOut.map(({ path }) => path)).to.deep.equal([at('videos/b/broken.mp4')])
    expect(first.remarks.join()).to.include('7 of 7 videos are shorter than a clip of 8 frames with stride 32, which spans 225: their ends are shown again and again; the stride is longer than 7 of them (--stride uniform takes frames evenly)') // prettier-ignore
    // Damaged without a trace, it is not opened; with another time it is.
    writeFileSync(path, new Uint8Array(statSync(path).size))
    utimesSync(path, before, before)
    expect(await shown()).to.deep.equal(first)
    utimesSync(path, after, after)
    expect((await shown()).leftOut.map(({ path }) => path)).to.include(path)
    write('videos/a/2.mp4', video('leaves left', 2))
  })

  it('whose copies are many are never measured with what was trained on, and it is said', async () => {
    const list = write('videos/train.csv', ['a/1.mp4 0', 'a/1.mp4 0', 'a/2.mp4 0', 'b/4.mp4 1', 'b/5.mp4 1', 'b/copy.mp4 0'].join('\n')) // prettier-ignore
    const { code, out, err } = await cli(['train', '--data', list, ...tiny, '--runs', at('runs'), '--name', 'copies', '--held-out-part', '0.4']) // prettier-ignore
    expect(err.replace(/step .*\n/g, '')).to.equal('')
    expect(code).to.equal(0)
    expect(out).to.match(/1 video is a copy of another: .*copy\.mp4 is .*1\.mp4, for one; copies are all trained on, or all held out/) // prettier-ignore
    const index = readFileSync(join(at('runs'), 'copies', 'videos.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(index).to.have.lengthOf(5)
  })

  it('that are measured with are not trained on: those of both lists are taken out, and all of them are refused', async () => {
    const train = write('videos/both.txt', ['a/1.mp4 0', 'a/2.mp4 0', 'b/4.mp4 1', 'b/5.mp4 1'].join('\n'))
    const val = write('videos/val.txt', ['b/copy.mp4 0', 'b/6.mp4 1'].join('\n'))
    const args = (validation: string) => ['train', '--data', train, '--validation', validation, ...tiny, '--runs', at('runs'), '--name', 'both'] // prettier-ignore
    const { code, out, err } = await cli(args(val))
    expect(code, err).to.equal(0)
    expect(out).to.include('1 video is measured with, too, and not trained on')
    expect((await cli(args(train))).err).to.equal(`cstransformer: ${train}: must have videos that are not measured with, got 4 that all are\n`) // prettier-ignore
  })

  it('of folders train and val, with frames in folders, train and measure; how clips are taken is remembered', async () => {
    for (const [split, n] of [
      ['train', 3],
      ['val', 2],
    ] as const)
      // prettier-ignore
      for (const name of ['jump', 'run'])
        for (let v = 0; v < n; v++)
          for (let k = 1; k <= 5; k++) {
            const data = Uint8Array.from({ length: 20 * 20 * 3 }, (_, i) => (i * k * (v + 1) * n) % 256)
            write(`frames/${split}/${name}/v${v}/${k}.png`, encodePng({ width: 20, height: 20, channels: 3, data }))
          }
    const args = [...tiny, '--runs', at('runs'), '--name', 'frames', '--stride', 'uniform', '--fps', '12']
    const { code, out, err } = await cli(['train', '--data', at('frames'), ...args])
    expect(code, err).to.equal(0)
    expect(out).to.include('on 4 videos it has never seen')
    const checkpoint = join(at('runs'), 'frames', 'last.safetensors')
    expect(loadCheckpoint(checkpoint).clips).to.include({ stride: 'uniform', fps: 12 })
    const evaluate = ['evaluate', '--data', at('frames'), '--checkpoint', checkpoint, '--confusion', at('c.svg'), '--engine', 'ndarray', '--workers', '1'] // prettier-ignore
    expect((await cli(evaluate)).err).to.equal(`cstransformer: ${at('frames')}: must be of one split, got train, validate: --split says which\n`) // prettier-ignore
    expect((await cli([...evaluate, '--split', 'val', '--views', '1x1'])).out).to.match(/^top-1 .* of 4 videos, 1×1 views\n/) // prettier-ignore
    const resumed = await cli(['train', '--resume', '--runs', at('runs'), '--name', 'frames', '--stride', '4'])
    expect(resumed.err).to.match(/^cstransformer: --stride must be uniform to go on with .*frames, got 4\n$/)
    const both = JSON.parse((await cli(['videos', '--data', at('frames'), '--json', '--workers', '1'])).out) as { split: string; videos: object[] }[] // prettier-ignore
    expect(both.map(({ split, videos }) => [split, videos.length])).to.deep.equal([['train', 6], ['validate', 4]]) // prettier-ignore
  })

  for (const [flags, line] of [
    ['--stride even', "--stride must be a whole number of at least 1, got 'even'"],
    ['--stride 0', "--stride must be a whole number of at least 1, got '0'"],
    ['--fps 0', '--fps must be a number above 0, got 0'],
  ] as const)
    it(`refuse ${flags}`, async () => {
      const { code, err } = await cli(['videos', '--data', at('videos'), ...flags.split(' ')])
      expect({ code, err }).to.deep.equal({ code: 1, err: `cstransformer: ${line}\n` })
    })

  it('of digits in motion take none of their flags', async () =>
    expect((await cli(['train', '--fps', '30', '--runs', at('none')])).err).to.equal('cstransformer: --fps is of videos: it needs --data, which is not given\n')) // prettier-ignore
})
