/** The commands that README gives for datasets, each run on a tiny dataset of that layout, whose videos ffmpeg makes. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadCheckpoint } from '../../../lib/training/node'
import { noFfmpeg } from '../../video/ffmpeg'
import { cli, root, temporaryFolder } from '../command'

/** The smallest network, two steps of it. */
const tiny = '--variant digits --dim 4 --steps 2 --batch 2 --engine ndarray --workers 1 --name tiny'.split(' ')

const encoders: Readonly<Record<string, readonly string[]>> = {
  avi: ['-c:v', 'libxvid'],
  mp4: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
  webm: ['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv420p', '-deadline', 'realtime'],
  jpg: ['-q:v', '2'],
}

/** Makes a dataset in a folder, by its files: texts, and videos of half a second, each of other pictures. */
const layOut = (folder: string, files: Readonly<Record<string, readonly string[] | 'video'>>): void => {
  Object.entries(files).forEach(([file, content], k) => {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    if (content !== 'video') return writeFileSync(path, `${content.join('\n')}\n`)
    const source = `testsrc2=s=32x24:r=12:d=0.5,hue=h=${37 * k}`
    const made = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', source, ...encoders[path.split('.').at(-1)!]!, path]) // prettier-ignore
    expect(String(made.stderr)).to.equal('')
  })
}
const videos = (...paths: readonly string[]) => Object.fromEntries(paths.map(path => [path, 'video'] as const))

interface Layout {
  readonly files: Readonly<Record<string, readonly string[] | 'video'>>
  /** How many videos the run says that it measures with, and the classes that its checkpoint names. */
  readonly measured: number
  readonly classes: readonly string[]
}
/** Each as its publisher lays it out. */
const layouts: Readonly<Record<string, Layout>> = {
  'a folder for each class': {
    files: videos('videos/train/jump/1.mp4', 'videos/train/run/1.mp4', 'videos/val/jump/2.mp4', 'videos/val/run/2.mp4'),
    measured: 2,
    classes: ['jump', 'run'],
  },
  Kinetics: {
    files: {
      ...videos('kinetics400/abseiling/aaaaaaaaaaa_000012_000022.mp4', 'kinetics400/archery/bbbbbbbbbbb_000001_000011.mp4', 'kinetics400/archery/ccccccccccc_000003_000013.mp4'),
      'train.csv': ['label,youtube_id,time_start,time_end,split', 'abseiling,aaaaaaaaaaa,12,22,train', 'archery,bbbbbbbbbbb,1,11,train'],
      'validate.csv': ['label,youtube_id,time_start,time_end,split', 'archery,ccccccccccc,3,13,validate'],
    },
    measured: 1,
    classes: ['abseiling', 'archery'],
  },
  'lists of SlowFast, VideoMAE, UniFormer, mmaction2': {
    files: {
      ...videos('kinetics400/a.mp4', 'kinetics400/b.mp4', 'kinetics400/c d.mp4'),
      'train.csv': ['a.mp4 0', 'b.mp4 1'],
      'val.csv': ['c d.mp4 1'],
      'kinetics_classnames.json': ['{"\\"abseiling\\"": 0, "archery": 1}'],
    },
    measured: 1,
    classes: ['abseiling', 'archery'],
  },
  UCF101: {
    files: {
      ...videos('UCF-101/Archery/v_Archery_g01_c01.avi', 'UCF-101/Biking/v_Biking_g01_c01.avi', 'UCF-101/Biking/v_Biking_g02_c01.avi'),
      'ucfTrainTestlist/classInd.txt': ['1 Archery', '2 Biking'],
      'ucfTrainTestlist/trainlist01.txt': ['Archery/v_Archery_g01_c01.avi 1', 'Biking/v_Biking_g01_c01.avi 2'],
      'ucfTrainTestlist/testlist01.txt': ['Biking/v_Biking_g02_c01.avi'],
    },
    measured: 1,
    classes: ['Archery', 'Biking'],
  },
  HMDB51: {
    files: {
      ...videos('hmdb51/run/r1.avi', 'hmdb51/run/r2.avi', 'hmdb51/sit/s1.avi', 'hmdb51/sit/s2.avi'),
      'testTrainMulti_7030_splits/run_test_split1.txt': ['r1.avi 1', 'r2.avi 2'],
      'testTrainMulti_7030_splits/sit_test_split1.txt': ['s1.avi 1', 's2.avi 2'],
      'testTrainMulti_7030_splits/run_test_split2.txt': ['r1.avi 2', 'r2.avi 1'],
      'testTrainMulti_7030_splits/sit_test_split2.txt': ['s1.avi 2', 's2.avi 1'],
    },
    measured: 2,
    classes: ['run', 'sit'],
  },
  'Something-Something v2': {
    files: {
      ...videos('20bn-something-something-v2/1.webm', '20bn-something-something-v2/2.webm', '20bn-something-something-v2/3.webm'),
      'something-something-v2-train.json': [JSON.stringify([
        { id: '1', label: 'holding a cup', template: 'Holding [something]', placeholders: ['a cup'] },
        { id: '2', label: 'opening a box', template: 'Opening [something]', placeholders: ['a box'] },
      ])],
      'something-something-v2-validation.json': [JSON.stringify([{ id: '3', label: 'opening a can', template: 'Opening [something]', placeholders: ['a can'] }])],
    },
    measured: 1,
    classes: ['Holding something', 'Opening something'],
  },
  'Jester, Something-Something v1, folders of frames': {
    files: {
      ...videos('20bn-jester-v1/1/%05d.jpg', '20bn-jester-v1/2/%05d.jpg', '20bn-jester-v1/3/%05d.jpg'),
      'jester-v1-train.csv': ['1;Swiping Left', '2;Stop Sign'],
      'jester-v1-validation.csv': ['3;Stop Sign'],
    },
    measured: 1,
    classes: ['Stop Sign', 'Swiping Left'],
  },
  Charades: {
    files: {
      ...videos('Charades_v1/AAAAA.mp4', 'Charades_v1/BBBBB.mp4', 'Charades_v1/CCCCC.mp4'),
      'Charades_v1_classes.txt': ['c000 Holding some clothes', 'c001 Putting clothes somewhere'],
      'charades.json': [JSON.stringify({
        AAAAA: { subset: 'training', actions: [['c000', 0, 0.4]] },
        BBBBB: { subset: 'training', actions: [['c001', 0, 0.4]] },
        CCCCC: { subset: 'testing', actions: [['c001', 0, 0.4]] },
      })],
    },
    measured: 1,
    classes: ['Holding some clothes', 'Putting clothes somewhere'],
  },
} // prettier-ignore

