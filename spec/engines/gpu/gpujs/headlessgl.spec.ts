/** Mode headlessgl, beyond what every mode of the engine `gpu` is tried for. */
import { expect } from 'chai'
import { flat, gpuEngine, matmul, permute, type Tensor, trace, transpose } from '../../../../lib'
import { noHeadlessGL } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'
import { expectNear, operandsOf } from '../../../laws/values'

describeWhere(noHeadlessGL())('Products of packed operands on gpu.js, mode headlessgl', () => {
  const run = async (tuned: boolean, f: (...xs: Tensor[]) => unknown, xs: readonly Tensor[]) => {
    const engine = await gpuEngine({ mode: 'headlessgl', tuned })
    try {
      const execute = await engine.compile(trace(f, ...xs).graph)
      return {
        description: engine.description,
        results: await Promise.all((await execute(xs.map(engine.upload))).map(engine.download)),
      }
    } finally {
      await engine.close()
    }
  }
  const products = (A: Tensor, B: Tensor): readonly Tensor[] => [
    matmul(A, B),
    matmul(transpose(B), transpose(A)),
    matmul(transpose(A), A),
    matmul(A, transpose(A)),
    matmul(permute(A, [1, 0, 2]), permute(A, [1, 2, 0])),
  ]

  for (const [a, b] of [
    [
      [1, 1, 4],
      [1, 4, 20_011],
    ],
    [
      [1, 128, 64],
      [1, 64, 128],
    ],
    [
      [3, 67, 71],
      [1, 71, 73],
    ],
    [
      [5, 61, 129],
      [5, 129, 59],
    ],
  ] as const)
    it(`are those of plain kernels, [${a.join(', ')}] by [${b.join(', ')}]`, async () => {
      const xs = operandsOf(
        [a, b].map(shape => ({ shape, range: 'any' as const })),
        1,
        'float32',
      )
      const [ours, plain] = [await run(true, products, xs), await run(false, products, xs)]
      expect(ours.description).to.match(/packed operands/)
      expect(plain.description).not.to.match(/packed operands/)
      const references = products(xs[0]!, xs[1]!)
      for (const [i, y] of ours.results.entries()) {
        expectNear(flat(y), flat(references[i]!), 1e-5, `product ${i}`)
        expectNear(flat(plain.results[i]!), flat(references[i]!), 1e-5, `plain product ${i}`)
      }
    })
})
