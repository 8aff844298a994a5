/** What runs plans: a memory in which all arrays live, and threads that run all steps of a plan without a copy between them. */
import { UserError } from '../../../../tensor'
import type { Execute, Plan } from '../../plan/plan'
import { fuses, multiplyAdd } from '../assembler/multiply-add'
import { webAssembly } from '../assembler/webassembly'
import { FLOAT } from '../kernels/kernel'
import { SCRATCH_BYTES } from '../kernels/product'
import { BARRIER_BYTES } from './barrier'
import { type Located, type Memory, openMemory } from './memory'
import { hasThreads, openPool, type Pool } from './pool'
import { type Program, programOf } from './program'

export interface Machine {
  readonly threads: number
  /** Bytes that all arrays may have together. */
  readonly most: number
  /** Bytes that the memory has grown to. */
  readonly allocated: () => number
  /** Bytes of arrays that are kept. */
  readonly used: () => number
  readonly upload: (x: Float32Array) => Located
  readonly download: (x: Located) => Float32Array
  /** Gives an array back, once what was asked for before is done. */
  readonly discard: (x: Located) => void
  readonly compile: (plan: Plan) => Promise<Execute<Located>>
  readonly close: () => Promise<void>
}

/** One arena for all programs, which never run at the same time: as large as the largest that was asked for. */
const growingArena = ({ take, give }: Memory): ((bytes: number) => number) => {
  let arena = { address: 0, bytes: 0 }
  return bytes => {
    if (bytes > arena.bytes) {
      if (arena.bytes > 0) give(arena.address)
      arena = { address: 0, bytes: 0 }
      arena = { address: take(bytes), bytes }
    }
    return arena.address
  }
}

/** Does what it is given one after another, also after failures. */
const queue = (): (<T>(f: () => Promise<T> | T) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve()
  return f => {
    const result = last.then(f)
    last = result.catch(() => undefined)
    return result
  }
}

/** A program that is ready to run: its table lies from `address` to `end`. */
interface Loaded {
  readonly program: Program
  readonly id: number
  readonly module: object
  /** The program's function, for the thread that calls. */
  readonly run: (...given: readonly number[]) => void
  readonly address: number
  readonly end: number
}
const load = async (program: Program, id: number, { memory, take }: Memory): Promise<Loaded> => {
  const module = await webAssembly.compile(program.bytes)
  const functions = Math as unknown as Readonly<Record<string, (...of: readonly number[]) => number>>
  const env = { memory, ...Object.fromEntries(program.imports.map(name => [name, functions[name]!])) }
  const { run } = (await webAssembly.instantiate(module, { env })).exports
  const address = take(program.table.byteLength)
  return { program, id, module, run: run!, address, end: address + program.table.byteLength }
}

/** Opens a memory, and threads once a plan has work for them. */
export const openMachine = (wanted: number, fused = fuses()): Machine => {
  const threads = hasThreads() ? Math.max(1, wanted) : 1
  const shared = threads > 1
  const space = openMemory(shared, BARRIER_BYTES)
  const { memory, take, give, floats } = space
  const scratch = Array.from({ length: threads }, () => take(SCRATCH_BYTES))
  const arenaOf = growingArena(space)
  const inTurn = queue()
  let pool: Pool | undefined
  let programs = 0
  let closed = false

  /** Runs a program with arrays at places of the memory. */
  const runAt = async ({ program, id, module, run, address, end }: Loaded, place: (array: number) => number) => {
    const table = new Int32Array(memory.buffer, address, program.table.length)
    table.set(program.table)
    for (const { index, array } of program.places) table[index] = place(array)
    if (program.alone || threads === 1) return run(address, end, 0, 1, scratch[0]!)
    pool ??= openPool(threads, memory)
    await pool.add(id, module, program.imports)
    return pool.run(id, thread => [address, end, thread, threads, scratch[thread]!])
  }
  /** Of threads that missed a barrier some wait for ever: the next run has new ones. */
  const recover = async (): Promise<void> => {
    await pool?.close()
    pool = undefined
    new Uint8Array(memory.buffer, 0, BARRIER_BYTES).fill(0)
  }

  const compile: Machine['compile'] = async plan => {
    if (plan.steps.length === 0) return async given => given
    const program = programOf(
      plan,
      { threads, multiplyAdd: multiplyAdd(fused) },
      { initial: 1, maximum: space.maximum, shared },
    )
    const loaded = await load(program, programs++, space)
    const { arena } = program
    const outputs = [...new Set(plan.outputs.map(o => o.array))]
    const execute: Execute<Located> = async given => {
      if (closed) throw new UserError('engine gpu: the engine must be open, got one that was closed')
      const made = new Map<number, Located>()
      const kept = (array: number): Located | undefined => given.get(array) ?? made.get(array)
      try {
        for (const array of outputs) {
          const size = plan.sizes[array]!
          if (!given.has(array)) made.set(array, { address: take(size * FLOAT), size })
        }
        const base = arenaOf(arena.bytes)
        await runAt(loaded, array => kept(array)?.address ?? base + arena.offsets.get(array)!)
      } catch (error) {
        for (const x of made.values()) give(x.address)
        await recover()
        throw error
      }
      return new Map(outputs.map(array => [array, kept(array)!]))
    }
    return given => inTurn(() => execute(given))
  }

  return {
    threads,
    most: space.most,
    allocated: () => memory.buffer.byteLength,
    used: space.used,
    compile,
    upload: x => {
      const located = { address: take(x.byteLength), size: x.length }
      floats(located).set(x)
      return located
    },
    download: x => floats(x).slice(),
    discard: x => void inTurn(() => give(x.address)),
    close: () =>
      inTurn(async () => {
        closed = true
        await pool?.close()
      }),
  }
}
