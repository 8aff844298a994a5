/** The engines by name. One that is added here can be named everywhere. */
import { orList } from '../../format/text'
import { UserError } from '../../tensor'
import { type Engine, gpuEngine, type GpuMode, gpuModes, ndarrayEngine, onnxEngine } from '../../engines'

/** WebGPU on an adapter in software: slow, to try what a GPU would run. */
const SOFTWARE = 'webgpu-software'
type NamedMode = GpuMode | typeof SOFTWARE
/** What `--mode` takes. */
export const namedModes: readonly NamedMode[] = [...gpuModes, SOFTWARE]

/** An engine's handles are its own: whoever runs it passes them on without a look. */
export const engines: Readonly<
  Record<string, (mode?: NamedMode, threads?: number, verbose?: boolean) => Promise<Engine>>
> = {
  ndarray: async () => ndarrayEngine as Engine,
  onnx: async (_, threads) => (await onnxEngine(threads === undefined ? {} : { threads })) as Engine,
  gpu: (mode, _, verbose) =>
    mode
      ? openGpu(mode, verbose)
      : firstOf([
          ['webgpu', () => openGpu('webgpu', verbose)],
          ['webasm', () => openGpu('webasm')],
        ]),
}
const openGpu = async (named: NamedMode, verbose?: boolean): Promise<Engine> => {
  const software = named === SOFTWARE
  /** What the engine says of itself while it computes. */
  const say = (line: string, why: string): void =>
    void process.stderr.write(`cstransformer: ${line}\n${verbose ? `${why.trimEnd()}\n` : ''}`)
  return (await gpuEngine({ mode: software ? 'webgpu' : named, software, say })) as Engine
}

/** What `auto` tries, the best first. The last one runs everywhere. */
const preferred = (threads?: number, verbose?: boolean): readonly Choice[] => [
  ['gpu', () => openGpu('webgpu', verbose)],
  ['onnx', () => engines['onnx']!(undefined, threads)],
  ['gpu', () => openGpu('webasm')],
  ['ndarray', engines['ndarray']!],
]
type Choice = readonly [name: string, open: () => Promise<Engine>]

export const engineNames = [...Object.keys(engines), 'auto']

/** An engine, and why those before it were passed over: what --verbose says. */
export interface Opened extends Engine {
  readonly passedOver: readonly string[]
}

/** What --verbose says of an engine. */
export const passedOver = (engine: Engine): readonly string[] => engine.passedOver ?? []

/** The first engine that runs here. Throws UserError that says why none does. */
const firstOf = async (choices: readonly Choice[]): Promise<Opened> => {
  const refused: string[] = []
  for (const [name, open] of choices) {
    try {
      const engine = await open()
      return { ...engine, passedOver: [...refused, ...passedOver(engine)] }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push(`not ${name}: ${error.message}`)
    }
  }
  throw new UserError(refused.join('; '))
}

/** Opens an engine. `threads` are those of one operation of the engine onnx; a verbose one says all that a GPU's compiler does of
 *  kernels that it refuses. Throws UserError for a name or mode that is not known, and where the engine cannot run here. */
export const openEngine = async (name: string, mode?: string, threads?: number, verbose?: boolean): Promise<Opened> => {
  const known = namedModes.find(m => m === mode)
  if (mode !== undefined && !known) throw new UserError(`--mode must be ${orList(namedModes)}, got '${mode}'`)
  if (known && name !== 'gpu') throw new UserError(`--mode is one of --engine gpu, but --engine is '${name}'`)
  if (name === 'auto') return firstOf(preferred(threads, verbose))
  const open = Object.hasOwn(engines, name) ? engines[name] : undefined
  if (!open) throw new UserError(`--engine must be ${orList(engineNames)}, got '${name}'`)
  return { passedOver: [], ...(await open(known, threads, verbose)) }
}
