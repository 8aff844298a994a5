import { expect } from 'chai'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromArray, type Tensor, UserError } from '../../lib/tensor'
import { encodeSafetensors } from '../../lib/training'
import { loadSafetensors, saveSafetensors } from '../../lib/training/node'
import { save } from '../../lib/disk'
import { expectSame } from '../laws/values'

describe('Files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string): string => join(folder, name)
  const file = {
    tensors: new Map<string, Tensor>([
      ['x', fromArray([1, 2, 3, 4, 5, 6], [2, 3])],
      ['y', fromArray([7, 8], [2], 'float64')],
    ]),
    metadata: { of: 'a test' },
  }

  it('hold the bytes that the tensors have in memory, and give them back', () => {
    saveSafetensors(at('x.safetensors'), file)
    expect(new Uint8Array(readFileSync(at('x.safetensors')))).to.deep.equal(encodeSafetensors(file))
    const { tensors, metadata } = loadSafetensors(at('x.safetensors'))
    for (const [name, x] of file.tensors) expectSame(tensors.get(name)!, x, name)
    expect(metadata).to.deep.equal(file.metadata)
    expect(readdirSync(folder)).to.deep.equal(['x.safetensors'])
  })

  it('are as they were before where saving fails, and nothing is left beside them', () => {
    const chunks = function* (): Generator<Uint8Array> {
      yield Buffer.from('half')
      throw new UserError('no more')
    }
    writeFileSync(at('old'), 'as it was')
    expect(() => save(at('old'), chunks())).to.throw(UserError, 'no more')
    expect(() => save(at('new'), chunks())).to.throw(UserError, 'no more')
    expect(readFileSync(at('old'), 'utf8')).to.equal('as it was')
    expect(readdirSync(folder).sort()).to.deep.equal(['old', 'x.safetensors'])
  })

  it('say in one line why they cannot be saved or read', () => {
    const says = (f: () => unknown, message: string): Chai.Assertion =>
      expect(f).to.throw(UserError).with.property('message', message)
    mkdirSync(at('folder'))
    const nowhere = at('nowhere/x')
    says(() => saveSafetensors(nowhere, file), `${nowhere}: cannot be written: no such file or directory (ENOENT)`)
    says(() => loadSafetensors(nowhere), `${nowhere}: cannot be read: no such file or directory (ENOENT)`)
    says(() => loadSafetensors(at('folder')), `${at('folder')}: must be a file to read, got a folder`)
    expect(() => saveSafetensors(at('folder'), file)).to.throw(
      UserError,
      `${at('folder')}: must be a file to write, got a folder`,
    )
    expect(readdirSync(folder)).to.not.include('folder.partial')

    const size = readFileSync(at('x.safetensors')).length
    truncateSync(at('x.safetensors'), size - 1)
    const path = at('x.safetensors')
    says(
      () => loadSafetensors(path),
      `${path}: not a whole safetensors file: 'y' ends at byte 40 of the data, but there are 39`,
    )
  })
})
