import { expect } from 'chai'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { UserError } from '../../lib/tensor'
import { type Dataset, describeProblems, folderDataset, kineticsDataset, listDataset } from '../../lib/video'

describe('Datasets', () => {
  let root = ''
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'dataset-'))
  })
  after(() => rmSync(root, { recursive: true }))

  const write = (path: string, text = ''): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    return join(root, path)
  }
  const named = ({ classes, videos }: Dataset): readonly string[] =>
    videos.map(({ path, label }) => `${classes[label]}: ${relative(root, path)}`)

  describe('of a folder for each class', () => {
    it('hold its videos and pictures in order, and name what is neither', () => {
      for (const name of ['b/2.MP4', 'b/1.webm', 'a c/x.mov', 'a c/y.jpg', 'b/.hidden', 'README.md', 'empty/.keep'])
        write(`classes/${name}`)
      const notes = write('classes/b/notes.txt')
      const dataset = folderDataset(join(root, 'classes'))
      expect(dataset.classes).to.deep.equal(['a c', 'b', 'empty'])
      expect(named(dataset)).to.deep.equal([
        'a c: classes/a c/x.mov',
        'a c: classes/a c/y.jpg',
        'b: classes/b/1.webm',
        'b: classes/b/2.MP4',
      ])
      expect(dataset.problems.map(({ path }) => path)).to.deep.equal([notes])
      expect(describeProblems(dataset.problems, 5)).to.equal(
        `1 of 5 videos left out:\n  ${notes}: expected a name that ends in .mp4, .m4v, .mov, .webm, .mkv, .png, .jpg, .jpeg`,
      )
    })

    it('take the order of known classes, and refuse others', () => {
      const folder = join(root, 'classes')
      const dataset = folderDataset(folder, { classes: ['b', 'empty', 'd', 'a c'] })
      expect(dataset.classes).to.deep.equal(['b', 'empty', 'd', 'a c'])
      expect(named(dataset)[0]).to.equal('a c: classes/a c/x.mov')
      expect(() => folderDataset(folder, { classes: ['a c', 'd'] })).to.throw(
        `${folder}: expected one of 2 known classes, found 'b'`,
      )
    })

    it('refuse a folder that is not there, has no classes, or no videos', () => {
      const none = join(root, 'none')
      expect(() => folderDataset(none)).to.throw(`${none}: cannot be read: no such file or directory (ENOENT)`)
      write('flat/a.mp4')
      expect(() => folderDataset(join(root, 'flat'))).to.throw('flat: expected a folder for each class, found none')
      write('bare/a/text.txt')
      expect(() => folderDataset(join(root, 'bare'))).to.throw('bare: expected videos, found none, and 1 left out')
    })
  })

  describe("of Kinetics' annotations", () => {
    const header = 'label,youtube_id,time_start,time_end,split'
    const rows = [
      'riding a bike,abc-_123456,12,22,train',
      '"bending back, slowly",zzzzzzzzzzz,5,15,train',
      'abseiling,with_score,100000,100010,validate',
      'abseiling,gone,1,11,train',
    ]

    it('hold the videos that are there, wherever in the folder, and name those that are not', () => {
      const columns = header.split(',').slice(0, 4).join()
      const csv = write('unsplit.csv', [columns, ...rows.map(row => row.replace(/,\w+$/, '')), ''].join('\n'))
      write('kinetics/abc-_123456_000012_000022.mp4')
      write('kinetics/bending/zzzzzzzzzzz_000005_000015.webm')
      write('kinetics/with_score_100000_100010.mp4')
      const dataset = kineticsDataset(csv, join(root, 'kinetics'))
      expect(dataset.classes).to.deep.equal(['abseiling', 'bending back, slowly', 'riding a bike'])
      expect(named(dataset)).to.deep.equal([
        'riding a bike: kinetics/abc-_123456_000012_000022.mp4',
        'bending back, slowly: kinetics/bending/zzzzzzzzzzz_000005_000015.webm',
        'abseiling: kinetics/with_score_100000_100010.mp4',
      ])
      expect(describeProblems(dataset.problems, 4)).to.equal(
        `1 of 4 videos left out:\n  ${join(root, 'kinetics/gone_000001_000011.mp4')}: no such video`,
      )
    })

    it('of one split have the classes of all; which one has to be said', () => {
      const [csv, folder] = [write('kinetics.csv', [header, ...rows, ''].join('\n')), join(root, 'kinetics')]
      const dataset = kineticsDataset(csv, folder, { split: 'validate' })
      expect(dataset.classes).to.have.lengthOf(3)
      expect(named(dataset)).to.deep.equal(['abseiling: kinetics/with_score_100000_100010.mp4'])
      expect(() => kineticsDataset(csv, folder)).to.throw(
        UserError,
        `${csv}: expected rows of one split, found those of train, validate: split should name one`,
      )
      expect(() => kineticsDataset(csv, folder, { split: 'test' })).to.throw(
        UserError,
        `${csv}: expected rows of split 'test', found those of train, validate`,
      )
      const one = write('one.csv', [header, ...rows.slice(0, 2)].join('\n'))
      expect(named(kineticsDataset(one, folder))).to.have.lengthOf(2)
    })

    it('refuse a table without a column that is needed, by its name', () => {
      const folder = join(root, 'kinetics')
      const columns = header.split(',')
      for (const missing of columns.slice(0, 4)) {
        const csv = write('short.csv', `${columns.filter(column => column !== missing).join()}\na,b,1,2\n`)
        expect(() => kineticsDataset(csv, folder)).to.throw(`${csv}: expected a column '${missing}', found `)
      }
      const csv = write('short.csv', 'label,youtube_id,time_start,time_end\nabseiling,with_score,100000,100010\n')
      expect(named(kineticsDataset(csv, folder))).to.have.lengthOf(1)
      expect(() => kineticsDataset(csv, folder, { split: 'train' })).to.throw(
        "expected a column 'split', found label, ",
      )
    })

    it('refuse what is no table', () => {
      const folder = join(root, 'kinetics')
      const refusal = (text: string, message: string | RegExp) => {
        const csv = write('bad.csv', text)
        expect(() => kineticsDataset(csv, folder)).to.throw(message)
      }
      refusal('', 'bad.csv: expected rows under a header, found none')
      refusal(`${header}\n`, 'bad.csv: expected rows under a header, found none')
      refusal(`${header}\na,b,1\n`, /bad\.csv: expected comma-separated values, found others \(.*line 2.*\)$/)
      refusal(`${header}\na,b,one,2,train\n`, "bad.csv: expected seconds as a time, found 'one'")
      refusal(`${header}\na,b,1,2,train\n`, 'kinetics: expected videos, found none, and 1 left out')
    })
  })

  describe('of a list', () => {
    it('hold the paths and labels of its lines: names, or indices', () => {
      const list = write('lists/train.txt', '# made by hand\na b/1.mp4 jump\n\nc.mp4\tlong jump\r\n../d.mp4 jump\n')
      const dataset = listDataset(list)
      expect(dataset.classes).to.deep.equal(['jump', 'long jump'])
      expect(named(dataset)).to.deep.equal(['jump: lists/a b/1.mp4', 'long jump: lists/c.mp4', 'jump: d.mp4'])
      const numbered = listDataset(write('lists/numbers.txt', 'a.mp4 2\nb.mp4 0\n'))
      expect(numbered.classes).to.deep.equal(['0', '1', '2'])
      expect(numbered.videos.map(({ label }) => label)).to.deep.equal([2, 0])
      const classes = ['x', 'y', 'z', 'w']
      expect(listDataset(write('lists/numbers.txt', 'a.mp4 2\nb.mp4 0\n'), { classes })).to.deep.include({ classes })
    })

    it('refuse lines without a label, labels that are not known, and lists without videos', () => {
      const list = write('lists/bad.txt', 'a.mp4 1\nb.mp4\n')
      expect(() => listDataset(list)).to.throw(`${list}: line 2: expected a path and a label, found 'b.mp4'`)
      write('lists/bad.txt', 'a.mp4 3\n')
      expect(() => listDataset(list, { classes: ['x', 'y'] })).to.throw(
        `${list}: expected labels below 2, the number of classes, found 3`,
      )
      write('lists/bad.txt', '# nothing\n')
      expect(() => listDataset(list)).to.throw(`${list}: expected videos, found none`)
    })
  })

  it('without problems have none to describe', () => expect(describeProblems([], 3)).to.equal(''))
})
