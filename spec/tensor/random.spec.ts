/** Random streams: what a seed and a name decide. */
import { expect } from 'chai'
import { flat, randomStream, truncatedNormal } from '../../lib/tensor'

const draws = (seed: number, name: string | number, n: number): number[] => {
  const stream = randomStream(seed, name)
  return Array.from({ length: n }, stream)
}
/** The correlation of two samples. */
const correlation = (a: readonly number[], b: readonly number[]): number => {
  const mean = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0) / x.length
  const [ma, mb] = [mean(a), mean(b)]
  const sum = (f: (i: number) => number): number => a.reduce((s, _, i) => s + f(i), 0)
  const product = sum(i => (a[i]! - ma) * (b[i]! - mb))
  return product / Math.sqrt(sum(i => (a[i]! - ma) ** 2) * sum(i => (b[i]! - mb) ** 2))
}

describe('randomStream', () => {
  it('is the same for the same seed and name, and another for any other', () => {
    expect(draws(1, 'STB.0.W_1', 5)).to.deep.equal(draws(1, 'STB.0.W_1', 5))
    const others = [draws(2, 'STB.0.W_1', 5), draws(1, 'STB.0.W_2', 5), draws(1 + 2 ** 32, 'STB.0.W_1', 5)]
    for (const other of others) expect(other).not.to.deep.equal(draws(1, 'STB.0.W_1', 5))
  })
  it('draws today what it drew before: a seed names the same run in every version', () => {
    expect(draws(1, 'x', 3)).to.deep.equal([0.5591443649498913, 0.4257537524088234, 0.43885866885147207])
    expect(draws(2 ** 40 + 7, 5, 2)).to.deep.equal([0.22551329953198818, 0.030173841103261156])
  })
  it('first draws of neighbouring names and seeds are uncorrelated', () => {
    const first = (f: (i: number) => number[]): number[] => Array.from({ length: 4000 }, (_, i) => f(i)[0]!)
    const byName = first(i => draws(7, i, 1))
    const bySeed = first(i => draws(i, 'P_s', 1))
    // Of 4,000 independent pairs, the correlation has a deviation of 0.016.
    for (const sample of [byName, bySeed])
      expect(Math.abs(correlation(sample.slice(1), sample.slice(0, -1)))).to.be.below(0.08)
  })
  it('tensors of names that differ in a letter are uncorrelated', () => {
    const tensor = (name: string): number[] => [...flat(truncatedNormal(randomStream(1, name), [64, 64], 1))]
    expect(Math.abs(correlation(tensor('STB.0.W_1'), tensor('STB.0.W_2')))).to.be.below(0.08)
    expect(Math.abs(correlation(tensor('STB.0.W_Q'), tensor('STB.1.W_Q')))).to.be.below(0.08)
  })
})
