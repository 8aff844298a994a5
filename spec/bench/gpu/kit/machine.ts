/** What the kit computes on: mode webgpu, and PyTorch where a Python has it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Engine, gpuEngine, type GpuHandle, type GpuOptions } from '../../../../lib/engines'
import type { Row, Say } from './row'

/** The kit's folder: its program lies in `program/`. */
export const kit = join(__dirname, '..')

export const open = (options: Partial<GpuOptions> = {}): Promise<Engine<GpuHandle>> =>
  gpuEngine({ mode: 'webgpu', software: true, ...options })
export const opened = async (): Promise<Engine> => (await open()) as Engine

interface PyTorch {
  readonly python: string
  readonly device: 'cuda' | 'cpu'
  readonly version: string
}
const probe = 'import torch; print("cuda" if torch.cuda.is_available() else "cpu", torch.__version__)'
/** The first Python with PyTorch, `PYTHON` before others. */
export const pytorch = (): PyTorch | undefined => {
  for (const python of [process.env['PYTHON'], 'python3', 'python', '/usr/bin/python3']) {
    if (python === undefined) continue
    const { status, stdout } = spawnSync(python, ['-c', probe], { encoding: 'utf8' })
    const [device, version] = status === 0 ? stdout.trim().split(' ') : []
    if (version !== undefined) return { python, device: device as PyTorch['device'], version }
  }
  return undefined
}

interface Adapter {
  readonly info: Readonly<Record<string, unknown>>
  readonly limits: Readonly<Record<string, number>>
  readonly features: Iterable<string>
}
const INFO = ['vendor', 'architecture', 'device', 'description', 'isFallbackAdapter'] as const
const LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage', 'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupsPerDimension'] as const // prettier-ignore

/** The adapter and its limits, and what stands beside it. */
export const describe = async (say: Say): Promise<void> => {
  const engine = await open()
  const row = (what: string, note: string): Row => ({ what, name: 'machine', note })
  const { gpu } = (globalThis as unknown as { navigator: { gpu: { requestAdapter: () => Promise<Adapter> } } }).navigator // prettier-ignore
  const { info, limits, features } = await gpu.requestAdapter()
  say(row('engine', engine.description))
  say(row('adapter', INFO.map(name => `${name} ${String(info[name])}`).join(', ')))
  say(row('limits', LIMITS.map(name => `${name} ${limits[name]}`).join(', ')))
  say(row('features', [...features].sort().join(' ')))
  const found = pytorch()
  say(row('PyTorch', found ? `${found.version} on ${found.device} (${found.python})` : 'none'))
  await engine.close()
}
