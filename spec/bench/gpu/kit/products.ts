/** Matrix products in all layouts: ours beside gpu.js's own and PyTorch's. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { contender } from '../../../../lib/cli/bench/products'
import { matmul, transpose } from '../../../../lib/primitives'
import type { Tensor } from '../../../../lib/tensor'
import { kit, open, pytorch } from './machine'
import type { Row, Say } from './row'

const SIZES = [512, 1024, 2048, 4096]
const ROUNDS = 3
/** gpu.js's kernel is not asked for larger products once one takes longer than this. */
const PATIENCE = 500
const layouts = {
  'A·B': (a: Tensor, b: Tensor) => matmul(a, b),
  'A·Bᵀ': (a: Tensor, b: Tensor) => matmul(a, transpose(b)),
  'Aᵀ·B': (a: Tensor, b: Tensor) => matmul(transpose(a), b),
  'Aᵀ·Bᵀ': (a: Tensor, b: Tensor) => matmul(transpose(a), transpose(b)),
}

/** PyTorch's, of one size. */
const theirs = async (size: number, say: Say): Promise<void> => {
  const found = pytorch()
  if (!found) return
  const child = spawn(found.python, [join(kit, 'spec/bench/gpu/products.py'), found.device, String(size)])
  for await (const line of createInterface({ input: child.stdout })) say(JSON.parse(line) as Row)
}

export const multiply = async (say: Say): Promise<void> => {
  const [ours, plain] = [await open(), await open({ tuned: false })]
  let plainIsAsked = true
  for (const size of SIZES) {
    for (const [layout, product] of Object.entries(layouts)) {
      const all = [await contender('ours', ours, size, product)]
      if (plainIsAsked) all.push(await contender("gpu.js's own", plain, size, product))
      for (let round = 0; round < ROUNDS; round++) for (const c of all) await c.round()
      for (const { figure, release } of all) {
        release()
        say({ what: `${layout} ${size}³`, name: figure.name, ms: figure.ms })
      }
      plainIsAsked &&= Math.min(...all.at(-1)!.figure.ms) < PATIENCE
    }
    await theirs(size, say)
  }
  await ours.close()
  await plain.close()
}
