/** The engines by name. One that is added here can be named everywhere. */
import { UserError } from '../tensor'
import { type Engine, ndarrayEngine, onnxEngine } from '../engines'
import { orList } from './config-flags'

/** An engine's handles are its own: whoever runs it passes them on without a look. */
export const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  ndarray: async () => ndarrayEngine as Engine,
  onnx: async () => (await onnxEngine()) as Engine,
}

/** What `auto` tries, the best first. The last one runs everywhere. */
const preferred = ['onnx', 'ndarray'] as const

export const engineNames = [...Object.keys(engines), 'auto']

/** The first of the preferred engines that runs here; it says why those before it do not. */
const openAuto = async (): Promise<Engine> => {
  const refused: string[] = []
  for (const name of preferred) {
    try {
      const engine = await engines[name]!()
      return { ...engine, description: [`${engine.description}, taken by auto`, ...refused].join('; ') }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused.push(`not ${name}: ${error.message}`)
    }
  }
  throw new UserError(`--engine auto: ${refused.join('; ')}`)
}

/** Opens an engine. Throws UserError for a name that is not known, and where the engine cannot run here. */
export const openEngine = async (name: string): Promise<Engine> => {
  if (name === 'auto') return openAuto()
  const open = engines[name]
  if (!open) throw new UserError(`--engine should be ${orList(engineNames)}, but is '${name}'`)
  return open()
}
