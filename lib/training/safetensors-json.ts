/** The JSON of a safetensors header, as strictly as the format's own library reads it where JSON.parse is looser. */
import { cited, shortened } from '../tensor'

/** What lists and objects may be nested: what the format's own library allows. */
const DEEPEST = 127
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LONE_SURROGATE = /\p{Surrogate}/u

/** What is wrong with a text that JSON.parse takes, or undefined: a key that an object has twice, which JSON.parse would hide;
 *  half a character; nesting that is too deep; in a list of whole numbers, what is written as none, or not kept to the last
 *  digit. */
export const faultOf = (json: string): string | undefined => {
  /** The keys of objects that are open; none for a list. The last key of each, with the name of what is described. */
  const open: { readonly keys: Set<string> | undefined; key: string }[] = []
  for (let at = 0; at < json.length; at++) {
    const c = json[at]!
    if (c === '{' || c === '[') {
      open.push({ keys: c === '{' ? new Set() : undefined, key: '' })
      if (open.length > DEEPEST) return `its header is nested more than ${DEEPEST} deep`
    } else if (c === '}' || c === ']') open.pop()
    else if (c === '"') {
      const end = endOf(json, at)
      const isKey = open.at(-1)?.keys !== undefined && isColon(json, end + 1)
      if (isKey || json.slice(at, end).includes('\\u')) {
        const text = JSON.parse(json.slice(at, end + 1)) as string // "\u0061" is "a"
        if (LONE_SURROGATE.test(text)) return `its header has half a character in ${cited(text)}`
        const last = open.at(-1)
        if (isKey && last?.keys) {
          if (last.keys.has(text)) return `its header has ${cited(text)} twice`
          last.keys.add(text)
          last.key = text
        }
      }
      at = end
    } else if (c === '-' || (c >= '0' && c <= '9')) {
      NUMBER.lastIndex = at
      const [written] = NUMBER.exec(json)!
      const wrong = isSize(open) ? wrongSize(written) : undefined
      if (wrong)
        return `${cited(open[0]!.key)} must have ${wrong} in its ${open[1]!.key}, got ${shortened(written, 40)}`
      at += written.length - 1
    }
  }
  return undefined
}

/** Whether what comes next is a size or an offset: in a list, in the description of a tensor. */
const isSize = (open: readonly { readonly keys: unknown; readonly key: string }[]): boolean =>
  open.length === 3 && open[2]!.keys === undefined && ['shape', 'data_offsets'].includes(open[1]!.key)

/** What a number should have been, where it is not written as a whole one, or would not be kept to the last digit. */
const wrongSize = (written: string): string | undefined =>
  !/^\d+$/.test(written)
    ? 'whole numbers'
    : written.length > 20 || BigInt(Number(written)) !== BigInt(written)
      ? 'numbers that JavaScript keeps exactly'
      : undefined

/** Where a text ends that begins at a place: at the next quotation mark before which there is an even number of backslashes. */
const endOf = (json: string, start: number): number => {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let slashes = 0
    while (json[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end
  }
}

const isColon = (json: string, from: number): boolean => {
  let at = from
  while (' \n\r\t'.includes(json[at] ?? 'x')) at++
  return json[at] === ':'
}
