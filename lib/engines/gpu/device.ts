/** The devices of the engine `gpu`: gpu.js in one of its modes, and in its place or within it kernels of our own. */
import { UserError } from '../../tensor'
import { gpuJsDevice } from './gpujs/device'
import { type GpuJs, type GpuJsImport, loadGpuJs } from './gpujs/library'
import { webgpuMemory } from './gpujs/memory'
import { openWebGPU } from './gpujs/webgpu'
import type { Device as PlanDevice } from './plan/plan'
import { agrees } from './trial'
import { wasmDevice } from './wasm/device'
import { processors } from './wasm/runtime/pool'
import { wgslDevice, withFallback } from './wgsl/device'
import type { Tiling } from './wgsl/products'

/** What gpu.js can compute with. */
export const modes = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const
/** One of gpu.js's modes. */
export type Mode = (typeof modes)[number]

/** What a device keeps a result in is its own affair. */
export type Stored = unknown
export type Device = PlanDevice<Stored>
const anyDevice = <A>(device: PlanDevice<A>): Device => device as unknown as Device

export interface DeviceOptions {
  /** Whether a WebGPU adapter in software will do, as for tests. */
  readonly software?: boolean
  /** Whether kernels of our own run, where they can. */
  readonly tuned?: boolean
  /** Where products in mode webgpu keep what several sums need, and rows what their threads share: in registers on adapters in
   *  software, and in memory of workgroups on others, where left out. */
  readonly tiling?: Tiling
  /** Gets a line where gpu.js runs a graph in the place of our own kernels, which the driver has refused, and all that its
   *  compiler says. */
  readonly say?: (line: string, why: string) => void
  /** How many threads compute in mode webasm: as many as there are cores, where left out. */
  readonly threads?: number
  /** gpu.js, where a bundler must be told of it: `() => Promise.all([import('gpu.js'), import('gpu.js/package.json')])`.
   *  It is loaded by its name without it, as in Node. Mode webasm needs none. */
  readonly gpujs?: GpuJsImport
}

/** Our own plans where they compute what gpu.js does, else gpu.js, one kernel at a time. */
const openWebGPUDevice = async (gpujs: GpuJs, options: DeviceOptions) => {
  const { software = false, tuned = true, tiling, say = () => undefined } = options
  const webgpu = await openWebGPU(gpujs, software)
  const memory = (await gpujs.isKnown()) ? webgpuMemory(gpujs, webgpu.context) : undefined
  const plain = gpuJsDevice(gpujs, { mode: 'webgpu', on: webgpu.adapter, packs: false, memory })
  const closing = (device: Device): Device => ({
    ...device,
    close: async () => {
      await device.close()
      await webgpu.close()
    },
  })
  if (!tuned) return closing(anyDevice(plain))
  try {
    const device = wgslDevice(webgpu.context, tiling ?? (webgpu.software ? 'registers' : 'workgroups'), webgpu.adapter)
    if (await agrees(device, plain)) return closing(anyDevice(withFallback(device, plain, say)))
    throw new UserError('engine gpu: our own kernels must compute what those of gpu.js do, got something else')
  } catch (error) {
    // Whatever is missing here, gpu.js does without.
    const { message, cause } = error as Error
    const description = `${plain.description}, one kernel at a time: ${message.split('\n')[0]!}`
    return closing(anyDevice({ ...plain, description, passedOver: [String(cause ?? message)] }))
  }
}

const openHeadlessGL = (gpujs: GpuJs, { tuned = true }: DeviceOptions): Device => {
  if (!gpujs.GPU.isHeadlessGLSupported)
    throw new UserError(
      'engine gpu: mode headlessgl needs the package gl and an X server, but gpu.js finds none: npm install gl, and start Xvfb',
    )
  const on = `OpenGL${tuned ? ', products of packed operands' : ''}`
  return anyDevice(gpuJsDevice(gpujs, { mode: 'headlessgl', on, packs: tuned }))
}

const onJavaScript = (gpujs: GpuJs, mode: 'webasm' | 'cpu'): Device =>
  anyDevice(gpuJsDevice(gpujs, { mode, on: 'one thread', packs: false }))

/** Our own WebAssembly where it computes what gpu.js does, else gpu.js's. It needs gpu.js only to be compared with: where that is
 *  not installed, the reference is what it must agree with. */
const openWebAssembly = async ({ threads = processors(), gpujs: load }: DeviceOptions): Promise<Device> => {
  const gpujs = await loadGpuJs(load).catch((error: unknown) => error as UserError)
  const plain = gpujs instanceof Error ? undefined : onJavaScript(gpujs, 'webasm')
  try {
    const device = wasmDevice(threads, plain ? 'gpu.js on webasm' : 'webasm without gpu.js')
    if (await agrees(device, plain))
      return anyDevice({
        ...device,
        close: async () => {
          await device.close()
          await plain?.close()
        },
      })
    await device.close()
  } catch {
    // Whatever is missing here, the plain kernels do without.
  }
  if (!plain) throw gpujs as UserError
  return plain
}

/** Opens a mode. Throws UserError that says what is missing, and what to install or do. */
export const openDevice = async (mode: Mode, options: DeviceOptions): Promise<Device> => {
  const { tuned = true } = options
  if (mode === 'webasm' && tuned) return openWebAssembly(options)
  const gpujs = await loadGpuJs(options.gpujs)
  if (mode === 'webgpu') return openWebGPUDevice(gpujs, options)
  return mode === 'headlessgl' ? openHeadlessGL(gpujs, options) : onJavaScript(gpujs, mode)
}
