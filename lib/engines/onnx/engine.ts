/** The engine `onnx`: graphs as ONNX models, run by ONNX Runtime. */
import { optional, record, strict, word } from '../../tensor/given'
import { graph } from '../../trace/kinds'
import type * as Ort from 'onnxruntime-node'
import { builtin } from '../../host'
import { dtypeOf, flat, must, over, type Real, UserError } from '../../tensor'
import type { Graph } from '../../trace'
import { simplify } from '../../transforms'
import { checkInputs, type Engine } from '../engine'
import { emit } from './emit'
import { fuse } from './fuse'
import { graphMemory } from './memory'
import { encodeModel, type ModelProto } from './schema'

/** How ONNX Runtime runs a graph. */
export interface OnnxOptions {
  /** What computes: 'cpu', or a GPU through 'webgpu' or 'cuda'. */
  readonly provider?: 'cpu' | 'webgpu' | 'cuda'
  /** Threads of one operation on the CPU; ONNX Runtime's choice, one per physical core, without it. */
  readonly threads?: number
  /** How far ONNX Runtime rewrites a graph before it runs. */
  readonly optimisation?: 'disabled' | 'basic' | 'extended' | 'all'
}

/** More threads than this help on no machine. */
export const MOST_THREADS = 512

/** A tensor that ONNX Runtime reads and writes. */
export interface OnnxHandle {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

/** By a name that bundlers for browsers do not follow. */
const RUNTIME: string = 'onnxruntime-node'

const load = async (): Promise<typeof Ort> => {
  if (!builtin('node:fs'))
    throw new UserError('engine onnx: must run in Node, Deno or Bun, got a browser: use the engine gpu')
  try {
    // It sends usage data home, unless it is told not to before it is loaded.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ RUNTIME)) as typeof Ort
  } catch (error) {
    const why = (error as Error).message.split('\n')[0]
    throw new UserError(
      `engine onnx: the package onnxruntime-node must be installed, got '${why}': npm install onnxruntime-node --ignore-scripts`,
    )
  }
}

/** The graph that the engine runs: simplified, and in float32 with ONNX Runtime's own nodes. */
const onnxGraph = (graph: Graph, provider: OnnxOptions['provider']): Graph => {
  const simple = simplify(graph)
  return graph.dtype === 'float32' ? fuse(simple, provider) : simple
}
/** The model that the engine makes of a graph. */
export const onnxModel = strict(
  'onnxModel',
  { graph, provider: optional(word('cpu', 'webgpu', 'cuda')) },
  (graph: Graph, provider: OnnxOptions['provider'] = 'cpu'): ModelProto => emit(onnxGraph(graph, provider)),
)

/** Where it is told nothing, ONNX Runtime takes a thread for each physical core. Node counts logical processors, which may be
 *  more: no number is said. */
const describe = (provider: string, threads?: number): string => {
  const onCPU = threads === undefined ? 'a thread per core' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return `ONNX Runtime on ${provider === 'cpu' ? onCPU : provider}`
}

/** The engine. Throws UserError that says what to install where ONNX Runtime is not there, and which providers there are
 *  where the one asked for is not. */
export const onnxEngine = strict(
  'onnxEngine',
  { options: optional(record) },
  async (options: OnnxOptions = {}): Promise<Engine<OnnxHandle>> => {
    const { provider = 'cpu', threads, optimisation = 'all' } = options
    const { InferenceSession, Tensor: OrtTensor, listSupportedBackends } = await load()
    const providers = listSupportedBackends().map(({ name }) => name)
    if (!providers.includes(provider))
      throw new UserError(`engine onnx: the provider must be one of ${providers.join(', ')}, got '${provider}'`)
    must('engine onnx: threads', `a whole number from 1 to ${MOST_THREADS}`, threads, threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) // prettier-ignore
    must('engine onnx: optimisation', "'disabled', 'basic', 'extended' or 'all'", optimisation, ['disabled', 'basic', 'extended', 'all'].includes(optimisation)) // prettier-ignore
    const sessions: Ort.InferenceSession[] = []
    let open = true
    const checkOpen = (): void => must('engine onnx', 'open', 'a closed one', open)
    const handle = (x: Real, dims: readonly number[]): OnnxHandle =>
      x instanceof Float32Array ? new OrtTensor('float32', x, dims) : new OrtTensor('float64', x, dims)

    const compile = async (graph: Graph) => {
      checkOpen()
      const model = onnxModel(graph, provider)
      const session = await InferenceSession.create(encodeModel(model), {
        executionProviders: [provider],
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        interOpNumThreads: 1,
        // A pattern would be one block for all values beside the blocks that the first run has filled: twice the memory.
        enableMemPattern: false,
        // Beyond 'basic', a scale becomes an attribute of a product, and attributes are float32.
        graphOptimizationLevel: graph.dtype === 'float64' && optimisation !== 'disabled' ? 'basic' : optimisation,
      })
      sessions.push(session)
      const inputs = model.graph.input.map(({ name }) => name)
      const outputs = model.graph.output.map(({ name }) => name)
      return async (handles: readonly OnnxHandle[]) => {
        checkOpen()
        checkInputs(
          graph,
          handles.map(({ type, dims }) => ({ dtype: type, shape: dims })),
        )
        const feeds = Object.fromEntries(inputs.map((name, i) => [name, handles[i] as Ort.Tensor]))
        const made = await session.run(feeds)
        return outputs.map(name => made[name]! as OnnxHandle)
      }
    }

    return {
      name: 'onnx',
      description: describe(provider, threads),
      dtypes: ['float32', 'float64'],
      compile,
      memory: graph => graphMemory(onnxGraph(graph, provider)),
      holds: provider === 'cpu' ? 'process' : 'device',
      // Neither copies: tensors are not written to, and what ONNX Runtime makes is fresh.
      upload: x => (dtypeOf(x), handle(flat(x), x.shape)),
      download: async ({ data, dims }) => over(data as Real, dims),
      release: () => undefined,
      close: async () => {
        open = false
        await Promise.all(sessions.splice(0).map(session => session.release()))
      },
    }
  },
)
