import { expect } from 'chai'
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { concealedIn } from '../../../lib/cli/run/damage'
import { damagedAt } from '../../video/pieces'
import { cli, root, temporaryFolder } from '../command'

const source = readFileSync(join(root, 'fixtures/videos/h264.mp4'))

describe('Damaged pictures that a decoder conceals', function () {
  this.timeout(120_000)
  const folder = temporaryFolder()
  const data = join(folder, 'videos')
  const [one, many] = [join(data, 'b/one.mp4'), join(data, 'b/many.mp4')]
  const run = ['--runs', folder, '--name', 'run']
  const checkpoint = ['--checkpoint', join(folder, 'run/last.safetensors'), '--engine', 'ndarray', '--workers', '1'] // prettier-ignore
  let trained = { code: null as number | null, out: '', err: '' }
  before(async () => {
    for (const name of ['a', 'b']) mkdirSync(join(data, name), { recursive: true })
    for (const [i, name] of ['a/1', 'a/2', 'b/3'].entries())
      writeFileSync(join(data, `${name}.mp4`), Buffer.concat([source, Buffer.from([0, 0, 0, 8 + i]), Buffer.from('free'), Buffer.alloc(i)])) // prettier-ignore
    writeFileSync(one, damagedAt(source, 0.4))
    writeFileSync(
      many,
      damagedAt(source, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
    )
    const tiny = '--variant digits --frames 8 --stride 8 --steps 3 --batch 4 --dim 4 --engine ndarray --workers 1'
    trained = await cli(['train', '--data', data, ...run, '--held-out-part', '0.4', ...tiny.split(' ')])
  })

  it('are counted and named at the end of training', () => {
    expect(trained.code, trained.err).to.equal(0)
    expect(trained.out).to.match(new RegExp(`\\d+ damaged pictures were concealed in ${many}\n`))
    expect(trained.out).not.to.include('concealed in ' + join(data, 'a'))
  })

  it('are where videos are measured', async () => {
    const args = ['evaluate', '--data', data, ...checkpoint, '--views', '2x1', '--confusion', join(folder, 'c.svg')]
    const { code, err } = await cli([...args, '--quiet'])
    expect(code, err).to.equal(0)
    expect(err).to.match(new RegExp(`^\\d+ damaged pictures were concealed in ${many}$`, 'm'))
    const { damaged } = JSON.parse((await cli([...args, '--json', '--quiet'])).out) as { damaged: Record<string, number[]> } // prettier-ignore
    expect(Object.keys(damaged)).to.include(many).and.not.to.include(join(data, 'a/1.mp4'))
  })

  it('are where a class is predicted, or a map drawn', async () => {
    const predict = ['predict', many, ...checkpoint, '--views', '2x1']
    const { code, out, err } = await cli(predict)
    expect(code, err).to.equal(0)
    const [, count] = /^(\d+) damaged pictures were concealed in (.*)\n$/.exec(err)!
    expect(out).not.to.include('damaged')
    const { damaged } = JSON.parse((await cli([...predict, '--json'])).out) as { damaged: number[] }
    expect(damaged).to.have.lengthOf(Number(count))
    const drawn = await cli(['attention', many, ...checkpoint, '--out', join(folder, 'a.png')])
    expect(drawn.err).to.match(/^\d+ damaged pictures were concealed in /)
    expect((await cli(['predict', join(data, 'a/1.mp4'), ...checkpoint])).err).to.equal('')
  })

  it('are found wherever they are, where a dataset is checked, and remembered', async () => {
    const args = ['videos', '--data', data, '--quiet', '--workers', '1', '--index', join(folder, 'seen.jsonl')]
    expect((await cli(args)).out).not.to.include('damaged')
    const checked = (await cli([...args, '--check'])).out
    expect(checked).to.include(`1 damaged picture was concealed in ${one}`)
    expect(checked).to.match(new RegExp(`\\d\\d damaged pictures were concealed in ${many}\n`))
    expect((await cli([...args, '--check'])).out).to.equal(checked)
    const { damaged } = JSON.parse((await cli([...args, '--check', '--json'])).out) as { damaged: Record<string, number[]> } // prettier-ignore
    expect(Object.keys(damaged).sort()).to.deep.equal([many, one])
    expect(damaged[one]).to.deep.equal([24])
  })

  it('are counted once each, and of many videos ten are named', () => {
    const concealed = concealedIn()
    concealed.add('none.mp4', [])
    for (let i = 0; i < 12; i++) {
      concealed.add(`${i}.mp4`, [3, 4])
      concealed.add(`${i}.mp4`, [4, 5])
    }
    const lines = concealed.lines()
    expect(lines).to.have.lengthOf(11)
    expect(lines[0]).to.equal('3 damaged pictures were concealed in 0.mp4')
    expect(lines[10]).to.equal('6 damaged pictures were concealed in 2 other videos')
    expect(concealed.list()['11.mp4']).to.deep.equal([3, 4, 5])
  })
})
