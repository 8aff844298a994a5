/** What we use of gpu.js, whose own types lack some of it. */
import { builtin } from '../../../host'
import { UserError } from '../../../tensor'

/** A handle of a result on the device. `output` are its sizes along x, y and z. */
export interface Resident {
  readonly output: readonly number[]
  readonly toArray: () => unknown
  readonly delete: () => void
  /** Its memory, in mode webgpu. */
  readonly buffer?: Buffer
}
/** What we use of a buffer of WebGPU. */
export interface Buffer {
  readonly getMappedRange: () => ArrayBuffer
  readonly unmap: () => void
  readonly mapAsync: (mode: number) => Promise<void>
  readonly destroy: () => void
  /** How many hold it, as gpu.js counts. */
  _refs: number
}
/** gpu.js's device of WebGPU, and what we use of it. */
export interface WebGPU {
  readonly adapter: { readonly info: AdapterInfo }
  readonly isLost: boolean
  readonly device: WebGPUDevice
}
export interface WebGPUDevice {
  onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null
  readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number }
  readonly createBuffer: (options: {
    readonly size: number
    readonly usage: number
    readonly mappedAtCreation?: boolean
  }) => Buffer
  readonly createCommandEncoder: () => Encoder
  readonly pushErrorScope: (filter: 'validation') => void
  readonly popErrorScope: () => Promise<{ readonly message: string } | null>
  readonly createShaderModule: (options: { readonly code: string }) => object
  readonly createBindGroupLayout: (options: { readonly entries: readonly object[] }) => object
  readonly createPipelineLayout: (options: { readonly bindGroupLayouts: readonly object[] }) => object
  readonly createBindGroup: (options: { readonly layout: object; readonly entries: readonly object[] }) => object
  readonly createComputePipelineAsync: (options: {
    readonly layout: object
    readonly compute: object
  }) => Promise<object>
  readonly queue: {
    readonly submit: (commands: readonly unknown[]) => void
    readonly writeBuffer: (to: Buffer, at: number, data: Float32Array | Uint32Array) => void
  }
}
interface Encoder {
  readonly copyBufferToBuffer: (from: Buffer, at: number, to: Buffer, there: number, size: number) => void
  readonly beginComputePass: () => ComputePass
  readonly finish: () => unknown
}
interface ComputePass {
  readonly setPipeline: (pipeline: object) => void
  readonly setBindGroup: (index: number, group: object, offsets: Uint32Array, from: number, count: number) => void
  readonly dispatchWorkgroups: (x: number, y: number) => void
  readonly end: () => void
}
/** A kernel: it is called with its arguments, and answers at once or with a promise. */
export interface GpuKernel {
  (...args: unknown[]): unknown
  readonly kernel: {
    /** Why gpu.js took another mode than the one that it was asked for. */
    readonly fallbackReason?: string
    /** Its last result's memory, in mode webgpu. */
    readonly outputBuffer?: Buffer | null
  }
}
export interface AdapterInfo {
  readonly vendor?: string
  readonly architecture?: string
  readonly device?: string
  readonly description?: string
  readonly isFallbackAdapter?: boolean
}
export interface GpuJs {
  readonly GPU: {
    new (settings: { readonly mode: string }): {
      readonly createKernel: (
        source: string,
        settings: {
          readonly output: readonly number[]
          readonly loopMaxIterations?: number
          readonly pipeline?: boolean
          readonly immutable?: boolean
        },
      ) => GpuKernel
      /** A function in the language of the mode's own kernels. */
      readonly addNativeFunction: (
        name: string,
        source: string,
        settings: { readonly argumentTypes: Readonly<Record<string, string>>; readonly returnType: string },
      ) => void
      readonly destroy: () => Promise<void>
    }
    readonly isHeadlessGLSupported: boolean
  }
  readonly input: (value: Float32Array, size: readonly number[]) => unknown
  readonly WebGPUKernel: new (
    source: string,
    settings: object,
  ) => {
    readonly build: (...args: unknown[]) => Promise<void>
    readonly compiledSource: string
  }
  readonly WebGPUBufferResult: new (settings: {
    readonly buffer: Buffer
    readonly output: readonly number[]
    readonly context: WebGPU
  }) => Resident
  /** Whether it is the version into whose insides we reach. */
  readonly isKnown: () => Promise<boolean>
  readonly WebGPUContext: {
    readonly acquire: () => Promise<WebGPU>
    readonly destroy: () => Promise<void>
  }
}

/** A package that is not there unless a user installed it.
 *  @param why who needs it
 *  @param or what else helps
 *  @throws UserError that says what to install */
export const optional = async <T>(name: string, why: string, load: () => Promise<T>, or = ''): Promise<T> => {
  try {
    return await load()
  } catch (error) {
    const [first] = (error as Error).message.split('\n')
    throw new UserError(
      `${why} needs the package ${name}, but it cannot be loaded (${first}): npm install ${name}${or}`,
    )
  }
}

/** What a page hands to an engine, since a bundler must see the names of what it bundles: gpu.js, and its package.json, whose
 *  version says whether its insides are known. */
export type GpuJsImport = () => Promise<unknown>

/** The version of gpu.js into whose insides we reach. */
const KNOWN = '2.24.1'

/** By names that no bundler follows: a program that does without gpu.js needs none, whatever bundles it. */
const [MODULE, MANIFEST]: readonly [string, string] = ['gpu.js', 'gpu.js/package.json']
const byName: GpuJsImport = () => import(/* webpackIgnore: true */ /* @vite-ignore */ MODULE)
const manifestByName: GpuJsImport = () =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ MANIFEST, { with: { type: 'json' } })

const ASK =
  ", or in a page gpuEngine({ mode, gpujs: () => Promise.all([import('gpu.js'), import('gpu.js/package.json')]) })"

/** gpu.js, as Node finds it or as it is handed in. Throws UserError where there is none. */
export const loadGpuJs = (gpujs?: GpuJsImport): Promise<GpuJs> =>
  optional(
    'gpu.js',
    'engine gpu',
    async () => {
      const made = await (gpujs ?? byName)()
      const [module, manifest] = (Array.isArray(made) ? made : [made]) as [Imported<GpuJs>, unknown?]
      // Its file for browsers is a script, of whose names a bundler knows none.
      const library = module.WebGPUContext ? (module as GpuJs) : module.default
      const isKnown = async (): Promise<boolean> => {
        const of = (gpujs ? manifest : await manifestByName()) as Partial<Imported<Manifest>> | undefined
        return (of?.default ?? of)?.version === KNOWN
      }
      return { ...library, isKnown }
    },
    builtin('node:fs') ? '' : ASK,
  )

type Imported<T> = Partial<T> & { readonly default: T }
interface Manifest {
  readonly version: string
}
