/** Modules of WebAssembly, in bytes. */
import { type Code, i32, type Local, types, unsigned, type ValueType } from './instructions'

export interface Signature {
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
}
/** A function: its parameters are its first locals, and `local` declares more of them. */
export interface Definition extends Signature {
  readonly body: (local: (type: ValueType) => Local) => Code
}
export interface Module {
  /** Functions of others, by name in the module `env`: they come first in the numbers of functions. */
  readonly imports: readonly (Signature & { readonly name: string })[]
  readonly memory: { readonly initial: number; readonly maximum: number; readonly shared: boolean }
  /** The first of them has the number `imports.length`. All of them are in the table, at their number. */
  readonly functions: readonly Definition[]
  readonly exported: Readonly<Record<string, number>>
}

const flatten = (code: Code, out: number[] = []): number[] => {
  if (typeof code === 'number') out.push(code)
  else for (const c of code) flatten(c, out)
  return out
}
const sized = (code: Code): Code => {
  const bytes = flatten(code)
  return [unsigned(bytes.length), bytes]
}
const list = (items: readonly Code[]): Code => [unsigned(items.length), items]
const section = (id: number, content: Code): Code => [id, sized(content)]
const text = (s: string): Code => list([...new TextEncoder().encode(s)])

const typeCode = ({ params, results }: Signature): Code => [
  0x60,
  ...[params, results].map(ts => list(ts.map(t => types[t]))),
]
const definitionCode = ({ params, body }: Definition): Code => {
  const locals: ValueType[] = []
  const code = body(type => params.length + locals.push(type) - 1)
  return sized([list(locals.map(type => [1, types[type]])), code, 0x0b])
}

/** The bytes of a module. The type of a function has the function's number. */
export const assemble = ({ imports, memory, functions, exported }: Module): Uint8Array<ArrayBuffer> => {
  const all = [...imports, ...functions]
  const limits = [memory.shared ? 3 : 1, unsigned(memory.initial), unsigned(memory.maximum)]
  const numbers = functions.map((_, i) => unsigned(imports.length + i))
  const module: Code = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list(all.map(typeCode))),
    section(
      2,
      list([
        [text('env'), text('memory'), 0x02, limits],
        ...imports.map(({ name }, i) => [text('env'), text(name), 0x00, unsigned(i)]),
      ]),
    ),
    section(3, list(numbers)),
    section(4, list([[0x70, 0x00, unsigned(all.length)]])),
    section(7, list(Object.entries(exported).map(([name, f]) => [text(name), 0x00, unsigned(f)]))),
    section(9, list([[0x00, i32.const(imports.length), 0x0b, list(numbers)]])),
    section(10, list(functions.map(definitionCode))),
  ]
  return Uint8Array.from(flatten(module))
}
