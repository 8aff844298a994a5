/** What runs plans: a memory in which all arrays live, and threads that run all steps of a plan without a copy between them. */
import { UserError } from '../../../../tensor'
import type { Execute, Plan } from '../../plan/plan'
import { fuses, multiplyAdd } from '../assembler/multiply-add'
import { heap } from './heap'
import { type WasmMemory, webAssembly } from '../assembler/webassembly'
import { FLOAT } from '../kernels/kernel'
import { hasThreads, openPool, type Pool } from './pool'
import { SCRATCH_BYTES } from '../kernels/product'
import { programOf } from './program'

/** An array in the memory. */
export interface Located {
  readonly address: number
  readonly size: number
}
export interface Machine {
  readonly threads: number
  /** Bytes of arrays that are kept. */
  readonly used: () => number
  readonly upload: (x: Float32Array) => Located
  readonly download: (x: Located) => Float32Array
  /** Gives an array back, once what was asked for before is done. */
  readonly discard: (x: Located) => void
  readonly compile: (plan: Plan) => Promise<Execute<Located>>
  readonly close: () => Promise<void>
}

const PAGE = 65536
/** Pages of 4 GiB, the most that an address of 32 bits reaches, and less where a system does not give as many. */
const MAXIMA = [65536, 32768, 16384, 4096]
/** Loads of four elements may begin at the last one. */
const SLACK = 64
/** The first bytes of the memory are those that threads meet at. */
const MEETING_PLACE = 128

const newMemory = (shared: boolean): { readonly memory: WasmMemory; readonly maximum: number } => {
  for (const maximum of MAXIMA)
    try {
      return { memory: new webAssembly.Memory({ initial: 1, maximum, shared }), maximum }
    } catch (error) {
      if (maximum === MAXIMA.at(-1)) throw error
    }
  throw new RangeError('unreachable')
}

/** Opens a memory, and threads once a plan has work for them. */
export const openMachine = (wanted: number, fused = fuses()): Machine => {
  const threads = hasThreads() ? Math.max(1, wanted) : 1
  const shared = threads > 1
  const { memory, maximum } = newMemory(shared)
  const space = heap(MEETING_PLACE)
  const scratch = Array.from({ length: threads }, () => space.take(SCRATCH_BYTES))
  /** A block of bytes. Throws UserError where there is no memory for it. */
  const take = (bytes: number): number => {
    const address = space.take(bytes)
    const missing = Math.ceil((space.end() + SLACK - memory.buffer.byteLength) / PAGE)
    try {
      if (missing > 0) memory.grow(missing)
    } catch {
      space.give(address)
      const [more, all, used] = [bytes, maximum * PAGE, space.used()].map(n => Math.ceil(n / 2 ** 20))
      throw new UserError(
        `engine gpu: ${more!} MiB of memory expected, but of ${all!} MiB at most, ${used!} are in use: a smaller batch, or another engine`,
      )
    }
    return address
  }
  const floats = ({ address, size }: Located): Float32Array => new Float32Array(memory.buffer, address, size)

  let pool: Pool | undefined
  let programs = 0
  let closed = false
  // One run after another: all of them use the same arena and the same threads.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(f: () => Promise<T> | T): Promise<T> => {
    const result = last.then(f)
    last = result.catch(() => undefined)
    return result
  }
  let arena = { address: 0, bytes: 0 }
  const arenaOf = (bytes: number): number => {
    if (bytes > arena.bytes) {
      if (arena.bytes > 0) space.give(arena.address)
      arena = { address: 0, bytes: 0 }
      arena = { address: take(bytes), bytes }
    }
    return arena.address
  }

  const compile: Machine['compile'] = async plan => {
    if (plan.steps.length === 0) return async given => given
    const program = programOf(plan, { threads, multiplyAdd: multiplyAdd(fused) }, { initial: 1, maximum, shared })
    const module = await webAssembly.compile(program.bytes)
    const id = programs++
    const env = { memory, ...Object.fromEntries(program.imports.map(name => [name, ownMath(name)])) }
    const { run } = (await webAssembly.instantiate(module, { env })).exports
    const address = take(program.table.byteLength)
    const end = address + program.table.byteLength
    const outputs = [...new Set(plan.outputs.map(o => o.array))]
    let addedTo: Pool | undefined

    const execute: Execute<Located> = async given => {
      if (closed) throw new UserError('engine gpu: an open engine expected, but this one was closed')
      const made = new Map<number, Located>()
      try {
        for (const array of outputs)
          if (!given.has(array))
            made.set(array, { address: take(plan.sizes[array]! * FLOAT), size: plan.sizes[array]! })
        const base = arenaOf(program.arena.bytes)
        const place = (array: number): number =>
          (given.get(array) ?? made.get(array))?.address ?? base + program.arena.offsets.get(array)!
        for (const { index, array } of program.places) program.table[index] = place(array)
        new Int32Array(memory.buffer, address, program.table.length).set(program.table)
        if (program.alone || threads === 1) run!(address, end, 0, 1, scratch[0]!)
        else {
          pool ??= openPool(threads, memory)
          if (addedTo !== pool) await pool.add(id, module, program.imports)
          addedTo = pool
          await pool.run(id, thread => [address, end, thread, threads, scratch[thread]!])
        }
      } catch (error) {
        for (const x of made.values()) space.give(x.address)
        // Of threads that meet no more some wait for ever: the next run has new ones.
        await pool?.close()
        pool = undefined
        new Uint8Array(memory.buffer, 0, MEETING_PLACE).fill(0)
        throw error
      }
      return new Map(outputs.map(array => [array, given.get(array) ?? made.get(array)!]))
    }
    return given => inTurn(() => execute(given))
  }

  return {
    threads,
    used: space.used,
    compile,
    upload: x => {
      const located = { address: take(x.byteLength), size: x.length }
      floats(located).set(x)
      return located
    },
    download: x => floats(x).slice(),
    discard: x => void inTurn(() => space.give(x.address)),
    close: () =>
      inTurn(async () => {
        closed = true
        await pool?.close()
      }),
  }
}
/** A function of `Math` by its name in source. */
const ownMath = (name: string): ((x: number) => number) =>
  (Math as unknown as Record<string, (x: number) => number>)[name.slice('Math.'.length)]!
