/** What we use of gpu.js, whose own types lack some of it. */
import { UserError } from '../../tensor'

/** A handle of a result on the device. `output` are its sizes along x, y and z. */
export interface Resident {
  readonly output: readonly number[]
  readonly toArray: () => unknown
  readonly delete: () => void
}
/** A kernel: it is called with its arguments, and answers at once or with a promise. */
export interface GpuKernel {
  (...args: unknown[]): unknown
  readonly kernel: {
    /** Why gpu.js took another mode than the one that it was asked for. */
    readonly fallbackReason?: string
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
      readonly destroy: () => Promise<void>
    }
    readonly isHeadlessGLSupported: boolean
  }
  readonly input: (value: Float32Array, size: readonly number[]) => unknown
  readonly WebGPUContext: {
    readonly acquire: () => Promise<{ readonly adapter: { readonly info: AdapterInfo } }>
    readonly destroy: () => Promise<void>
  }
}

/** A package that is not there unless a user installed it.
 *  @param why who needs it
 *  @throws UserError that says what to install */
export const optional = async <T>(name: string, why: string, load: () => Promise<T>): Promise<T> => {
  try {
    return await load()
  } catch (error) {
    const [first] = (error as Error).message.split('\n')
    throw new UserError(`${why} needs the package ${name}, but it cannot be loaded (${first}): npm install ${name}`)
  }
}

export const loadGpuJs = (): Promise<GpuJs> =>
  optional('gpu.js', 'engine gpu', async () => {
    const loaded = (await import('gpu.js')) as unknown as Partial<GpuJs> & { readonly default: GpuJs }
    // Its file for browsers is a script, of whose names a bundler knows none.
    return loaded.WebGPUContext ? (loaded as GpuJs) : loaded.default
  })

/** The version of gpu.js that is installed. */
export const version = async (): Promise<string> =>
  ((await import('gpu.js/package.json', { with: { type: 'json' } })) as unknown as { default: { version: string } })
    .default.version
