/** The engines by name. One that is added here can be named everywhere. */
import { UserError } from '../tensor'
import { type Engine, ndarrayEngine } from '../engines'
import { orList } from './config-flags'

/** An engine's handles are its own: whoever runs it passes them on without a look. */
export const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  ndarray: async () => ndarrayEngine as Engine,
}

/** What `auto` tries, the best first. */
const preferred = ['ndarray']

export const engineNames = [...Object.keys(engines), 'auto']

/** Opens an engine. Throws UserError for a name that is not known. */
export const openEngine = async (name: string): Promise<Engine> => {
  const open = engines[name === 'auto' ? preferred[0]! : name]
  if (!open) throw new UserError(`--engine should be ${orList(engineNames)}, but is '${name}'`)
  return open()
}
