/** The engine of a run: the fastest that this browser has, or the one that was asked for. */
import type { Engine } from '../../../../lib/engines/engine'
import { UserError } from '../../../../lib/tensor'
import type { EngineName } from '../settings'

export interface Opened {
  readonly mode: Exclude<EngineName, 'auto'>
  readonly engine: Engine
  /** Why it is not a faster one, and what it goes without. */
  readonly notes: readonly string[]
}

/** Of gpu.js, nothing is loaded before it is asked for. An adapter in software will do where WebGPU was asked for by name. */
const openGpu = async (mode: 'webgpu' | 'webasm', software = false): Promise<Engine> => {
  const { gpuEngine } = await import('../../../../lib/engines/gpu/engine')
  const gpujs = () => Promise.all([import('gpu.js'), import('gpu.js/package.json')])
  return (await gpuEngine({ mode, software, gpujs })) as Engine
}
const openers = {
  webgpu: (named: boolean) => openGpu('webgpu', named),
  webasm: () => openGpu('webasm'),
  ndarray: async () => (await import('../../../../lib/engines/ndarray')).ndarrayEngine as Engine,
}

const threadsNote = (): readonly string[] =>
  crossOriginIsolated ? [] : ['one thread: this page is served without the headers COOP and COEP, which threads need']

/** The engines from the fastest to the one that runs everywhere. */
const order = ['webgpu', 'webasm', 'ndarray'] as const

/** Loads the engine that runs everywhere, so that it is there without a network. */
export const keepReference = (): void => void import('../../../../lib/engines/ndarray').catch(() => undefined)

/** The engine that takes over from another. */
export const nextOf = (mode: Opened['mode']): Opened['mode'] | undefined => order[order.indexOf(mode) + 1]

/** Opens an engine by name, or the first that this browser has; where the named one cannot run here, that is said in
 *  `notes` and the next one runs. */
export const open = async (name: EngineName): Promise<Opened> => {
  const notes: string[] = []
  // Where the fastest is asked for, a slower one is no news; that there is none at all is.
  const passedOver: string[] = []
  for (const mode of name === 'auto' ? order : order.slice(order.indexOf(name))) {
    try {
      if (mode === 'webgpu' && !('gpu' in navigator)) throw new UserError('this browser has no WebGPU')
      const engine = await openers[mode](mode === name)
      return { mode, engine, notes: [...notes, ...(mode === 'webasm' ? threadsNote() : [])] }
    } catch (error) {
      // What to do about it is for whoever runs a server, not for whoever looks at a page.
      const [why] = (error as Error).message.replace(/^engine gpu: /, '').split(': ')
      if (name !== 'auto') notes.push(`not ${mode}: ${why}`)
      else passedOver.push(`not ${mode}: ${why}`)
    }
  }
  throw new UserError([...notes, ...passedOver].join('; '))
}
