/** Steps that would not fit into memory are done in parts, or refused before anything is made. */
import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../../lib/engines'
import { ndarrayEngine } from '../../../lib/engines'
import { variants } from '../../../lib/paper'
import { bytesText } from '../../../lib/cli/flags/bytes'
import { fitted } from '../../../lib/cli/run/fit'
import { cutOf, stepMemory, videoRecipe } from '../../../lib/training'
import { costOf } from '../../../lib/systems/costs'
import { stagesOf } from '../../../lib/systems/stages'
import { bytes, cli, root, small, temporaryFolder } from '../command'

const config = variants.digits
const recipe = { ...videoRecipe(10), batch: 12 }
const needed = (parts: number, engine: Pick<Engine, 'memory' | 'holds'> = ndarrayEngine): number =>
  stepMemory(engine, config, { ...recipe, parts }).total
const inRoom = (bytes: number, engine: Pick<Engine, 'memory' | 'holds' | 'name'> = ndarrayEngine) =>
  fitted(engine, { config, recipe }, { bytes, text: '21 GB are free' })

describe('a step in the memory that there is', () => {
  it('is undivided where it fits, and in the fewest parts that do where not', () => {
    expect(inRoom(needed(1))).to.deep.equal({ recipe })
    for (const parts of [2, 3, 4, 6, 12]) {
      const { recipe: found, remark } = inRoom(needed(parts))
      expect(found).to.deep.equal({ ...recipe, parts })
      const clips = parts === 12 ? '1 clip' : `${12 / parts} clips`
      expect(remark).to.equal(`12 clips need ${bytesText(needed(1))}, 21 GB are free: ${parts} parts of ${clips}`)
    }
  })

  it('is in the parts that the recipe says where these fit, and else refused with those that would', () => {
    const given = { ...recipe, parts: 2 }
    const within = (bytes: number) => fitted(ndarrayEngine, { config, recipe: given }, { bytes, text: '9 MB are free' })
    expect(within(needed(2))).to.deep.equal({ recipe: given })
    expect(() => within(needed(2) - 1)).to.throw(
      `a step of 2 parts of 6 clips needs ${bytesText(needed(2))}, 9 MB are free: --accumulate 3 needs ${bytesText(needed(3))}`,
    )
    expect(() => within(1)).to.throw(/^a step of one clip needs .*, 9 MB are free: a smaller network, or more memory$/)
  })

  it('computes blocks again where no clip fits without, in the fewest parts that fit then', () => {
    const deep = { ...config, STB: 8 }
    const of = (parts: number, rematerialise: boolean): number =>
      stepMemory(ndarrayEngine, deep, { ...recipe, parts, rematerialise }).total
    const within = (bytes: number, more: object = {}) =>
      fitted(ndarrayEngine, { config: deep, recipe: { ...recipe, ...more } }, { bytes, text: '9 MB are free' })
    expect(of(12, true)).to.be.below(of(12, false))
    expect(within(of(12, false)).recipe).to.deep.equal({ ...recipe, parts: 12 })
    const { recipe: found, remark } = within(of(12, false) - 1)
    expect(found).to.include({ rematerialise: true })
    expect(of(found.parts!, true)).to.be.below(of(12, false))
    expect(remark).to.equal(
      `12 clips need ${bytesText(of(1, false))}, 9 MB are free: ${found.parts} parts of ${12 / found.parts! === 1 ? '1 clip' : `${12 / found.parts!} clips`}, the backward pass computes blocks again`,
    )
    expect(() => within(of(12, true), { parts: 1 })).to.throw(/: --accumulate \d+ --rematerialise needs /)
    expect(() => within(of(12, true) - 1)).to.throw(`a step of one clip needs ${bytesText(of(12, true))}`)
  })

  it('is refused where no part fits, with what would', () => {
    const wide = { ...config, dim: 256, STB: 6 }
    const one = stepMemory(ndarrayEngine, wide, { ...recipe, parts: 12, rematerialise: true }).total
    const frozen = stepMemory(ndarrayEngine, wide, { ...recipe, batch: 1, freeze: ['spatial'] }).total
    expect(() => fitted(ndarrayEngine, { config: wide, recipe }, { bytes: frozen, text: '9 MB are free' })).to.throw(
      new RegExp(
        `^a step of one clip needs ${bytesText(one)}, 9 MB are free: --freeze spatial needs ${bytesText(frozen)} or --variant `,
      ),
    )
    expect(() => inRoom(1000)).to.throw(/: a smaller network, or more memory$/)
  })

  it('is refused with other networks that would fit, where its own is cut at what is frozen', () => {
    const wide = { ...config, dim: 256, STB: 6 }
    const frozen = { ...recipe, freeze: ['spatial'] }
    const other = stepMemory(
      ndarrayEngine,
      config,
      { ...frozen, batch: 1 },
      { cut: cutOf(config, frozen.freeze) },
    ).total
    const room = { bytes: other, text: '9 MB are free' }
    expect(() =>
      fitted(ndarrayEngine, { config: wide, recipe: frozen }, room, { cut: cutOf(wide, frozen.freeze) }),
    ).to.throw(/, 9 MB are free: --variant digits needs /)
  })

  it('is in parts where the block of memory of an engine is too small, and its room is named', () => {
    const most = stepMemory(ndarrayEngine, config, { ...recipe, parts: 4 }).inBlock
    const engine = { ...ndarrayEngine, name: 'gpu', holds: { most } }
    const { recipe: found, remark } = inRoom(1e12, engine)
    expect(found.parts).to.equal(4)
    expect(remark).to.contain(`the engine gpu has room for ${bytesText(most)}: 4 parts of 3 clips`)
  })
})

