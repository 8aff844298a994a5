/** Threads that run programs: workers of Node or of a browser, which share one memory and wait for work. */
import { builtin } from '../../host'
import type { WasmMemory, WasmModule } from '../assembler/webassembly'

/** What a worker does, as source: it needs nothing of this package. It answers each message, with a line where it failed. */
const WORKER = `
const port = typeof self === 'undefined' ? require('node:worker_threads').parentPort : self
const programs = new Map()
let memory
const does = {
  memory: m => { memory = m },
  add: (id, module, imports) => {
    const env = { memory, ...Object.fromEntries(imports.map(name => [name, Math[name.slice(5)]])) }
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

const startThread = (): Thread => {
  const waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[] = []
  const settle = (failure: string): void => {
    const first = waiting.shift()
    if (failure) first?.fail(new Error(failure))
    else first?.done()
  }
  const asks =
    (post: (message: unknown) => void, changed: () => void): Thread['ask'] =>
    async (...message) => {
      const answer = new Promise<void>((done, fail) => waiting.push({ done, fail }))
      changed()
      post(message)
      return answer.finally(changed)
    }
  const threads = builtin('node:worker_threads')
  if (threads) {
    const worker = new threads.Worker(WORKER, { eval: true })
    worker.unref()
    worker.on('message', settle)
    worker.on('error', error => waiting.splice(0).forEach(({ fail }) => fail(error)))
    // A process may end while its threads wait for work, but not while it waits for them.
    const ask = asks(
      m => worker.postMessage(m),
      () => (waiting.length > 0 ? worker.ref() : worker.unref()),
    )
    return { ask, end: () => worker.terminate() }
  }
  const { Worker: Web } = globalThis as unknown as { Worker: new (url: string) => WebWorker }
  const worker = new Web(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })))
  worker.onmessage = ({ data }) => settle(data)
  worker.onerror = ({ message }) => waiting.splice(0).forEach(({ fail }) => fail(new Error(message)))
  return {
    ask: asks(
      m => worker.postMessage(m),
      () => undefined,
    ),
    end: async () => worker.terminate(),
  }
}
interface WebWorker {
  onmessage: (event: { readonly data: string }) => void
  onerror: (event: { readonly message: string }) => void
  readonly postMessage: (message: unknown) => void
  readonly terminate: () => void
}

/** Whether there are threads here that can share a memory: browsers give it to pages that are isolated from other origins. */
export const hasThreads = (): boolean =>
  'SharedArrayBuffer' in globalThis && (builtin('node:worker_threads') !== undefined || 'Worker' in globalThis)

export interface Pool {
  /** Runs a program's function on all threads: `given` are its arguments for a thread. */
  readonly run: (program: number, given: (thread: number) => readonly number[]) => Promise<void>
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
  return {
    add: async (program, module, imports) => {
      await ready
      await all(() => ['add', program, module, imports])
    },
    run: (program, given) => all(thread => ['run', program, ...given(thread)]),
    close: async () => {
      await Promise.all(threads.map(t => t.end()))
    },
  }
}
