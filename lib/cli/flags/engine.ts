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
export const engines: Readonly<Record<string, (mode?: NamedMode, threads?: number) => Promise<Engine>>> = {
  ndarray: async () => ndarrayEngine as Engine,
  onnx: async (_, threads) => (await onnxEngine(threads === undefined ? {} : { threads })) as Engine,
  gpu: mode =>
    mode
      ? openGpu(mode)
      : firstOf([
          ['webgpu', () => openGpu('webgpu')],
          ['webasm', () => openGpu('webasm')],
        ]),
}
const openGpu = async (named: NamedMode): Promise<Engine> => {
  const software = named === SOFTWARE
  return (await gpuEngine({ mode: software ? 'webgpu' : named, software })) as Engine
}

/** What `auto` tries, the best first. The last one runs everywhere. */
const preferred = (threads?: number): readonly Choice[] => [
  ['gpu', () => openGpu('webgpu')],
  ['onnx', () => engines['onnx']!(undefined, threads)],
  ['gpu', () => openGpu('webasm')],
  ['ndarray', engines['ndarray']!],
]
type Choice = readonly [name: string, open: () => Promise<Engine>]

export const engineNames = [...Object.keys(engines), 'auto']

/** The first engine that runs here; its description says why those before it do not. Throws UserError where none does.
 *  @param remark what is said after the engine's own description */
const firstOf = async (choices: readonly Choice[], remark = ''): Promise<Engine> => {
  const refused: string[] = []
  for (const [name, open] of choices) {
    try {
      const engine = await open()
      return { ...engine, description: [`${engine.description}${remark}`, ...refused].join('; ') }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push(`not ${name}: ${error.message}`)
    }
  }
  throw new UserError(refused.join('; '))
}

/** Opens an engine. `threads` are those of one operation of the engine onnx. Throws UserError for a name or mode that is not known, and where the engine cannot run here. */
export const openEngine = async (name: string, mode?: string, threads?: number): Promise<Engine> => {
  const known = namedModes.find(m => m === mode)
  if (mode !== undefined && !known) throw new UserError(`--mode must be ${orList(namedModes)}, got '${mode}'`)
  if (known && name !== 'gpu') throw new UserError(`--mode is one of --engine gpu, but --engine is '${name}'`)
  if (name === 'auto') return firstOf(preferred(threads), ', taken by auto')
  const open = Object.hasOwn(engines, name) ? engines[name] : undefined
  if (!open) throw new UserError(`--engine must be ${orList(engineNames)}, got '${name}'`)
  return open(known, threads)
}
