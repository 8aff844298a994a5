/** Whether mode webgpu computes what it must here: every primitive as its reference, and the golden cases of an independent model. */
import fc from 'fast-check'
import type { Engine } from '../../../../lib/engines'
import { flat, type Tensor } from '../../../../lib/tensor'
import { entries, leaves, trace } from '../../../../lib/trace'
import { type Batch, lossOf } from '../../../../lib/training'
import { valueAndGrad } from '../../../../lib/transforms'
import type { Parameters } from '../../../../lib/paper'
import { goldenCases, goldenNetwork, under } from '../../../golden'
import { cases, composites } from '../../../laws/primitives'
import { operandsOf } from '../../../laws/values'
import { opened } from './machine'
import type { Say } from './row'

const CALLS = 6
const SEED = 20230
/** Deviations are measured against the largest value, where that is above 1. */
const TOLERANCE = { primitives: 1e-5, networks: 1e-4 }

const sizeOfLargest = (xs: readonly Tensor[]): number =>
  xs.reduce((most, x) => [...flat(x)].reduce((m, v) => Math.max(m, Math.abs(v)), most), 0)
const apart = (found: Tensor, expected: Tensor): number => {
  const [a, b] = [[...flat(found)], [...flat(expected)]]
  if (a.length !== b.length) return Infinity
  return b.reduce((most, v, i) => (Object.is(a[i], v) ? most : Math.max(most, Math.abs(a[i]! - v))), 0)
}

const run = async (engine: Engine, f: (...xs: never[]) => unknown, ...given: readonly unknown[]) => {
  const { graph } = trace(f as (...xs: unknown[]) => unknown, ...given)
  const execute = await engine.compile(graph)
  const handles = leaves(given).map(engine.upload)
  const made = await execute(handles)
  const results = await Promise.all(made.map(engine.download))
  engine.release([...handles, ...made])
  return results
}

/** @returns by how much calls of a primitive differ from its reference */
const deviationOf = async (engine: Engine, calls: (typeof cases)[keyof typeof cases]): Promise<number> => {
  let worst = 0
  for (const [i, call] of fc.sample(calls, { numRuns: CALLS, seed: SEED }).entries()) {
    const xs = operandsOf(call.operands, SEED + i, 'float32')
    const expected = leaves(call.f(...xs)) as readonly Tensor[]
    const found = await run(engine, call.f as never, ...xs)
    expected.forEach((y, k) => (worst = Math.max(worst, apart(found[k]!, y) / Math.max(1, sizeOfLargest([y])))))
  }
  return worst
}

/** @returns by how much a golden case's loss and gradients differ, of the largest gradient */
const goldenDeviation = async (engine: Engine, name: string): Promise<number> => {
  const { tensors, config, X, labels, parameters } = goldenNetwork(name, 'float32')
  const f = valueAndGrad((p: Parameters, b: Batch) => lossOf(config, p, b).loss)
  const [loss, ...gradients] = await run(engine, f, parameters, { X, labels })
  const expected = under(tensors, 'grad')
  const largest = sizeOfLargest([...expected.values()])
  const off = entries(parameters).map(([path], i) => apart(gradients[i]!, expected.get(path)!) / largest)
  return Math.max(apart(loss!, tensors.get('out.loss')!), ...off)
}

/** Tries all of some, and says how many hold and which do not. */
const tried = async (
  what: string,
  names: readonly string[],
  tolerance: number,
  of: (name: string) => Promise<number>,
  say: Say,
) => {
  // prettier-ignore
  const broken: string[] = []
  let worst = 0
  for (const name of names) {
    const off = await of(name).catch((error: Error) => {
      broken.push(`${name}: ${error.message.split('\n')[0]}`)
      return 0
    })
    if (!(off <= tolerance)) broken.push(`${name}: off by ${off.toExponential(1)}`)
    worst = Math.max(worst, off)
  }
  const note = broken.length === 0 ? 'all hold' : `broken: ${broken.join('; ')}`
  say({ what, name: 'ours', note: `${names.length} tried, worst deviation ${worst.toExponential(1)}: ${note}` })
}

export const check = async (say: Say): Promise<void> => {
  const engine = await opened()
  const golden = (name: string): Promise<number> => goldenDeviation(engine, name)
  await tried('golden cases: loss and gradients', goldenCases, TOLERANCE.networks, golden, say)
  const all: Readonly<Record<string, (typeof cases)[keyof typeof cases]>> = { ...cases, ...composites }
  const law = (name: string): Promise<number> => deviationOf(engine, all[name]!)
  await tried('primitives as their references', Object.keys(all), TOLERANCE.primitives, law, say)
  await engine.close()
}
