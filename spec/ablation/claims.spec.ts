import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { claim, statusOf } from '../../lib/ablation/claims'
import { UserError } from '../../lib/tensor'
import { root as repository, temporaryFolder } from '../cli/command'

/** A result is right when it says so. */
const check = (text: string): string | undefined => (text === 'right' ? undefined : 'it is not right')

describe('Runs that processes share', () => {
  const root = temporaryFolder()
  let count = 0
  const fresh = (): string => join(root, `run-${count++}`)
  const ended = { host: hostname(), pid: spawnSync(process.execPath, ['-e', '']).pid }

  /** A folder with a claim of another process, which gave its last sign of life some seconds ago. */
  const claimed = (content: string, secondsAgo = 0, number = 0): string => {
    const folder = fresh()
    mkdirSync(folder)
    const path = join(folder, `lock.${number}`)
    writeFileSync(path, content)
    const at = Date.now() / 1000 - secondsAgo
    utimesSync(path, at, at)
    return folder
  }
  const by = (owner: object): string => JSON.stringify(owner)

  it('are open, then taken by one, then done; nothing but the result stays', () => {
    const folder = fresh()
    expect(statusOf(folder, check)).to.deep.equal({ kind: 'open' })
    const mine = claim(folder)!
    expect(claim(folder)).to.equal(undefined)
    expect(statusOf(folder, check)).to.deep.equal({
      kind: 'taken',
      by: `process ${process.pid} on ${hostname()}`,
    })
    mine.finish('right')
    mine.drop()
    expect(statusOf(folder, check)).to.deep.equal({ kind: 'done', text: 'right' })
    expect(readdirSync(folder)).to.deep.equal(['result.json'])
  })

  it('leave no trace when they are given back', () => {
    const folder = fresh()
    claim(folder)!.drop()
    expect(existsSync(folder)).to.equal(false)
    expect(claim(folder)).to.not.equal(undefined)
  })

  it('are half-written where a process has ended without a result, and are taken over by one', () => {
    const folder = claimed(by(ended))
    expect(statusOf(folder, check)).to.deep.equal({
      kind: 'half-written',
      why: `process ${ended.pid} on ${hostname()} has ended`,
    })
    const mine = claim(folder)!
    expect(claim(folder)).to.equal(undefined)
    expect(readdirSync(folder)).to.deep.equal(['lock.0', 'lock.1'])
    mine.finish('right')
    expect(readdirSync(folder)).to.deep.equal(['result.json'])
  })

  it('are half-written where a process of another machine is silent for long', () => {
    const owner = by({ host: 'elsewhere', pid: 1 })
    expect(statusOf(claimed(owner, 60), check)).to.deep.equal({ kind: 'taken', by: 'process 1 on elsewhere' })
    expect(statusOf(claimed(owner, 500), check)).to.deep.equal({
      kind: 'half-written',
      why: 'no sign of life from process 1 on elsewhere for 500 seconds',
    })
  })

  it('are half-written where a process was ended before it could say whose they are', () => {
    for (const torn of ['', '{"host": 3}', '{"ho']) {
      expect(statusOf(claimed(torn, 1), check)).to.deep.equal({ kind: 'taken', by: 'process ? on another machine' })
      expect(statusOf(claimed(torn, 10), check).kind).to.equal('half-written')
      expect(claim(claimed(torn, 10))).not.to.equal(undefined)
    }
  })

  it('are left to a process of this machine that stands still for some minutes, as one does that was stopped', () => {
    const alive = by({ host: hostname(), pid: process.pid })
    expect(statusOf(claimed(alive, 500), check).kind).to.equal('taken')
    expect(statusOf(claimed(alive, 5000), check).kind).to.equal('half-written')
  })

  it('are half-written where no claim is there, and where a result is not what it should be', () => {
    const folder = fresh()
    mkdirSync(folder)
    expect(statusOf(folder, check)).to.deep.equal({ kind: 'half-written', why: 'begun, but no result is there' })
    writeFileSync(join(folder, 'result.json'), 'rig')
    expect(statusOf(folder, check)).to.deep.equal({ kind: 'half-written', why: 'it is not right' })
    claim(folder)!.finish('right')
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).to.equal('right')
  })

  it('belong to whoever took them over: the one before saves nothing over it, and takes no claim away', () => {
    const folder = fresh()
    const before = claim(folder)!
    writeFileSync(join(folder, 'lock.1'), by({ host: hostname(), pid: process.pid }))
    before.finish('late')
    before.drop()
    expect(readdirSync(folder)).to.deep.equal(['lock.1'])
  })

  it('are taken by one of many processes at a time, and by none of them twice at once, without an error', async () => {
    const shared = fresh()
    const program = `
      const { claim } = require('./lib/ablation/claims')
      const { openSync, closeSync, rmSync } = require('node:fs')
      const shared = ${JSON.stringify(shared)}
      let taken = 0
      for (const end = Date.now() + 1500; Date.now() < end;) {
        const mine = claim(shared)
        if (!mine) continue
        closeSync(openSync(shared + '.in', 'wx')) // fails where another is inside
        taken++
        rmSync(shared + '.in')
        mine.drop()
      }
      console.log(taken)`
    const one = (): Promise<{ code: number | null; said: string }> =>
      new Promise(done => {
        const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', program], {
          cwd: repository,
        })
        let said = ''
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (data: Buffer) => (said += data.toString()))
        child.on('close', code => done({ code, said }))
      })
    const all = await Promise.all([one(), one(), one()])
    for (const { code, said } of all)
      expect({ code, wrong: said.replace(/^\d+\n$/, '') }).to.deep.equal({ code: 0, wrong: '' })
    expect(all.reduce((sum, { said }) => sum + Number(said), 0)).to.be.above(3)
  })

  it('say of a path that is no folder what it is', () => {
    const folder = fresh()
    writeFileSync(folder, '')
    expect(() => claim(folder)).to.throw(UserError, `${folder}: cannot be made: file already exists (EEXIST)`)
  })
})
