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
  const open = async ({ program, deadWork }: Entry): Promise<Contender> => {
    if (program === 'ours') return ours(engine, { ...test, what: WHAT }, deadWork, () => undefined)
    const given = { parameters, batch, model: models[deadWork], libraries: `${libraries}/`, versions, sgd }
    const args = [relative('', join(PEERS, 'webgpu/node.mjs')), program, JSON.stringify(given)]
    const ended = new AbortController()
    const peer = await startPeer(process.execPath, args, {}, ended.signal)
    const close = async (): Promise<void> => {
      ended.abort()
      await peer.close().catch(() => undefined)
    }
    return { ...peer, close }
  }
  return {
    name: `Node ${process.versions.node}`,
    adapter: engine.description,
    open,
    close: async () => {
      await engine.close()
    },
  }
}
