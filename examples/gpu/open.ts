/** What the examples of this folder have in common: the engine that the command line asks for. */
import { parseArgs } from 'node:util'
import { type Engine, gpuEngine, type GpuHandle, type GpuMode, gpuModes, UserError } from '../../lib'

/** Flags of the command line; `--mode` and `--software` choose the engine, all others are whole numbers.
 *  @param numbers the others, with what they are when they are not given */
export const flags = <K extends string>(numbers: Readonly<Record<K, number>>) => {
  const given = Object.fromEntries(Object.keys(numbers).map(name => [name, { type: 'string' as const }]))
  const options = { mode: { type: 'string' as const }, software: { type: 'boolean' as const }, ...given }
  const values = parseArgs({ options }).values as Readonly<Record<string, string | boolean | undefined>>
  const numberOf = (name: K): number => {
    const text = values[name]
    if (text !== undefined && !/^[1-9]\d*$/.test(String(text)))
      throw new UserError(`--${name} should be a whole number of at least 1, but is '${text}'`)
    return text === undefined ? numbers[name] : Number(text)
  }
  const known = Object.fromEntries((Object.keys(numbers) as K[]).map(name => [name, numberOf(name)]))
  return { ...(known as Record<K, number>), mode: values['mode'] as string | undefined, software: !!values['software'] }
}

/** A GPU by WebGPU where there is one, else webasm; or what `--mode` names. `--software` takes WebGPU without a GPU, too. */
export const openEngine = async (mode: string | undefined, software: boolean): Promise<Engine<GpuHandle>> => {
  if (mode !== undefined || software) {
    const named = mode ?? 'webgpu'
    if (!gpuModes.includes(named as GpuMode))
      throw new UserError(`--mode should be one of ${gpuModes.join(', ')}, but is '${named}'`)
    return gpuEngine({ mode: named as GpuMode, software })
  }
  return gpuEngine({ mode: 'webgpu' }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error
    console.log(error.message)
    return gpuEngine({ mode: 'webasm' })
  })
}

/** Runs an example; what a user can mend is said in a line. */
export const main = (example: () => Promise<void>): void => {
  example().catch((error: unknown) => {
    console.error(
      error instanceof UserError || (error as Error).name === 'TypeError' ? (error as Error).message : error,
    )
    process.exitCode = 1
  })
}
