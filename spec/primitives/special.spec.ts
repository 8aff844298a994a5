import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { primitives } from '../../lib/primitives'
import { full, zeros } from '../../lib/tensor'
import { abstract, apply, type Primitive } from '../../lib/trace'
import { engines } from '../laws/engines'
import { itWhere } from '../laws/skips'
import { differences, primitiveNames } from '../laws/special'
import { type Kind, movingOnly, special } from '../../docs/generator/special-values'

describe('Special values: NaN, infinities, −0, denormals, the largest', () => {
  it('are tried on every primitive', () =>
    expect([...primitiveNames].sort()).to.deep.equal(Object.keys(primitives).sort()))

  for (const engine of engines) {
    const name = engine.name.replace('gpu, mode ', '')
    for (const primitive of primitiveNames)
      itWhere(engine.skip)(
        `of ${primitive} on ${engine.name} are the reference's, or what the table says`,
        async () => {
          const found = await differences(primitive, engine)
          const declared: readonly Kind[] | undefined =
            name === 'ndarray'
              ? []
              : name in special
                ? (special[name as keyof typeof special][primitive] ?? [])
                : undefined
          // On GPUs what is computed is the adapter's choice; what is only moved is not.
          if (declared === undefined) {
            if (movingOnly.includes(primitive)) expect(found).to.deep.equal([])
            return
          }
          const strange = found.filter(({ kinds }) => !kinds.some(kind => declared.includes(kind)))
          expect(strange.slice(0, 3)).to.deep.equal([])
          for (const kind of declared)
            expect(
              found.some(({ kinds }) => kinds.includes(kind)),
              `${kind}, which the table says`,
            ).to.equal(true)
        },
      )
  }

  it('that differ stand in the docstring', () => {
    const fileOf = (name: string): string => `lib/primitives/${name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}.ts`
    for (const [engine, differing] of Object.entries(special))
      for (const name of Object.keys(differing)) {
        const text = readFileSync(join(__dirname, '../..', fileOf(name)), 'utf8')
        expect(text, `${name} on ${engine}`).to.match(new RegExp(`Differs[^/]*\\b${engine}\\b`))
      }
  })
})

describe('Tensors without elements', () => {
  it('are refused by every primitive, computed or traced', () => {
    for (const primitive of Object.values(primitives))
      for (const empty of [zeros([2, 0]), full(1, [0]), abstract([0, 2])]) {
        expect(() => apply(primitive as unknown as Primitive, {}, empty, empty, empty), primitive.name).to.throw(
          /: the sizes of operand 0 must be at least 1, got \[/,
        )
      }
  })
})
