/** The ablations that are committed are those of the code: the page and its pictures follow from the runs beside them. */
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ablationPicture } from '../../lib/ablation/picture'
import { ablationReport, RUNS } from '../../lib/ablation/report'
import { FOREST } from '../../lib/ablation/verdict'
import { jobsOf, nameOf } from '../../lib/ablation/runs'
import { systemsAblation } from '../../lib/ablation/systems'
import { everything } from '../../lib/ablation/tables'
import { forestOf, PAGE, parseRuns, reportOf, runsText } from '../../lib/ablation/write'

const HELD_OUT = 1000
const folder = resolve(__dirname, '../../docs/ablations')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

describe('docs/ablations', () => {
  const page = read(PAGE)
  const said = (what: string): string => new RegExp(`^- ${what}: \`?(.*?)\`?$`, 'm').exec(page)![1]!
  const results = parseRuns(read(RUNS))
  const names = jobsOf(everything, HELD_OUT).map(nameOf)
  const report = reportOf({
    ablation: everything,
    results,
    command: said('Command'),
    machine: said('Machine'),
    engine: said('Engine'),
    heldOut: HELD_OUT,
    missing: names.length - results.size,
  })

  it('holds runs of the tables that the code has, in their order', () => {
    expect([...results.keys()]).to.deep.equal(names.filter(name => results.has(name)))
    expect(runsText(results)).to.equal(read(RUNS))
  })

  it('begins with the verdict', () =>
    expect(page.indexOf('## The verdict')).to.be.within(1, page.indexOf('- Command:')))

  it('says what follows from the runs', () => expect(ablationReport(report)).to.equal(page))

  it('draws what follows from the runs, and nothing else lies there', async () => {
    const tables = [...report.tables, ...report.study, ...report.confirmation]
    for (const table of tables) expect(await ablationPicture(table), table.id).to.equal(read(`${table.id}.svg`))
    expect(forestOf(report)).to.equal(read(FOREST))
    expect(readdirSync(folder)).to.have.members([PAGE, RUNS, FOREST, 'systems', ...tables.map(({ id }) => `${id}.svg`)])
  })

  it('was made by a command that works, of five seeds or more for every row, ten for the study', () => {
    expect(said('Command')).to.match(/^cstransformer ablate( --engine onnx| --report docs\/ablations)*$/)
    for (const { seeds, title } of [...report.tables, ...report.study, ...report.confirmation])
      expect(seeds, title).to.be.at.least(5)
  })
})

describe('docs/ablations/systems', () => {
  const own = (name: string): string => read(join('systems', name))
  const page = own(PAGE)
  const said = (what: string): string => new RegExp(`^- ${what}: \`?(.*?)\`?$`, 'm').exec(page)![1]!
  const about = { command: said('Command'), machine: said('Machine'), engine: said('Engine') }
  const report = reportOf({
    ablation: systemsAblation,
    results: parseRuns(own(RUNS)),
    ...about,
    heldOut: HELD_OUT,
    missing: 0,
  })

  it('says and draws what follows from the runs, ten seeds of each, and nothing else lies there', async () => {
    const tables = [...report.study, ...report.confirmation]
    expect(tables.map(({ seeds }) => seeds)).to.deep.equal([10, 10, 10, 10])
    expect(ablationReport(report)).to.equal(page)
    for (const table of tables) expect(await ablationPicture(table), table.id).to.equal(own(`${table.id}.svg`))
    expect(forestOf(report)).to.equal(own(FOREST))
    expect(readdirSync(join(folder, 'systems'))).to.have.members([PAGE, RUNS, FOREST, ...tables.map(({ id }) => `${id}.svg`)]) // prettier-ignore
  })
})
