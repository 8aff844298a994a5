/** What runs on GPUs, whose workgroups have memory, on an adapter in software, which takes minutes to compile it. */
import { expect } from 'chai'
import { flat, full, gpuEngine } from '../../../../lib'
import { entries, leaves, trace } from '../../../../lib/trace'
import { sgd, trainingStep } from '../../../../lib/training'
import { goldenNetwork, under } from '../../../golden'
import { softwareAdapter } from '../../../laws/gpu'
import { describeWhere } from '../../../laws/skips'

describeWhere(softwareAdapter())('Products and rows whose threads share what they read', () => {
  it('take a step of SGD to the parameters that PyTorch has, twice to the same bits', async () => {
    const { tensors, config, train, X, labels, parameters } = goldenNetwork('default', 'float32')
    const optimizer = sgd(train)
    const state = { parameters, optimizer: optimizer.start(parameters) }
    const args = [state, { X, labels }, full(train.rate, [])] as const
    const engine = await gpuEngine({ mode: 'webgpu', software: true, tiling: 'workgroups' })
    try {
      expect(engine.description).to.match(/our own plans in WGSL, tiles in workgroups$/)
      const execute = await engine.compile(trace(trainingStep(config, optimizer), ...args).graph)
      const given = leaves(args).map(engine.upload)
      const [once, again] = [await execute(given), await execute(given)]
      const expected = under(tensors, 'sgd1')
      const largest = Math.max(...[...expected.values()].flatMap(x => [...flat(x)].map(Math.abs)))
      for (const [i, [name]] of entries(parameters).entries()) {
        const [found, same] = [flat(await engine.download(once[i]!)), flat(await engine.download(again[i]!))]
        expect(same, `${name}, once more`).to.deep.equal(found)
        flat(expected.get(name)!).forEach((v, k) => expect(found[k], name).to.be.closeTo(v, 1e-4 * largest))
      }
      engine.release([...given, ...once, ...again])
    } finally {
      await engine.close()
    }
  }).timeout(1_200_000)
})
