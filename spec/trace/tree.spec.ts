import { expect } from 'chai'
import fc from 'fast-check'
import { full, type Tensor, UserError } from '../../lib/tensor'
import { entries, joined, leaves, mapTree, parted, rebuild } from '../../lib/trace'

/** Trees of tensors, numbers, strings and nothing. */
const { tree: trees } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.nat(9).map(n => full(n)),
    fc.constantFrom(1, 'text', null, undefined),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('W', 'b', 'gain', '0'), tie('tree'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))

describe('A tree of tensors', () => {
  const parameters = { patch: { W: full(1), b: full(2) }, STB: [{ alpha: full(3) }, {}, { alpha: full(4) }], heads: 4 }

  it('has its tensors under their paths, in the order of the keys', () => {
    const values = entries(parameters).map(([path, x]) => [path, x.get()])
    expect(values).to.deep.equal([
      ['patch.W', 1],
      ['patch.b', 2],
      ['STB.0.alpha', 3],
      ['STB.2.alpha', 4],
    ])
    expect(entries(full(1)).map(([path]) => path)).to.deep.equal([''])
    expect(entries(7)).to.deep.equal([])
  })

  it('is mapped to a tree of the same form', () => {
    fc.assert(
      fc.property(trees, tree => {
        const paths: string[] = []
        const mapped = mapTree((x, _, path) => (paths.push(path), full(x.get() + 1)), tree)
        expect(paths).to.deep.equal(entries(tree).map(([path]) => path))
        expect(entries(mapped).map(([path, x]) => [path, x.get()])).to.deep.equal(
          entries(tree).map(([path, x]) => [path, x.get() + 1]),
        )
        expect(mapTree(x => full(x.get() - 1), mapped)).to.deep.equal(tree)
      }),
    )
  })

  it('is the same tree when it is rebuilt from its leaves', () => {
    fc.assert(fc.property(trees, tree => void expect(rebuild(tree, leaves(tree))).to.deep.equal(tree)))
  })

  it('is walked beside others by the same keys', () => {
    const sum = mapTree((x, [y]) => full(x.get() + y!.get()), parameters, parameters)
    expect(leaves(sum).map(x => x.get())).to.deep.equal([2, 4, 6, 8])
    expect(sum.heads).to.equal(4)
  })

  it('keeps what is not a tree as it is: numbers, strings, typed arrays, functions', () => {
    const other = { n: 1, text: 'x', none: null, raw: new Float32Array(2), f: Math.sqrt }
    const mapped = mapTree(x => x, other)
    expect(mapped).to.deep.equal(other)
    expect(mapped.raw).to.equal(other.raw)
  })

  it('says which tree lacks a tensor, and where', () => {
    const add = (x: Tensor): Tensor => x
    const first: unknown = { STB: [{ W: full(1) }], b: full(2) }
    for (const [others, says] of [
      [[{ STB: [{}], b: full(2) }], "tree 2 must have a tensor at 'STB.0.W', as tree 1 has, got undefined"],
      [[{ STB: [], b: full(2) }], "tree 2 must have a tensor at 'STB.0.W', as tree 1 has, got undefined"],
      [[{ STB: null, b: full(2) }], "tree 2 must have a tensor at 'STB.0.W', as tree 1 has, got undefined"],
      [[first, { STB: [{ W: full(1) }], b: 2 }], "tree 3 must have a tensor at 'b', as tree 1 has, got 2"],
      [[null], "tree 2 must have a tensor at 'STB.0.W', as tree 1 has, got undefined"],
    ] as const)
      expect(() => mapTree<unknown>(add, first, ...others))
        .to.throw(UserError)
        .with.property('message', says)
  })

  it('falls into two trees of its form, which joined are it', () =>
    fc.assert(
      fc.property(trees, fc.func(fc.boolean()), (tree, isChosen) => {
        const [chosen, others] = parted(isChosen, tree)
        const paths = entries(tree).map(([path]) => path)
        expect(entries(chosen).map(([path]) => path)).to.deep.equal(paths.filter(path => isChosen(path)))
        expect(entries(others).map(([path]) => path)).to.deep.equal(paths.filter(path => !isChosen(path)))
        expect(joined(chosen, others)).to.deep.equal(tree)
        expect(joined(others, chosen)).to.deep.equal(tree)
      }),
    ))
})
