import { expect } from 'chai'
import { abstract } from '../../../lib/trace'
import { abstractParameters, configure, forward, variants } from '../../../lib/paper'
import { cost } from '../../../lib/transforms'
import { cli } from '../command'

interface Row {
  label: string
  flops: number
  otherFlops: number
  parameters: number
  paper?: number
  deviation?: number
}
interface Tables {
  tables: { table: string; rows: Row[] }[]
  finding: string
  systems: {
    label: string
    views: string
    multiplyAdds: number
    operations: number
    needed: number
    paper: number
    unit: string
  }[]
}
const json = async <T>(...args: string[]): Promise<T> => {
  const { code, out, err } = await cli(['flops', '--json', ...args])
  expect({ code, err }).to.deep.equal({ code: 0, err: '' })
  return JSON.parse(out) as T
}

/** The products of a network of ViT's blocks, worked out by hand: N sequences of S tokens in each block. */
const byHand = ({ T, STB, TTB, ratio }: { T: number; STB: number; TTB: number; ratio: number }): number => {
  const [P, d, tokens] = [196, 768, 197 * T]
  const block = (S: number, mlp: number): number => tokens * (4 * d * d + 2 * mlp * d * d) + 2 * tokens * S * d
  const products = STB * block(197, 4) + TTB * block(T, ratio) + T * P * 768 * d + d * 400
  return 2 * products
}