/** Flags whose values are paths, which README gives from the folder of a dataset. */
const PATHS = new Set(['--data', '--validation', '--videos', '--class-names'])

/** The rows of README: what a dataset is, and the flags for it. */
const rows = Array.from(
  readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^- ([^`\n]+): `(--data [^`]+)`$/gm),
  ([, name, flags]) => [name!, flags!] as const,
)

describe(`The datasets of README${noFfmpeg === undefined ? '' : ` (skipped: ${noFfmpeg})`}`, function () {
  this.timeout(300_000)
  const folder = temporaryFolder()

  it('are all here', () => {
    const begins = Object.keys(layouts)
    expect(rows.map(([name]) => begins.find(key => name.startsWith(key)))).to.deep.equal(begins)
  })

  for (const [k, [name, flags]] of rows.entries())
    it(`train: ${name}: ${flags}`, async function () {
      if (noFfmpeg) this.skip()
      const { files, measured, classes } = Object.entries(layouts).find(([key]) => name.startsWith(key))![1]
      const at = join(folder, `${k}`)
      layOut(at, files)
      const words = flags.split(' ')
      const inside = words.map((word, i) => (PATHS.has(words[i - 1] ?? '') ? join(at, word) : word))
      const { code, out, err } = await cli(['train', ...inside, ...tiny, '--runs', at])
      expect({ code, err: err.replace(/^step .*\n/gm, '') }, out).to.deep.equal({ code: 0, err: '' })
      expect(out).to.match(new RegExp(`on ${measured} videos? it has never seen`))
      expect(loadCheckpoint(join(at, 'tiny/last.safetensors')).clips?.classes).to.deep.equal(classes)
    })
})
