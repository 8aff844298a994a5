/** TensorFlow.js on WebGPU as a peer. Its kernels there take transposing flags as they come. */
import * as tf from '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-webgpu'
import { caseOf } from '../case.mjs'
import { contender } from '../contender.mjs'
import { byFlags, runsOf } from '../tfjs-network.mjs'

export const open = async ({ parameters, batch, sgd }) => {
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js must find WebGPU, got no adapter that it takes')
  return contender(`TensorFlow.js ${tf.version.tfjs}`, runsOf(tf, caseOf('tfjs', parameters, batch), sgd, byFlags))
}
