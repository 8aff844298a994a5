/** The memory in which all arrays of a machine live. */
import { UserError } from '../../../../tensor'
import { type WasmMemory, webAssembly } from '../assembler/webassembly'
import { heap } from '../../plan/heap'

/** An array in the memory. */
export interface Located {
  readonly address: number
  readonly size: number
}
export interface Memory {
  readonly memory: WasmMemory
  /** The most pages that it may have. */
  readonly maximum: number
  /** The bytes of those. */
  readonly most: number
  /** The address of a block of bytes. Throws UserError where there is no memory for it. */
  readonly take: (bytes: number) => number
  readonly give: (address: number) => void
  /** Bytes that are taken. */
  readonly used: () => number
  readonly floats: (x: Located) => Float32Array
}

const PAGE = 65536
/** Pages of 4 GiB, the most that an address of 32 bits reaches, and less where a system does not give as many. */
const MAXIMA = [65536, 32768, 16384, 4096]
/** Loads of four elements may begin at the last one. */
const SLACK = 64

const newMemory = (shared: boolean): Pick<Memory, 'memory' | 'maximum'> => {
  for (const maximum of MAXIMA)
    try {
      return { memory: new webAssembly.Memory({ initial: 1, maximum, shared }), maximum }
    } catch (error) {
      if (maximum === MAXIMA.at(-1)) throw error
    }
  throw new RangeError('unreachable')
}

/** A memory that grows as blocks of it are taken.
 *  @param from bytes at its beginning that belong to no block */
export const openMemory = (shared: boolean, from: number): Memory => {
  const { memory, maximum } = newMemory(shared)
  const most = maximum * PAGE
  const space = heap(from)
  const refused = (bytes: number): UserError => {
    const [more, all, used] = [bytes, most, space.used()].map(n => Math.ceil(n / 2 ** 20))
    return new UserError(
      `engine gpu: ${more!} MiB of memory are needed, but of ${all!} MiB at most, ${used!} are in use: a smaller batch, or another engine`,
    )
  }
  return {
    memory,
    maximum,
    most,
    take: bytes => {
      const address = space.take(bytes)
      const missing = Math.ceil((space.end() + SLACK - memory.buffer.byteLength) / PAGE)
      try {
        if (missing > 0) memory.grow(missing)
      } catch {
        space.give(address)
        throw refused(bytes)
      }
      return address
    },
    give: space.give,
    used: space.used,
    floats: ({ address, size }) => new Float32Array(memory.buffer, address, size),
  }
}
