/** A program: takes thousands of steps on mode webgpu, and prints by how many bytes the process grew in each half of them. */
import { gpuEngine } from '../../../../lib'
import { softwareAdapter, training } from '../../../laws/gpu'

/** The memory of this process in bytes, once what nobody uses is given back. */
const resident = (): number => {
  global.gc!()
  return process.memoryUsage().rss
}

void (async () => {
  softwareAdapter()
  const engine = await gpuEngine({ mode: 'webgpu', software: true })
  const train = await training(engine)
  await train(300)
  const growth: number[] = []
  for (let half = 0; half < 2; half++) {
    const before = resident()
    await train(850)
    growth.push(resident() - before)
  }
  await engine.close()
  process.stdout.write(JSON.stringify(growth))
})()
