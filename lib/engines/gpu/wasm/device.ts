/** Mode webasm with WebAssembly of our own beside gpu.js's. Each kernel of gpu.js has a memory of its own, and copies its
 *  arguments and its result through JavaScript; ours share one memory and one pool of threads, and run all steps of a plan in
 *  one go. Nothing of gpu.js is changed: its kernels are what ours are compared with when an engine opens, and what runs
 *  where ours cannot. */
import { flat, fromArray, type Shape, sizeOf, type Tensor } from '../../../tensor'
import { trace } from '../../../trace'
import { add, matmul, softmax, transpose } from '../../../primitives'
import { planOf } from '../plan/plan'
import type { Device, Stored } from '../steps'
import { type Located, openMachine } from './runtime/machine'

const machineDevice = (threads: number, plain: Device): Device => {
  const machine = openMachine(threads)
  return {
    description: `gpu.js on webasm, our own SIMD on ${machine.threads === 1 ? 'one thread' : `${machine.threads} threads`}`,
    compile: plan => machine.compile(plan) as ReturnType<Device['compile']>,
    upload: machine.upload,
    download: async x => machine.download(x as Located),
    discard: x => machine.discard(x as Located),
    close: async () => {
      await machine.close()
      await plain.close()
    },
  }
}

const numbers = (shape: Shape, seed: number): Tensor =>
  fromArray(
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + seed)),
    shape,
  )
/** What a product, folds and maps come to, of sizes in which every kind of rest has a part. */
const trialOn = async (device: Device): Promise<Float32Array> => {
  const xs = [numbers([7, 13], 1), numbers([19, 13], 2), numbers([19], 3)] as const
  const { graph } = trace((A: Tensor, B: Tensor, c: Tensor) => softmax(add(matmul(A, transpose(B)), c)), ...xs)
  const plan = planOf(graph)
  const given: Stored[] = []
  for (const x of xs) given.push(await device.upload(flat(x) as Float32Array))
  const made = await (await device.compile(plan))(new Map(given.map((x, i) => [i, x])))
  const result = made.get(plan.outputs[0]!.array)!
  const found = await device.download(result)
  for (const x of [...given, result]) device.discard(x)
  return found
}

/** Our own device where it computes what the plain one does, else the plain one. */
export const ownDevice = async (plain: Device, threads: number): Promise<Device> => {
  try {
    const own = machineDevice(threads, plain)
    const [ours, theirs] = [await trialOn(own), await trialOn(plain)]
    if (ours.every((v, i) => Math.abs(v - theirs[i]!) <= 1e-5)) return own
  } catch {
    // Whatever is missing here, the plain kernels do without.
  }
  return plain
}