describe('cstransformer flops', () => {
  let tables: Tables
  before(async () => {
    tables = await json<Tables>()
  })
  const rows = (name: string): Row[] => tables.tables.find(({ table }) => table === name)!.rows

  it('counts for the tables what a hand count gives', () => {
    const hand = (T: number, STB: number, TTB: number, ratio: number, views = 1): number =>
      views * byHand({ T, STB, TTB, ratio })
    const found = (name: string): number[] => rows(name).map(({ flops }) => flops)
    expect(found('Table 1a')).to.deep.equal([hand(8, 10, 10, 1), hand(8, 12, 6, 1), hand(8, 12, 8, 1)])
    expect(found('Table 1c')).to.deep.equal([8, 16, 32].map(T => hand(T, 12, 6, 1)))
    expect(found('Table 1d')).to.deep.equal([1, 2, 4].map(ratio => hand(8, 12, 6, ratio)))
    expect(found('Tables 3 and 4')).to.deep.equal([hand(32, 12, 6, 1, 3), hand(32, 12, 6, 1, 12)])
  })

  it("puts the paper's figures beside them, with the deviation", () => {
    const paper = (name: string): (number | undefined)[] => rows(name).map(row => row.paper)
    expect(paper('Table 1a')).to.deep.equal([345.2e9, 339.6e9, 365.6e9])
    expect(paper('Table 1d')).to.deep.equal([339.6e9, 359.9e9, 400.7e9])
    expect(paper('Tables 3 and 4')).to.deep.equal([4.1e12, 16.4e12])
    for (const row of tables.tables.flatMap(table => table.rows))
      if (row.paper !== undefined) {
        expect(row.deviation).to.be.closeTo(row.flops / row.paper - 1, 1e-12)
        expect(row.deviation).to.be.within(0.003, 0.037) // decision D16
      }
  })

  it('says so in a table', async () => {
    const { out } = await cli(['flops'])
    expect(out).to.match(/V2: 12 STB, 6 TTB +348\.2 +339\.6 +\+2\.5 % +1\.9 +107,418,289 +106\.9 +261\.9\n/)
    expect(out).to.match(/ratio 4 +415\.1 +400\.7 +\+3\.6 % /)
    expect(out).to.match(/4×3 views +16\.75 +16\.4 +\+2\.1 % /)
    expect(out).to.match(/32 frames +1,395\.5 /)
    expect(out).to.include('a multiply-add counted as two, for one view')
  })

  it('states that the printed figures are not those of equal blocks (decision D16)', () => {
    expect(tables.finding).to.include('imply a TTB of 13.0 GFLOPs (counted: 11.2) and leave −16.8 GFLOPs')
  })

  it('counts all systems of Tables 3 and 4 in one unit: theirs are printed in multiply-adds, its own in operations', async () => {
    // By hand: a block of N tokens that attend to S of d channels has N·(12·d² + 2·S·d) multiply-adds with an MLP of ratio 4.
    const block = (N: number, S: number, d: number): number => N * (12 * d * d + 2 * S * d)
    const embedding = (N: number, volume: number, d: number): number => N * volume * d
    const [P, d] = [196, 768]
    // Divided: attention along time over patches with a linear layer more, then in space with a class token in each frame.
    const along = P * 96 * (5 * d * d + 2 * 96 * d)
    const space = 96 * 197 * (4 * d * d + 2 * 197 * d) + (1 + P * 96) * 8 * d * d
    const timesformer = embedding(96 * P, 768, d) + 12 * (along + space) + d * 400
    const vivit = embedding(16 * 400, 3 * 2 * 256, 1024) + 24 * block(6401, 6401, 1024) + 1024 * 400
    const vit = embedding(250 * P, 768, d) + 12 * 250 * block(197, 197, d)
    // Along time the class token has a query of its own, and keys and values of all that none but it reads.
    const vtn = vit + 3 * (block(251, 251, d) + 2 * 251 * d * d) + d * d + d * 400
    const v2 = byHand({ T: 32, STB: 12, TTB: 6, ratio: 1 }) / 2
    expect(tables.systems.map(row => row.multiplyAdds)).to.deep.equal([
      vtn,
      3 * timesformer,
      12 * vivit,
      3 * v2,
      12 * v2,
    ])
    // Of the last block, what follows its scores is needed of the class token alone, and of its queries that row.
    const last = (N: number, D: number): number => (N - 1) * (10 * D * D + 2 * N * D)
    expect(tables.systems[2]!.needed).to.equal(24 * (vivit - last(6401, 1024)))
    for (const { multiplyAdds, operations, paper, unit } of tables.systems) {
      expect(operations).to.equal(2 * multiplyAdds)
      expect((unit === 'operations' ? operations : multiplyAdds) / paper).to.be.within(0.98, 1.06)
    }
    expect(tables.systems.map(row => row.unit)).to.deep.equal([
      ...Array<string>(3).fill('multiply-adds'),
      ...Array<string>(2).fill('operations'),
    ])
    const { out } = await cli(['flops'])
    expect(out).to.match(/TimeSformer-L +1×3 +7\.14 +14\.28 +7\.1 +multiply-adds\n/)
    expect(out).to.include('Finding: Tables 3 and 4 print two units.')
  })

  it('breaks any configuration down by equation, and the parts are the whole', async () => {
    const flags = ['--variant', 'V2', '--frames', '16', '--no-fam', '--scores', 'accumulated']
    interface Part {
      flops: number
      otherFlops: number
      parameters: number
    }
    const { config, byEquation, ...whole } = await json<Part & { config: object; byEquation: Part[] }>(...flags)
    expect(config).to.deep.equal(configure({ frames: 16, fam: false, scores: 'accumulated' }))
    for (const key of ['flops', 'otherFlops', 'parameters'] as const)
      expect(
        byEquation.reduce((sum, part) => sum + part[key], 0),
        key,
      ).to.equal(whole[key])
    expect(whole.flops).to.equal(byHand({ T: 16, STB: 12, TTB: 6, ratio: 1 }))
  })

  it('counts what the trace of the network counts', async () => {
    const config = variants.digits
    const { channels: C, frames: T, height: H, width: W } = config
    const traced = cost(
      (parameters: ReturnType<typeof abstractParameters>, X: ReturnType<typeof abstract>) =>
        forward(config, parameters, X).logits,
      abstractParameters(config),
      abstract([1, C, T, H, W], 'float32'),
    )
    const found = await json<Row>('--variant', 'digits')
    expect([found.flops, found.otherFlops]).to.deep.equal([traced.flops.products, traced.flops.rest])
  })

  it('has a line for every equation of a single configuration', async () => {
    const { out } = await cli(['flops', '--variant', 'digits'])
    expect(out).to.include("digits: 2 STB + 2 TTB, C' 32, 2 heads, 4 frames of 16 × 16 in 16 patches of 4 × 4")
    expect(out).to.match(/Cross-stage attention map, Sec\. 3\.2, Eq\. \(8\) +· +· +0\.020 +2\n/)
    expect(out).to.match(/Together +5\.445 +100\.0 % +0\.595 +40,109\n/)
  })
})
