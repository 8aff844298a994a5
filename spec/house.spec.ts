import { expect } from 'chai'
import fc from 'fast-check'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { arrows, rooms, withoutCircles } from '../docs/generator/house'
import { root } from './bundled'

type House = Awaited<ReturnType<typeof rooms>>

/** A house of so many rooms, each of which imports some of those before it. */
const houses: fc.Arbitrary<House> = fc
  .array(fc.array(fc.nat(20), { maxLength: 6 }), { minLength: 1, maxLength: 12 })
  .map(
    list =>
      new Map(
        list.map((imports, i) => [
          `${i}`,
          { files: 1, lines: 1, imports: new Set(imports.filter(j => j < i).map(j => `${j}`)) },
        ]),
      ),
  )

/** Everything that is reached from a room over arrows. */
const reached = (edges: readonly (readonly [string, string])[], from: string): string[] => {
  const direct = edges.filter(([a]) => a === from).map(([, b]) => b)
  return [...new Set(direct.flatMap(next => [next, ...reached(edges, next)]))].sort()
}

describe('The picture of the house', () => {
  it('has arrows that lead wherever imports lead, and none that others stand for', () => {
    fc.assert(
      fc.property(houses, house => {
        const drawn = arrows(house)
        const all = [...house].flatMap(([from, { imports }]) => [...imports].map(to => [from, to] as const))
        for (const name of house.keys()) expect(reached(drawn, name)).to.deep.equal(reached(all, name))
        for (const edge of drawn) {
          const others = drawn.filter(other => other !== edge)
          expect(reached(others, edge[0])).to.not.include(edge[1])
        }
      }),
    )
  })

  it('has a room for every folder of lib', async () => {
    const house = await rooms()
    const folders = (path: string): string[] =>
      readdirSync(join(root, 'lib', path))
        .map(name => (path === '' ? name : `${path}/${name}`))
        .filter(name => statSync(join(root, 'lib', name)).isDirectory())
        .flatMap(name => [name, ...folders(name)])
    const withFiles = folders('').filter(name => readdirSync(join(root, 'lib', name)).some(f => f.endsWith('.ts')))
    expect([...house.keys()].filter(name => !existsSync(join(root, 'lib', name)))).to.deep.equal([])
    expect([...house.keys()]).to.include.members(withFiles)
  })

  it('draws a folder that imports in a circle with the one around it as one with that, and refuses other circles', () => {
    const room = (...imports: string[]) => ({ files: 1, lines: 10, imports: new Set(imports) })
    const inside = withoutCircles(new Map([['a', room('a/b')], ['a/b', room('a', 'c')], ['c', room()]])) // prettier-ignore
    expect([...inside].map(([name, { files, imports }]) => [name, files, [...imports]])).to.deep.equal([
      ['a', 2, ['c']],
      ['c', 1, []],
    ])
    expect(() => withoutCircles(new Map([['a', room('b')], ['b', room('a')]]))).to.throw('folders must not import in circles, got a, b') // prettier-ignore
  })
})