describe('train', () => {
  const runs = join(temporaryFolder(), 'runs')
  it('refuses what does not fit before anything is made', async () => {
    const { code, out, err } = await cli(['train', ...small, '--runs', runs, '--memory', '1MB'])
    expect({ code, out }).to.deep.equal({ code: 1, out: '' })
    expect(err).to.match(/^cstransformer: a step of one clip needs \S+ .?B, 1(\.0)? MB may be taken, of which the process has \S+ .B: a smaller network, or more memory\n$/) // prettier-ignore
    expect(existsSync(runs)).to.equal(false)
  })

  it('is refused on webasm where its block of memory is too small for a clip, before anything is made', async () => {
    const sizes =
      '--variant digits --height 512 --width 512 --frames 32 --patch 16 --dim 768 --heads 12 --stb 12 --ttb 6'
    const data = join(root, 'fixtures/videos/classes')
    const given = ['train', '--data', data, ...sizes.split(' '), '--runs', runs, '--engine', 'gpu', '--mode', 'webasm']
    const { code, out, err } = await cli([...given, '--memory', '64GB'])
    expect({ code, out }).to.deep.equal({ code: 1, out: '' })
    expect(err).to.match(
      /^cstransformer: a step of one clip needs [\d.]+ GB, the engine gpu has room for 4\.3 GB: [^\n]*\n$/,
    )
    expect(existsSync(runs)).to.equal(false)
  }).timeout(240_000)

  it('--resume is checked as a fresh run is, and may go on in other parts', async () => {
    const made = `${runs}-that-go-on`
    const more = ['--runs', made, '--name', 'on', '--quiet']
    expect((await cli(['train', ...small, '--steps', '2', ...more])).code).to.equal(0)
    const files = (): string => ['config.json', 'last.safetensors'].map(file => bytes(made, 'on', file)).join()
    const before = files()
    const refused = await cli(['train', '--resume', '--engine', 'ndarray', '--memory', '1MB', '--steps', '3', ...more])
    expect(refused.code).to.equal(1)
    expect(refused.err).to.match(
      /^cstransformer: a step of one clip needs \S+ .?B, 1(\.0)? MB may be taken, of which .*\n$/,
    )
    expect(files()).to.equal(before)
    const on = ['train', '--resume', '--engine', 'ndarray', '--steps', '3', '--accumulate', '2', '--rematerialise']
    const { code, err } = await cli([...on, ...more])
    expect(code, err).to.equal(0)
    const { recipe: now, flags } = JSON.parse(readFileSync(join(made, 'on', 'config.json'), 'utf8')) as { recipe: object; flags: object } // prettier-ignore
    expect(now).to.include({ steps: 3, parts: 2, rematerialise: true })
    expect(flags).to.include({ steps: 3, accumulate: 2, rematerialise: true, dim: 4 })
  })

  it('--dry-run tells trained and frozen blocks apart', async () => {
    const given = ['train', '--variant', 'digits', '--stb', '6', '--freeze', 'STB.0-2', '--runs', runs, '--dry-run']
    const { out, err } = await cli(given)
    expect(out, err).to.match(/^ {2}STB\.1-2 .* frozen /m)
    expect(out).to.match(/^ {2}STB\.3-4 .* trained /m)
  })

  it('--dry-run tells stages, memory, parts and disk, and makes nothing', async () => {
    const given = [
      'train',
      ...small,
      '--runs',
      runs,
      '--dry-run',
      '--accumulate',
      '2',
      '--rematerialise',
      '--freeze',
      'STB.0',
    ]
    const { code, out } = await cli(given)
    expect(code).to.equal(0)
    expect(out).to.match(/^ {2}stage +makes of a clip +parameters +of which +[kM]?FLOPs$/m)
    expect(out).to.match(/^ {2}STB\.0 .* frozen /m)
    expect(out).to.match(/ in 2 parts, the backward pass computes blocks again, on /)
    expect(out).to.match(/^ {2}together +[\d.]+ .B$/m)
    expect(out).to.match(/On the disk: [\d.]+ .B\.\n$/)
    const json = JSON.parse((await cli([...given, '--json'])).out) as Record<string, number> & { memory: object }
    expect(json['parts']).to.equal(2)
    expect(json.memory).to.include.keys('parameters', 'optimizer', 'twice', 'activations', 'total', 'process', 'free')
    expect(existsSync(runs)).to.equal(false)
  })

  it('--json is of --dry-run', async () => {
    const { err } = await cli(['train', ...small, '--json'])
    expect(err).to.equal('cstransformer: --json is of --dry-run, which is not given\n')
  })
})

it('stages are the whole network: its parameters and its products', () => {
  const stages = stagesOf(variants.V2, 'counted')
  expect(stages.map(s => s.paths).slice(0, 3)).to.deep.equal(['patch', 'positions', 'STB.0'])
  expect(stages.find(s => s.paths === 'STB.3')!.shape).to.deep.equal([8, 197, 768])
  expect(stages.find(s => s.paths === 'TTB.3')!.shape).to.deep.equal([197, 8, 768])
  expect(stages.find(s => s.paths === 'patch')!.shape).to.deep.equal([8, 196, 768])
  expect(stages.find(s => s.paths === 'head')!.shape).to.deep.equal([1, 400])
  const { parameters, flops } = costOf(variants.V2)
  expect(stages.reduce((n, s) => n + s.parameters, 0)).to.equal(parameters)
  expect(stages.reduce((n, s) => n + s.flops, 0)).to.equal(flops.products)
})
