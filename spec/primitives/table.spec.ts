import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { primitives } from '../../lib/primitives'
import { cases } from '../laws/primitives'
import { faults } from './faults'

/** The files of lib/primitives that hold no primitive. */
const OTHERS = ['index', 'mean', 'operations', 'pad', 'rearrange', 'roll']
const camelCase = (file: string): string => file.replace(/-(\w)/g, (_, c: string) => c.toUpperCase())

describe('The table of primitives', () => {
  const names = Object.keys(primitives).sort()

  it('has every file of lib/primitives', () => {
    const files = readdirSync(join(__dirname, '../../lib/primitives')).filter(f => f.endsWith('.ts'))
    const held = files.map(f => f.slice(0, -'.ts'.length)).filter(f => !OTHERS.includes(f))
    expect(held.map(camelCase).sort()).to.deep.equal(names)
  })

  it('gives every primitive its own name', () => {
    for (const [name, primitive] of Object.entries(primitives)) expect(primitive.name).to.equal(name)
  })

  it('has laws and pinned faults for every primitive', () => {
    expect(Object.keys(cases).sort()).to.deep.equal(names)
    expect(Object.keys(faults).sort()).to.deep.equal(names)
    for (const [name, list] of Object.entries(faults)) expect(list, name).to.not.be.empty
  })
})
