/** Threads that run programs: workers of Node or of a browser, which share one memory and wait for work. */
import { builtin } from '../../../../host'
import type { WasmMemory, WasmModule } from '../assembler/webassembly'

/** What a worker does, as source: it needs nothing of this package. It answers each message, with a line where it failed.
 *  Bun has both ports in a worker of Node's kind, and hears only of the one that Node has. */
const WORKER = `
const node = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const port = node?.parentPort ?? self
const programs = new Map()
let memory
const does = {
  memory: m => { memory = m },
  add: (id, module, imports) => {
    const env = { memory, ...Object.fromEntries(imports.map(name => [name, Math[name]])) }
    programs.set(id, new WebAssembly.Instance(module, { env }).exports.run)
  },
  run: (id, ...given) => programs.get(id)(...given),
}
port.onmessage = ({ data: [what, ...given] }) => {
  try {
    does[what](...given)
    port.postMessage('')
  } catch (error) {
    port.postMessage(String(error))
  }
}
`

/** A worker as Node and browsers have it in common. */
interface Thread {
  readonly ask: (...message: readonly unknown[]) => Promise<void>
  readonly end: () => Promise<unknown>
}

/** Questions that wait for their answers, which come in the same order. */
const questions = (post: (message: unknown) => void, changed: (waiting: number) => void = () => undefined) => {
  const waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[] = []
  return {
    ask: async (...message: readonly unknown[]): Promise<void> => {
      const answer = new Promise<void>((done, fail) => waiting.push({ done, fail }))
      changed(waiting.length)
      post(message)
      return answer.finally(() => changed(waiting.length))
    },
    /** @param failure a line, or nothing where all went well */
    answered: (failure: string): void => {
      const first = waiting.shift()
      if (failure) first?.fail(new Error(failure))
      else first?.done()
    },
    failed: (error: Error): void => waiting.splice(0).forEach(({ fail }) => fail(error)),
  }
}

const nodeThread = ({ Worker }: NonNullable<ReturnType<typeof builtin<'node:worker_threads'>>>): Thread => {
  const worker = new Worker(WORKER, { eval: true })
  // A process may end while its threads wait for work, but not while it waits for them.
  const { ask, answered, failed } = questions(
    message => worker.postMessage(message),
    waiting => (waiting > 0 ? worker.ref() : worker.unref()),
  )
  worker.unref()
  worker.on('message', answered)
  worker.on('error', failed)
  return { ask, end: () => worker.terminate() }
}

interface WebWorker {
  onmessage: (event: { readonly data: string }) => void
  onerror: (event: { readonly message: string }) => void
  readonly postMessage: (message: unknown) => void
  readonly terminate: () => void
}
const webThread = (): Thread => {
  const { Worker } = globalThis as unknown as { Worker: new (url: string) => WebWorker }
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })))
  const { ask, answered, failed } = questions(message => worker.postMessage(message))
  worker.onmessage = ({ data }) => answered(data)
  worker.onerror = ({ message }) => failed(new Error(message))
  return { ask, end: async () => worker.terminate() }
}
const startThread = (): Thread => {
  const threads = builtin('node:worker_threads')
  return threads ? nodeThread(threads) : webThread()
}

/** Whether there are threads here that can share a memory: browsers give it to pages that are isolated from other origins. */
export const hasThreads = (): boolean =>
  'SharedArrayBuffer' in globalThis && (builtin('node:worker_threads') !== undefined || 'Worker' in globalThis)

/** How many threads run at once here. */
export const processors = (): number =>
  builtin('node:os')?.cpus().length ??
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1

export interface Pool {
  /** Runs a program's function on all threads: `given` are its arguments for a thread. */
  readonly run: (program: number, given: (thread: number) => readonly number[]) => Promise<void>
  /** Gives a program to all threads, where they do not have it yet. */
  readonly add: (program: number, module: WasmModule, imports: readonly string[]) => Promise<void>
  readonly close: () => Promise<void>
}

/** Threads that share a memory. */
export const openPool = (count: number, memory: WasmMemory): Pool => {
  const threads = Array.from({ length: count }, startThread)
  const all = async (message: (thread: number) => readonly unknown[]): Promise<void> => {
    await Promise.all(threads.map((t, i) => t.ask(...message(i))))
  }
  const ready = all(() => ['memory', memory])
  const known = new Set<number>()
  return {
    add: async (program, module, imports) => {
      if (known.has(program)) return
      await ready
      await all(() => ['add', program, module, imports])
      known.add(program)
    },
    run: (program, given) => all(thread => ['run', program, ...given(thread)]),
    close: async () => {
      await Promise.all(threads.map(t => t.end()))
    },
  }
}
