/** `cstransformer kernels`: what the engine `gpu` makes of an equation, to read. */
import { fixed, orList } from '../../format/text'
import { Command, Option } from 'commander'
import { type Arg, shapeOf, type Shape, UserError } from '../../tensor'
import { type EquationName, equations, variants } from '../../paper'
import { abstract, type Graph, trace } from '../../trace'
import {
  type GpuMode,
  gpuModes,
  type KernelListing,
  type ListedKernel,
  gpuJsListing,
  type Tiling,
  tilings,
  wasmListing,
  wgslListing,
} from '../../engines'

import { save } from '../../disk'

interface Flags {
  readonly equation: string
  readonly mode: GpuMode
  readonly tiling: Tiling
  readonly module?: string
}

/** What the labels of signatures stand for: a block of V2 on one clip. */
const { V2 } = variants
const sizes: Readonly<Record<string, number>> = {
  ...{ B: 1, T: V2.frames, C: V2.channels, M: V2.patch, I: V2.height / V2.patch, J: V2.width / V2.patch, P: 196 },
  ...{ N: V2.frames, S: 197, "C'": V2.dim, h: V2.heads, d: V2.dim / V2.heads, F: 4 * V2.dim, K: V2.classes },
  // The scores before are those of a block of the same stage.
  ...{ "N'": V2.frames, "S'": 197 },
}
/** α and β are one number each. */
const ellipses: ReadonlyMap<string, Shape> = new Map([['', []]])

/** The equations in whose title a number stands, as in "Eqs. (1)–(4)". */
const numbers = (title: string): readonly number[] =>
  [...title.matchAll(/\((\d+)\)(?:–\((\d+)\))?/g)].flatMap(([, from, to]) =>
    Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, i) => Number(from) + i),
  )
const equationOf = (text: string): EquationName => {
  const names = Object.keys(equations) as EquationName[]
  const found = names.find(name => name === text || numbers(equations[name].title).includes(Number(text)))
  if (!found) throw new UserError(`--equation must be a number of the paper's or ${orList(names)}, got '${text}'`)
  return found
}

/** An argument of the sizes above, without elements. */
const argument = (arg: Arg): unknown => {
  if (arg.kind === 'size') return sizes[arg.name]
  const one = (): unknown =>
    arg.kind === 'record'
      ? Object.fromEntries(arg.fields.map(field => [field.name, argument(field)]))
      : abstract(shapeOf(arg.dims, { labels: new Map(Object.entries(sizes)), ellipses }) as Shape)
  return arg.list ? [one(), one()] : one()
}

/** An equation at the sizes of V2, as a graph. */
const graphOf = (name: EquationName): Graph => {
  const equation = equations[name] as unknown as (...args: unknown[]) => unknown
  const given = equations[name].signature.args.map(argument)
  const tensors = given.filter(x => typeof x !== 'number')
  const recorded = (...xs: unknown[]): unknown => {
    let next = 0
    return equation(...given.map(x => (typeof x === 'number' ? x : xs[next++])))
  }
  return trace(recorded, ...tensors).graph
}

/** Kernels, what they are, in a few words, and the module that they are in, where there is one. */
interface Shown extends KernelListing {
  readonly what: string
  readonly module?: Uint8Array
}
/** What runs in a mode. */
const kernelsOf = async (graph: Graph, mode: GpuMode, tiling: Tiling): Promise<Shown> => {
  if (mode === 'webgpu')
    return { ...wgslListing(graph, tiling), what: `of our own, mode webgpu: as many dispatches in one submission, tiles in ${tiling}` } // prettier-ignore
  if (mode !== 'webasm') return { ...gpuJsListing(graph), what: `for gpu.js, mode ${mode}` }
  const { threads, fused, module, ...texts } = wasmListing(graph)
  const on = threads === 1 ? 'one thread' : `${threads} threads`
  const madd = fused ? ', a product and a sum in one instruction' : ''
  return { ...texts, module, what: `of our own, mode webasm: a module of ${module.length} bytes for ${on}${madd}` }
}

/** What a kernel's threads are counted in. */
const COUNTED: Readonly<Record<GpuMode, string>> = {
  webgpu: 'workgroups',
  headlessgl: 'threads',
  webasm: 'units',
  cpu: 'threads',
}
const bytesText = (bytes: ListedKernel['bytes']): string => {
  const MB = (n: number): string => `${fixed(n / 1e6, 2)} MB`
  return bytes ? `, ${MB(bytes.read)} read, ${MB(bytes.written)} written` : ''
}

const kernelsText = (name: EquationName, graph: Graph, mode: GpuMode, { kernels, outputs, what }: Shown): string => {
  const { title, signature } = equations[name]
  const inputs = graph.nodes.flatMap(n => (n.kind === 'input' ? [`[${n.shape.join(', ')}]`] : []))
  return [
    `// ${title}: ${kernels.length} kernels ${what}`,
    `// ${signature.source.replace(/\s+/g, ' ')}`,
    ...(mode === 'webasm' ? ['// a4: an element of array 4; a4{197, 1, 0}: the one that these strides lead to.'] : []),
    ...inputs.map((shape, i) => `// input: array ${i}, ${shape}`),
    ...kernels.map(({ title: step, source, threads, bytes, reads, writes }) =>
      [
        '',
        `// ${step}: array ${writes.join(', ')} from ${reads.length ? `array ${reads.join(', ')}` : 'nothing'}, ${COUNTED[mode]} ${threads.join(' × ')}${bytesText(bytes)}`,
        source,
      ].join('\n'),
    ),
    '',
    ...outputs.map(({ array, shape }) => `// output: array ${array}, [${shape.join(', ')}]`),
  ].join('\n')
}

/** The command. `print` gets the text to show. */
export const kernelsCommand = (print: (text: string) => void): Command =>
  new Command('kernels')
    .description('show the kernels that the engine gpu makes of an equation, at the sizes of V2')
    .addOption(new Option('--equation <which>', "the paper's number, or a name").makeOptionMandatory())
    .addOption(
      new Option(
        '--mode <mode>',
        'of gpu.js: webgpu shows WGSL, webasm the steps of our own WebAssembly, the others what gpu.js takes',
      )
        .choices([...gpuModes])
        .default('webgpu'),
    )
    .addOption(
      new Option('--tiling <where>', 'of products in mode webgpu: in workgroups on a GPU, in registers in software')
        .choices(Object.keys(tilings))
        .default('workgroups'),
    )
    .addOption(
      new Option('--module <file>', 'where to write the module of mode webasm, for tools that read WebAssembly'),
    )
    .action(async ({ equation, mode, tiling, module: file }: Flags) => {
      const name = equationOf(equation)
      if (file !== undefined && mode !== 'webasm')
        throw new UserError(`--module is one of --mode webasm, but --mode is '${mode}'`)
      const graph = graphOf(name)
      const shown = await kernelsOf(graph, mode, tiling)
      if (file !== undefined && shown.module) save(file, shown.module)
      print(kernelsText(name, graph, mode, shown))
    })
