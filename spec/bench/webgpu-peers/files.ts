/** What contenders on WebGPU are given: files of the same weights and clips, and our own exports of the network. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case } from '../../../lib/cli/bench/ours'
import { saveCase } from '../../../lib/cli/bench/peers'
import { modelFiles } from '../../../lib/engines'
import { UserError } from '../../../lib/tensor'
import { networkModel } from '../../../lib/training'
import { save } from '../../../lib/disk'

export const PEERS = join(__dirname, '../peers')
const peers = createRequire(join(PEERS, 'package.json'))

/** Where the packages of peers are, with their versions. Throws UserError where one is not installed. */
const installed = (name: string): { readonly folder: string; readonly version: string } => {
  const folder = join(PEERS, 'node_modules', name)
  try {
    return { folder, version: (peers(join(folder, 'package.json')) as { readonly version: string }).version }
  } catch {
    throw new UserError(`${name} must be installed, but it is not: npm ci --ignore-scripts --prefix spec/bench/peers`)
  }
}

/** The peers' programs in `peers/webgpu`, and the package of each. */
export const PROGRAMS = { jaxjs: '@jax-js/jax', onnxruntime: 'onnxruntime-web', tfjs: '@tensorflow/tfjs' } as const
export type Program = keyof typeof PROGRAMS
export const programs = Object.keys(PROGRAMS) as readonly Program[]

/** Who stands beside whom: ours and ONNX Runtime both with dead work and without, which their name says. */
export interface Entry {
  readonly program: Program | 'ours'
  readonly deadWork: 'kept' | 'left out'
}
export const entriesFor = (asked: readonly Program[]): readonly Entry[] =>
  (['ours', ...asked] as const).flatMap((program): readonly Entry[] => {
    const whole = { program, deadWork: 'kept' } as const
    return program === 'ours' || program === 'onnxruntime' ? [whole, { program, deadWork: 'left out' }] : [whole]
  })

export interface Files {
  readonly parameters: string
  readonly batch: string
  readonly models: Readonly<Record<Entry['deadWork'], string>>
  /** The folder of ONNX Runtime Web's WebAssembly. */
  readonly libraries: string
  readonly versions: Readonly<Record<string, string>>
  readonly folder: string
}

export const writeFiles = (test: Omit<Case, 'what'>): Files => {
  const { config, parameters } = test
  const packages = Object.values(PROGRAMS).map(name => [name, installed(name)] as const)
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-webgpu-'))
  const at = (name: string): string => join(folder, name)
  const [first, second] = saveCase(folder, test)
  const exported = (deadWork: Entry['deadWork']): string => {
    const file = at(`${deadWork.replace(' ', '-')}.onnx`)
    save(file, [modelFiles(networkModel(config, parameters, deadWork), `${file}.data`).model])
    return file
  }
  return {
    parameters: first,
    batch: second,
    models: { kept: exported('kept'), 'left out': exported('left out') },
    libraries: join(installed(PROGRAMS.onnxruntime).folder, 'dist'),
    versions: Object.fromEntries(packages.map(([name, { version }]) => [name, version])),
    folder,
  }
}

export const bytesOf = (file: string): Uint8Array => Uint8Array.from(readFileSync(file))
