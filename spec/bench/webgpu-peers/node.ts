/** Contenders in Node, on the package `webgpu`: ours in this process, each peer in one of its own. */
import { join, relative } from 'node:path'
import { type Case, ours } from '../../../lib/cli/bench/ours'
import { type Contender, WHAT } from '../../../lib/cli/bench/contender'
import { startPeer } from '../../../lib/cli/bench/peer'
import { type Engine, gpuEngine } from '../../../lib/engines'
import { type Entry, type Files, PEERS } from './files'

export const openNode = async (
  { parameters, batch, models, libraries, versions }: Files,
  test: Omit<Case, 'what'>,
  sgd: readonly number[],
) => {
  const engine = (await gpuEngine({ mode: 'webgpu', software: true })) as Engine
  const ended = new AbortController()
  const open = ({ program, deadWork }: Entry): Promise<Contender> => {
    if (program === 'ours') return ours(engine, { ...test, what: WHAT }, deadWork, () => undefined)
    const given = { parameters, batch, model: models[deadWork], libraries: `${libraries}/`, versions, sgd }
    const args = [relative('', join(PEERS, 'webgpu/node.mjs')), program, JSON.stringify(given)]
    return startPeer(process.execPath, args, {}, ended.signal)
  }
  return {
    name: `Node ${process.versions.node}`,
    adapter: engine.description,
    open,
    close: async () => {
      ended.abort()
      await engine.close()
    },
  }
}
