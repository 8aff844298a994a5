/** jax-js on WebGPU as a peer. */
import * as jax from '@jax-js/jax'
import { caseOf } from '../case.mjs'
import { contender } from '../contender.mjs'
import { runsOf } from '../jaxjs-network.mjs'

export const open = async ({ parameters, batch, sgd, versions }) => {
  const devices = await jax.init('webgpu')
  if (!devices.includes('webgpu')) throw new Error(`jax-js must find WebGPU, got ${devices.join(', ') || 'no device'}`)
  jax.defaultDevice('webgpu')
  const runs = runsOf(jax, caseOf('jax-js', parameters, batch), sgd, (v, zero) => v.add(zero.ref))
  return contender(`jax-js ${versions['@jax-js/jax']}`, runs)
}
