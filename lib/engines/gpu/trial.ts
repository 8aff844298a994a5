/** What a device must compute before it is trusted: what another one does. */
import { flat, fromArray, type Shape, sizeOf, type Tensor } from '../../tensor'
import { add, matmul, softmax, transpose } from '../../primitives'
import { trace } from '../../trace'
import { type Device, planOf } from './plan/plan'

const numbers = (shape: Shape, seed: number): Tensor =>
  fromArray(
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + seed)),
    shape,
  )
const trial = (A: Tensor, B: Tensor, c: Tensor): Tensor => softmax(add(matmul(A, transpose(B)), c))
const operands = [numbers([7, 13], 1), numbers([19, 13], 2), numbers([19], 3)] as const
/** What a product, folds and maps come to, of sizes in which every kind of rest has a part. */
const trialOn = async <A>(device: Device<A>): Promise<Float32Array> => {
  const plan = planOf(trace(trial, ...operands).graph)
  const given: A[] = []
  for (const x of operands) given.push(await device.upload(flat(x) as Float32Array))
  const made = await (await device.compile(plan))(new Map(given.map((x, i) => [i, x])))
  const result = made.get(plan.outputs[0]!.array)!
  const found = await device.download(result)
  for (const x of [...given, result]) device.discard(x)
  return found
}

/** Whether a device computes what another one does.
 *  @param reference gpu.js's device, or what the reference computes where gpu.js is not installed */
export const agrees = async <A, B>(device: Device<A>, reference: Device<B> | undefined): Promise<boolean> => {
  const [found, expected] = [await trialOn(device), reference ? await trialOn(reference) : flat(trial(...operands))]
  return found.every((v, i) => Math.abs(v - expected[i]!) <= 1e-5)
}
