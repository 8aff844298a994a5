/** The memory that there is: what cannot be in it is refused where it is asked for, before hours or a crash. */
import { builtin } from '../host'
import { ShapeError } from './errors'

let known: number | undefined

/** Bytes of memory of this machine, or those that this process may have where they are fewer; a browser does not say. */
export const memoryBytes = (): number => (known ??= asked())

const asked = (): number => {
  const limit = (globalThis as { process?: Partial<NodeJS.Process> }).process?.constrainedMemory?.() ?? 0
  const all = builtin('node:os')?.totalmem() ?? Infinity
  return limit > 0 ? Math.min(limit, all) : all
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
/** 3.2 GB */
const inWords = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(bytes) / 3)))
  return `${(bytes / 1000 ** power).toPrecision(3).replace(/e.*/, '')} ${UNITS[power]}`
}

/** Throws ShapeError, which names what needs it, where there is less memory than it needs. */
export const checkMemory = (what: string, bytes: number): void => {
  if (!(bytes <= memoryBytes()))
    throw new ShapeError(
      `${what} must fit into the memory of this machine, ${inWords(memoryBytes())}, got ${bytes < 1e21 ? inWords(bytes) : 'more than 1000 EB'}`,
    )
}
