import { expect } from 'chai'
import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../lib/tensor'
import { describeProblems, openDataset, splitsOf } from '../../../lib/video/node'
import { temporaryFiles } from './files'

describe('Datasets', () => {
  const { at, write, touch, named } = temporaryFiles()
  const refused = (path: string, text: string, options = {}): void =>
    void expect(() => openDataset(path, options)).to.throw(UserError, text)

  describe('in folders', () => {
    it('hold the videos and pictures of each class at any depth, and say what is neither', () => {
      touch(
        'classes/b/2.MP4',
        'classes/b/1.webm',
        'classes/a c/x.mov',
        'classes/a c/deep/er/y.jpg',
        'classes/b/.hidden',
      )
      touch(
        'classes/README.md',
        'classes/empty/.keep',
        'classes/b/notes.txt',
        'classes/b/more.txt',
        'classes/stray.mp4',
      )
      touch('classes/__MACOSX/b/._2.mp4', 'classes/b/Thumbs.db', 'classes/b/1.jpg')
      const dataset = openDataset(at('classes'))
      expect(dataset.classes).to.deep.equal(['a c', 'b'])
      expect(named(dataset)).to.deep.equal([
        'a c: classes/a c/deep/er/y.jpg',
        'a c: classes/a c/x.mov',
        'b: classes/b/1.webm',
        'b: classes/b/2.MP4',
      ])
      expect(dataset.remarks).to.deep.equal([
        "1 folder has no video: 'empty'",
        '4 files are passed over: .jpg, .txt (2), .md',
      ])
      expect(describeProblems(dataset.problems, 5)).to.equal(
        `1 of 5 videos left out:\n  ${at('classes/stray.mp4')}: must be in the folder of a class`,
      )
    })

    it('take the order of known classes, and refuse others', () => {
      const dataset = openDataset(at('classes'), { classes: ['b', 'd', 'a c'] })
      expect(dataset.classes).to.deep.equal(['b', 'd', 'a c'])
      expect(named(dataset)[0]).to.equal('a c: classes/a c/deep/er/y.jpg')
      expect(dataset.remarks).to.include("1 of 3 classes have no video: 'd'")
      refused(at('classes'), `${at('classes')}: label must be one of 2 known classes, got 'b'`, {
        classes: ['a c', 'd'],
      })
    })

    it('are in the order of numbers where the classes are numbers, and these are names', () => {
      touch(...['0', '2', '10'].map(name => `numbers/${name}/a.mp4`))
      expect(openDataset(at('numbers')).classes).to.deep.equal(['0', '2', '10'])
      refused(at('numbers'), "must be one of 2 known classes, got '0'", { classes: ['walk', 'jump'] })
      const classNames = write('numbers.txt', 'walk run jump 3 4 5 6 7 8 9 swim'.split(' ').map(name => `${name}\n`).join('')) // prettier-ignore
      expect(named(openDataset(at('numbers'), { classNames }))).to.deep.equal([
        'walk: numbers/0/a.mp4',
        'swim: numbers/10/a.mp4',
        'jump: numbers/2/a.mp4',
      ])
    })

    it('may be links, and are followed once: a loop is named', () => {
      touch('real/a/1.mp4', 'real/b/2.mp4')
      mkdirSync(at('links/c'), { recursive: true })
      touch('links/c/3.mp4')
      symlinkSync('../real/a', at('links/a'))
      symlinkSync('../real/b', at('links/b'))
      symlinkSync('..', at('links/c/up'))
      symlinkSync('nowhere', at('links/c/gone.mp4'))
      const dataset = openDataset(at('links'))
      expect(named(dataset)).to.deep.equal(['a: links/a/1.mp4', 'b: links/b/2.mp4', 'c: links/c/3.mp4'])
      expect(dataset.problems).to.deep.equal([
        { path: at('links/c/gone.mp4'), reason: 'must lead to a file, got a link to none' },
        { path: at('links/c/up'), reason: 'must lead elsewhere, got a link to a folder that it is in' },
      ])
    })

    it('have folders of numbered pictures for videos, and ask where these may be classes', () => {
      touch(...['jump/v1', 'jump/v2', 'run/v3'].flatMap(v => [1, 2, 10].map(n => `raw/${v}/img_${n}.jpg`)))
      touch('raw/jump/v1/flow_x_1.jpg', 'raw/jump/v1/flow_x_2.jpg', 'raw/jump/v1/flow_y_1.jpg')
      expect(named(openDataset(at('raw')))).to.deep.equal(['jump: raw/jump/v1', 'jump: raw/jump/v2', 'run: raw/run/v3'])
      touch('jester/1/00001.jpg', 'jester/1/00002.jpg', 'jester/2/00001.jpg')
      refused(
        at('jester'),
        `${at('jester')}: '1' must be a class or a video, got 2 numbered pictures, which may be either: ` +
          'the frames of a video belong below its class, as CLASS/1/00001.jpg, or a list says the class of each video',
      )
    })

    it('are split by folders train and val', () => {
      touch('tv/train/a/1.mp4', 'tv/train/b/2.mp4', 'tv/val/a/3.mp4', 'tv/val/b/4.mp4', 'tv/list.txt')
      expect(splitsOf(at('tv'))).to.deep.equal({ train: at('tv/train'), validate: at('tv/val'), test: undefined })
      expect(named(openDataset(at('tv'), { split: 'val' }))).to.deep.equal(['a: tv/val/a/3.mp4', 'b: tv/val/b/4.mp4'])
      refused(at('tv'), `${at('tv')}: must be of one split, got train, validate: --split says which`)
      refused(at('tv'), `${at('tv')}: split must be one of train, validate, got 'test'`, { split: 'test' })
      refused(at('classes'), `${at('classes')}: must have folders train and val for --split, got neither`, { split: 'val' }) // prettier-ignore
      // A class may be called so.
      touch('transport/train/1.mp4', 'transport/test/2.mp4', 'transport/plane/2.mp4')
      expect(splitsOf(at('transport'))).to.equal(undefined)
      touch('two/train/1.mp4', 'two/test/2.mp4')
      expect(openDataset(at('two')).classes).to.deep.equal(['test', 'train'])
    })

    it('refuse a folder that is not there, has no classes, or no videos', () => {
      refused(at('none'), `${at('none')}: cannot be read: no such file or directory (ENOENT)`)
      touch('flat/a.mp4')
      refused(at('flat'), `${at('flat')}: must have a folder for each class, got 'a.mp4'`)
      touch('bare/a/text.txt')
      refused(at('bare'), `${at('bare')}: must have videos, got none`)
    })
  })

  describe("in Kinetics' tables", () => {
    const header = 'label,youtube_id,time_start,time_end,split'
    const rows = [
      'riding a bike,abc-_123456,12,22,train',
      '"bending back, slowly",zzzzzzzzzzz,5,15,train',
      'abseiling,with_score,100000,100010,validate',
      'abseiling,gone,1,11,train',
    ]
    before(() => {
      touch('k/abc-_123456_000012_000022.mp4', 'k/bending/zzzzzzzzzzz_000005_000015.webm')
      touch('k/with_score_100000_100010.mp4', 'k/with_score_100000_100010.png')
    })

    it('hold the videos that are there, wherever in the folder, and name those that are not', () => {
      const columns = header.split(',').slice(0, 4).join()
      const csv = write(
        'unsplit.csv',
        [`\ufeff${columns}`, ...rows.map(row => row.replace(/,\w+$/, '')), ''].join('\r\n'),
      )
      const dataset = openDataset(csv, { videos: at('k') })
      expect(dataset.classes).to.deep.equal(['abseiling', 'bending back, slowly', 'riding a bike'])
      expect(named(dataset)).to.deep.equal([
        'riding a bike: k/abc-_123456_000012_000022.mp4',
        'bending back, slowly: k/bending/zzzzzzzzzzz_000005_000015.webm',
        'abseiling: k/with_score_100000_100010.mp4',
      ])
      expect(dataset.problems).to.deep.equal([{ path: at('k/gone_000001_000011.mp4'), reason: 'no such video' }])
      expect(dataset.remarks[0]).to.match(
        /^1 of 4 videos are not there: gone_000001_000011\.mp4, for one, is not in .*k\/$/,
      )
    })

    it('of one split have the classes of all; which one has to be said', () => {
      const csv = write('k.csv', [header, ...rows, ''].join('\n'))
      const dataset = openDataset(csv, { split: 'val' })
      expect(dataset.classes).to.have.lengthOf(3)
      expect(named(dataset)).to.deep.equal(['abseiling: k/with_score_100000_100010.mp4'])
      refused(csv, `${csv}: must be of one split, got 'train', 'validate': --split says which`)
      refused(csv, `${csv}: split must be one of 'train', 'validate', got 'test'`, { split: 'test' })
    })

    it('are found by bare ids, unless a table has two clips of a video', () => {
      touch('bare-ids/one.mp4', 'bare-ids/two.mkv')
      const table = ['label;YouTube_ID;time_start;time_end', 'a;one;1;11', 'b;two;1;11', 'b;two;30.6;40.4', ''].join('\n') // prettier-ignore
      const dataset = openDataset(write('bare.csv', table), { videos: at('bare-ids') })
      expect(named(dataset)).to.deep.equal(['a: bare-ids/one.mp4'])
      expect(dataset.problems.map(({ path }) => path)).to.deep.equal(['two_000001_000011', 'two_000031_000040'].map(name => at(`bare-ids/${name}.mp4`))) // prettier-ignore
    })

    it('name files by seconds to the nearest, in six digits', () =>
      fc.assert(
        fc.property(fc.double({ min: 0, max: 9999, noNaN: true }), start => {
          const csv = write(
            'seconds.csv',
            `label,youtube_id,time_start,time_end\na,abc-_123456,12,22\na,q,${start},1\n`,
          )
          const six = String(Math.round(start)).padStart(6, '0')
          expect(openDataset(csv, { videos: at('k') }).problems[0]!.path).to.equal(at(`k/q_${six}_000001.mp4`))
        }),
        { numRuns: 30 },
      ))

    it('refuse a table without a column that is needed, by its name', () => {
      const columns = header.split(',')
      for (const missing of ['label', 'time_start', 'time_end']) {
        const csv = write('short.csv', `${columns.filter(column => column !== missing).join()}\na,b,1,2\n`)
        refused(csv, `${csv}: must have a column '${missing}', got `)
      }
    })

    it('refuse what is no table', () => {
      const bad = (text: string, message: string): void => refused(write('bad.csv', text), `${at('bad.csv')}: ${message}`, { videos: at('k') }) // prettier-ignore
      bad(`${header}\n`, 'must have rows under its header, got none')
      bad(`${header}\na,b,1\n`, 'must be a table, got other text (Invalid Record Length')
      bad(`${header}\n"a,b,1,2,train\n`, 'must be a table, got other text (Quote Not Closed')
      bad(`${header}\na,b,one,2,train\n`, "line 2: a time must be seconds, got 'one'")
      bad(`${header}\n,b,1,2,train\n`, 'line 2: must have a label, got none')
      bad(
        `${header}\na,b,1,2,train\n`,
        'must name videos that are there, got none of 1: b_000001_000002.mp4, for one, is not in',
      )
    })
  })

  describe('in lists', () => {
    before(() => touch('lists/a b/1.mp4', 'lists/c.mp4', 'd.mp4', 'lists/a.mp4', 'lists/b.mp4', 'lists/café/é.avi'))

    it('hold the paths and labels of their lines: names, or numbers', () => {
      const list = write('lists/train.csv', '\ufeff# made by hand\r\na b/1.mp4 jump\r\n\r\nc.mp4\tlong jump\r\n../d.mp4, jump\r\n') // prettier-ignore
      const dataset = openDataset(list)
      expect(dataset.classes).to.deep.equal(['jump', 'long jump'])
      expect(named(dataset)).to.deep.equal(['jump: lists/a b/1.mp4', 'long jump: lists/c.mp4', 'jump: d.mp4'])
      const numbered = openDataset(write('lists/numbers.txt', 'a.mp4 2\nb.mp4,0\n'))
      expect(numbered.classes).to.deep.equal(['0', '1', '2'])
      expect(numbered.videos.map(({ label }) => label)).to.deep.equal([2, 0])
      expect(numbered.remarks).to.deep.equal(["1 of 3 classes have no video: '1'"])
      const classes = ['x', 'y', 'z', 'w']
      expect(named(openDataset(at('lists/numbers.txt'), { classes }))).to.deep.equal([
        'z: lists/a.mp4',
        'x: lists/b.mp4',
      ])
    })

    it('have numbers for labels only where all are numbers', () => {
      const some = openDataset(write('lists/some.txt', 'a.mp4 2\nb.mp4 x\n'))
      expect(some.classes).to.deep.equal(['2', 'x'])
      const known = { classes: ['2', 'x', 'y'] }
      expect(named(openDataset(at('lists/some.txt'), known))).to.deep.equal(['2: lists/a.mp4', 'x: lists/b.mp4'])
      // Classes that are numbers are meant by name.
      const numbers = { classes: ['1', '2', '0'] }
      expect(named(openDataset(at('lists/numbers.txt'), numbers))).to.deep.equal(['2: lists/a.mp4', '0: lists/b.mp4'])
    })

    it('find videos whatever the form of accents and slashes, and in another folder', () => {
      const list = write('elsewhere.txt', `cafe\u0301/e\u0301.avi cafe\u0301\na b\\1.mp4 b\n${at('d.mp4')} caf\u00e9\n`)
      const dataset = openDataset(list, { videos: at('lists') })
      expect(dataset.classes).to.deep.equal(['b', 'caf\u00e9'])
      expect(named(dataset)).to.deep.equal(['café: lists/café/é.avi', 'b: lists/a b/1.mp4', 'café: d.mp4'])
    })

    it('have folders of frames, with the number of frames or without', () => {
      touch(...['v1', 'v2', 'x 1'].flatMap(v => [`frames/${v}/00001.jpg`, `frames/${v}/00002.jpg`]))
      // Disk and other lines decide what a line alone does not.
      expect(named(openDataset(write('frames/a.txt', 'v1 163 1\nv2 20 0\n')))).to.deep.equal([
        '1: frames/v1',
        '0: frames/v2',
      ])
      expect(named(openDataset(write('frames/b.csv', 'v1;Drumming Fingers\nv2;Pushing Hand\n')))).to.deep.equal(['Drumming Fingers: frames/v1', 'Pushing Hand: frames/v2']) // prettier-ignore
      expect(named(openDataset(write('frames/c.txt', 'path frames label\nv1 163 1\nv2 20 0\n')))).to.deep.equal(['1: frames/v1', '0: frames/v2']) // prettier-ignore
    })

    it('ask for what may be two things', () => {
      const both = (line: string, text: string): void => refused(write('lists/two.txt', line), `${at('lists/two.txt')}: line 1: must have one meaning, got ${text}: a tab after the path, or a first line 'path label' or 'path frames label' says which`) // prettier-ignore
      both('u/1.mp4 163 1', "path 'u/1.mp4' with label '163 1', or path 'u/1.mp4' of 163 frames with label '1'")
      both('x.mp4 y.mp4 3', "path 'x.mp4' with label 'y.mp4 3', or path 'x.mp4 y.mp4' with label '3'")
      both('gone 163 1', "path 'gone' with label '163 1', or path 'gone' of 163 frames with label '1', or one other")
      for (const header of ['path label\n', 'path\tlabel\n', 'path,label\n'])
        expect(() => openDataset(write('lists/two.txt', `${header}a.mp4 163 1\n`))).not.to.throw('one meaning')
    })

    it('begin with names of columns where they do', () => {
      const table = (text: string) => named(openDataset(write('lists/table.csv', text)))
      const expected = ['jump: lists/a.mp4', 'run: lists/b.mp4']
      expect(table('path label\na.mp4 jump\nb.mp4 run\n')).to.deep.equal(expected)
      expect(table('video,class\na.mp4,jump\nb.mp4,run\n')).to.deep.equal(expected)
      expect(table('clip_name,clip_path,label\nx,a.mp4,jump\ny,b,run\n')).to.deep.equal(expected)
      expect(table('label\tpath\njump\ta.mp4\nrun\tb\n')).to.deep.equal(expected)
      const bad = (text: string, message: string): void => refused(write('lists/table.csv', text), message)
      bad('path,label,class\na.mp4,jump,1\n', 'table.csv: must have one column of a label, got label, class')
      bad('path,label\n,jump\n', 'table.csv: line 2: must have a path, got none')
      bad('label path\njump a.mp4\n', "table.csv: line 1: must be 'path label' or 'path frames label' or have commas, got 'label path'") // prettier-ignore
    })

    it("are UCF101's: numbers from 1 with classInd.txt, or the folder for a label", () => {
      touch('ucf/videos/Archery/v_1.avi', 'ucf/videos/Basketball/v_2.avi', 'ucf/videos/Archery/v_3.avi')
      write('ucf/lists/classInd.txt', '1 Archery\r\n2 Basketball\r\n')
      const options = { videos: at('ucf/videos') }
      const train = openDataset(
        write('ucf/lists/trainlist01.txt', 'Archery/v_1.avi 1\r\nBasketball/v_2.avi 2\r\n'),
        options,
      )
      expect(train.classes).to.deep.equal(['Archery', 'Basketball'])
      expect(named(train)).to.deep.equal(['Archery: ucf/videos/Archery/v_1.avi', 'Basketball: ucf/videos/Basketball/v_2.avi']) // prettier-ignore
      expect(train.remarks).to.deep.equal([
        `classes are named by ${at('ucf/lists/classInd.txt')}: 'Archery', 'Basketball'`,
      ])
      const test = openDataset(write('ucf/lists/testlist01.txt', 'Archery/v_3.avi\r\n'), {
        ...options,
        classes: train.classes,
      })
      expect(named(test)).to.deep.equal(['Archery: ucf/videos/Archery/v_3.avi'])
      refused(write('ucf/lists/zero.txt', 'Archery/v_1.avi 0\n'), "zero.txt: line 1: label must be a number in classInd.txt, got '0'", options) // prettier-ignore
    })

    it('refuse lines without a label, labels that are not known or beyond reason, and what is no list', () => {
      const bad = (text: string | Uint8Array, message: string, options = {}): void => refused(write('lists/bad.txt', text), `${at('lists/bad.txt')}: ${message}`, options) // prettier-ignore
      bad('a.mp4 1\nb.mp4\n', "line 2: must be a path and a label, got 'b.mp4'")
      bad('b.mp4\n', "line 1: must be a path and a label, got 'b.mp4'")
      bad('a.mp4 0\nb.mp4 3\n', "line 2: label must be below 2, the number of classes, got '3'", {
        classes: ['x', 'y'],
      })
      bad('a.mp4 0\nb.mp4 99999999\n', "line 2: label must be below 100000, got '99999999'")
      bad('a.mp4 99999999999999999999\n', "line 1: label must be below 100000, got '99999999999999999999'")
      bad('# nothing\n', 'must name videos that are there, got none of 0')
      bad('gone.mp4 0\n', 'must name videos that are there, got none of 1: gone.mp4, for one, is not in')
      bad(`${'a '.repeat(3000)}\n`, 'line 1: must be at most 4000 characters, got 6000')
      bad('a\u001b[2J\u202e b\u0007.mp4\n', "line 1: must be a path and a label, got 'a\\u001b[2J\\u202e b\\u0007.mp4'")
      bad(Buffer.from('a.mp4 0\n', 'utf16le'), 'must be text in UTF-8, got UTF-16 or bytes')
      bad(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]), 'must be text, got bytes of another kind')
    })

    it('say which videos they name more than once, and as what', () => {
      touch('twice/a.mp4', 'twice/b.mp4', 'twice/c.mp4')
      const remarksOf = (lines: string): readonly string[] => openDataset(write('twice/list.txt', lines)).remarks
      expect(remarksOf('a.mp4 0\nb.mp4 1\n')).to.deep.equal([])
      expect(remarksOf('a.mp4 0\na.mp4 0\nb.mp4 1\n')).to.deep.equal([
        `1 video is listed more than once: ${at('twice/a.mp4')}, for one, 2 times as '0'`,
      ])
      expect(remarksOf('a.mp4 0\na.mp4 0\nb.mp4 1\nb.mp4 0\nc.mp4 1\n')).to.deep.equal([
        `2 videos are listed more than once: ${at('twice/b.mp4')}, for one, 2 times as '1', '0'`,
      ])
    })

    it('with a header have paths from their own folder, too, where there is a folder videos', () => {
      touch('own/videos/a.mp4', 'own/videos/b.mp4')
      const list = (text: string) => named(openDataset(write('own/list.csv', text)))
      const found = ['x: own/videos/a.mp4', 'y: own/videos/b.mp4']
      for (const [above, separator] of [
        ['videos/', ','],
        ['', ','],
        ['videos/', ' '],
      ] as const)
        // prettier-ignore
        expect(list(`path${separator}label\n${above}a.mp4${separator}x\n${above}b.mp4${separator}y\n`)).to.deep.equal(found)
    })

    it('refuse a million classes at the line that is one too many', function () {
      this.timeout(30_000)
      const lines = Array.from({ length: 100_002 }, (_, i) => `a.mp4 c${i}`)
      refused(write('lists/many.txt', lines.join('\n')), "many.txt: line 100001: label must be one of at most 100000 classes, got 'c100000'") // prettier-ignore
    })

    it('refuse a FIFO and a device without waiting for them', function () {
      if (process.platform === 'win32') return this.skip()
      execFileSync('mkfifo', [at('fifo')])
      refused(at('fifo'), `${at('fifo')}: must be a folder or a file, got a FIFO`)
      refused('/dev/zero', '/dev/zero: must be a folder or a file, got a device')
      refused(write('lists/with.txt', 'a.mp4 0\n'), 'fifo: must be a file, got a FIFO', { classNames: at('fifo') })
    })
  })

  describe('in annotations', () => {
    before(() => touch('ss/78687.webm', 'ss/42326.webm', 'ss/AO8RW.mp4', 'ss/k1_000001_000011.mp4'))
    const json = (value: unknown) => write('ss/annotations.json', JSON.stringify(value))
    const open = (value: unknown, options = {}) => openDataset(json(value), options)

    it("are Something-Something's, whose templates are classes", () => {
      const videos = [
        { id: '78687', label: 'holding potato', template: 'Holding [something] next to [something]' },
        { id: 42326, label: 'x', template: 'Closing [something]' },
      ]
      const expected = ['Holding something next to something: ss/78687.webm', 'Closing something: ss/42326.webm']
      expect(named(open(videos))).to.deep.equal(expected)
      const classNames = write('ss/labels.json', '{"Holding something next to something":"0","Closing something":"1"}')
      expect(open(videos, { classNames }).classes).to.deep.equal([
        'Holding something next to something',
        'Closing something',
      ])
      refused(json([{ id: '78687' }]), "video 1: must have an id or a path, and a template or a label, got 'id'")
    })

    it("are Charades', whose actions are parts of videos", () => {
      const videos = { AO8RW: { subset: 'training', duration: 33, actions: [[92, 11.9, 21.2], [147, 0, 12.6]] }, GONE: { subset: 'testing', actions: [[3, 0, 1]] } } // prettier-ignore
      const classNames = write('ss/classes.txt', 'c003 Closing a door\nc092 Sitting\nc147 Taking a cup\n')
      const dataset = open(videos, { split: 'train', classNames })
      expect(named(dataset)).to.deep.equal(['Sitting: ss/AO8RW.mp4', 'Taking a cup: ss/AO8RW.mp4'])
      expect(dataset.videos.map(({ part }) => part)).to.deep.equal([{ from: 11.9, to: 21.2 }, { from: 0, to: 12.6 }]) // prettier-ignore
      refused(json({ AO8RW: { actions: [[92, 3, 3]] } }), "'AO8RW': an action must be a class, from and to in seconds, got '[92,3,3]'") // prettier-ignore
    })

    it("are Kinetics' and ActivityNet's", () => {
      const kinetics = { k1: { subset: 'train', annotations: { label: 'jump', segment: [1, 11] } } }
      expect(named(open(kinetics))).to.deep.equal(['jump: ss/k1_000001_000011.mp4'])
      const net = { database: { AO8RW: { subset: 'training', annotations: [{ label: 'jump', segment: [2, 3.5] }] } } }
      expect(open(net).videos[0]!.part).to.deep.equal({ from: 2, to: 3.5 })
    })

    it('refuse other JSON', () => {
      refused(json({ a: 1 }), 'annotations.json: must be a list of labelled videos, or an object of them by their ids, got other JSON') // prettier-ignore
      refused(write('ss/broken.json', '{'), 'broken.json: must be JSON, got other text')
    })
  })

  it("are HMDB51's splits", () => {
    touch('hmdb/videos/jump/j1.avi', 'hmdb/videos/jump/j2.avi', 'hmdb/videos/run/r1.avi', 'hmdb/videos/run/r2.avi')
    write('hmdb/splits/jump_test_split1.txt', 'j1.avi 1 \nj2.avi 2 \n')
    write('hmdb/splits/run_test_split1.txt', 'r1.avi 0 \nr2.avi 1 \n')
    write('hmdb/splits/run_test_split2.txt', 'r1.avi 1 \nr2.avi 2 \n')
    const [folder, videos] = [at('hmdb/splits'), at('hmdb/videos')]
    expect(named(openDataset(folder, { videos, split: 'train1' }))).to.deep.equal(['jump: hmdb/videos/jump/j1.avi', 'run: hmdb/videos/run/r2.avi']) // prettier-ignore
    expect(named(openDataset(folder, { videos, split: 'test2' }))).to.deep.equal(['run: hmdb/videos/run/r2.avi'])
    refused(folder, `${folder}: must be of one split, got 'test1', 'test2', 'train1', 'train2': --split says which`, { videos }) // prettier-ignore
    write('hmdb/splits/run_test_split3.txt', 'r1.avi 3 \n')
    refused(folder, "run_test_split3.txt, line 1: must be a name and 0, 1 or 2, got 'r1.avi 3 '", { videos })
  })

  it('of ten thousand videos are listed in seconds', function () {
    this.timeout(60_000)
    const names = Array.from({ length: 10_000 }, (_, i) => `many/${i % 100}/${i}.mp4`)
    mkdirSync(at('many'))
    for (let k = 0; k < 100; k++) mkdirSync(at(`many/${k}`))
    names.forEach(name => write(name))
    const list = write('many.txt', names.map((name, i) => `${name} ${i % 100}\n`).join(''))
    expect(openDataset(list).videos).to.have.lengthOf(10_000)
    expect(openDataset(at('many')).videos).to.have.lengthOf(10_000)
  })

  it('without problems have none to describe', () => expect(describeProblems([], 3)).to.equal(''))
  it('whose names hold what a terminal would obey name them without it', () =>
    void expect(describeProblems([{ path: 'a\u001b[2J\n\u202e\u009b', reason: 'gone' }], 1)).to.equal('1 of 1 videos left out:\n  a\\u001b[2J\\u000a\\u202e\\u009b: gone')) // prettier-ignore

  it('name what they left out once', () =>
    expect(describeProblems([{ path: 'a', reason: 'a: broken' }, { path: join('b'), reason: 'gone' }], 9)).to.equal('2 of 9 videos left out:\n  a: broken\n  b: gone')) // prettier-ignore
})
