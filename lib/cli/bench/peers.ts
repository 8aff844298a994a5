/** The peers of a benchmark: which there are, what each needs, and how it is started. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { UserError } from '../../tensor'
import { here } from '../here'
import { digitsRecipe, startState } from '../../training'
import { saveCheckpoint, saveSafetensors } from '../../training/node'
import type { Case } from './ours'
import type { Contender } from './contender'
import { startPeer } from './peer'
import { exitCodeOf, listen } from '../terminal/signals'

/** What is asked for, as flags say it. */
export interface Peers {
  readonly python?: string
  readonly pytorchExport?: boolean
  readonly tfjs?: boolean
  readonly jaxjs?: boolean
}

/** The programs of the peers: in the repository, not in the package. */
const PROGRAMS = join(here, '../../spec/bench')
const program = (...path: string[]): string => relative('', join(PROGRAMS, ...path))

/** Those in JavaScript that bring libraries of their own: what each needs. */
const INSTALLED = { tfjs: '@tensorflow/tfjs-backend-wasm', jaxjs: '@jax-js/jax' } as const
const names = Object.keys(INSTALLED) as (keyof typeof INSTALLED)[]

/** Throws UserError where a peer that is asked for cannot run: before anything is measured.
 *  @param programs the folder of the programs */
export const checkPeers = (peers: Peers, programs = PROGRAMS): void => {
  if (peers.pytorchExport && peers.python === undefined)
    throw new UserError('--pytorch-export needs --python, the Python with PyTorch that exports')
  const asked = names.filter(name => peers[name])
  const flag = asked[0] ? `--${asked[0]}` : peers.python === undefined ? undefined : '--python'
  if (flag !== undefined && !existsSync(programs))
    throw new UserError(`${flag} needs a clone of the repository: the package does not hold spec/bench`)
  for (const name of asked)
    try {
      createRequire(join(programs, 'peers', `${name}.mjs`)).resolve(INSTALLED[name])
    } catch {
      throw new UserError(
        `--${name} needs the package ${INSTALLED[name]}, which is not installed: npm ci --prefix spec/bench/peers`,
      )
    }
}

/** What PyTorch is given beside its program: a tuned BLAS. */
const tuned = (): Record<string, string> => {
  const openmp = '/usr/lib/x86_64-linux-gnu/openblas-openmp'
  const wide = existsSync('/proc/cpuinfo') && readFileSync('/proc/cpuinfo', 'utf8').includes('avx512f')
  return {
    ...(existsSync(openmp) ? { LD_LIBRARY_PATH: openmp } : {}),
    ...(wide ? { OPENBLAS_CORETYPE: 'SKYLAKEX' } : {}),
  }
}

/** Starts the peers that are asked for, on the same weights and clips. They are told them in files, which they have read once they
 *  have started: nothing is left of those, not even where a signal ends this. */
export const startPeers = async (test: Case, peers: Peers): Promise<Contender[]> => {
  const asked = names.filter(name => peers[name])
  if (peers.python === undefined && asked.length === 0) return []
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-bench-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const stop = listen(signal => {
    remove()
    process.exit(exitCodeOf(signal))
  })
  try {
    return await startIn(folder, asked, test, peers)
  } finally {
    stop.end()
    remove()
  }
}

/** Writes what a peer in another process is told, two files: weights with their configuration, and clips with labels. */
export const saveCase = (
  folder: string,
  { config, parameters, batch }: Omit<Case, 'what'>,
): readonly [string, string] => {
  const [first, second] = [join(folder, 'parameters.safetensors'), join(folder, 'batch.safetensors')]
  const recipe = digitsRecipe
  saveCheckpoint(first, { config, recipe, seed: 1, step: 0, state: startState(recipe, parameters) })
  saveSafetensors(second, { tensors: new Map(Object.entries(batch)), metadata: {} })
  return [first, second]
}

const startIn = async (
  folder: string,
  asked: typeof names,
  test: Case,
  { python, pytorchExport }: Peers,
): Promise<Contender[]> => {
  const { what, train } = test
  const files = saveCase(folder, test)
  const numbers = [train.rate, train.momentum, train.decay].map(String)
  const started: Contender[] = []
  for (const name of asked)
    started.push(await startPeer(process.execPath, [program('peers', `${name}.mjs`), ...files, ...numbers], {}))
  if (python !== undefined && pytorchExport && what.includes('forward')) {
    const model = join(folder, 'exported.onnx')
    // One that exports has nothing to run: it says that it is done, and ends.
    const exporter = await startPeer(python, [program('export.py'), ...files, model], tuned())
    await exporter.close()
    started.push(await startPeer(process.execPath, [program('peers', 'onnxruntime.mjs'), model, files[1]], {}))
  }
  if (python !== undefined) started.push(await checkTuned(await startPeer(python, [program('pytorch.py'), ...files, ...numbers, String(train.parts ?? 1)], tuned()))) // prettier-ignore
  return started
}

/** Throws UserError for a peer whose BLAS is not tuned: whatever is beside it would look fast. */
const checkTuned = async (peer: Contender): Promise<Contender> => {
  const { name, blas } = peer
  if (blas?.tuned !== false) return peer
  await peer.close()
  throw new UserError(
    `--python: a comparison needs a BLAS that is tuned for this processor, got ${name} with ${blas.name}: on Debian, apt-get install libopenblas0-openmp`,
  )
}
