/** This library in a page: its mode webgpu, bundled for browsers as the playground is. */
import { ours } from '../../../lib/cli/bench/ours'
import { WHAT } from '../../../lib/cli/bench/contender'
import { type Engine, gpuEngine } from '../../../lib/engines'
import type { Config } from '../../../lib/paper'
import { type Batch, decodeCheckpoint, decodeSafetensors, weightsOf } from '../../../lib/training'
import type { Entry } from './files'

interface Given {
  readonly parameters: Uint8Array
  readonly batch: Uint8Array
  readonly sgd: readonly [rate: number, momentum: number, decay: number]
  readonly deadWork: Entry['deadWork']
}
export const open = async ({ parameters, batch, sgd: [rate, momentum, decay], deadWork }: Given) => {
  const gpujs = () => Promise.all([import('gpu.js'), import('gpu.js/package.json')])
  const engine = (await gpuEngine({ mode: 'webgpu', software: true, gpujs })) as Engine
  const { config, state } = decodeCheckpoint(parameters, 'parameters')
  const { X, labels } = Object.fromEntries(decodeSafetensors(batch, 'batch').tensors)
  const train = { rate, momentum, decay }
  const test = {
    config: config as Config,
    parameters: weightsOf(state),
    batch: { X, labels } as Batch,
    train,
    what: WHAT,
  }
  return ours(engine, test, deadWork, () => undefined)
}
