/** Values as Node prints them, near enough. */
export const shown = (value: unknown, nested = false): string => {
  if (typeof value === 'string') return nested ? `'${value}'` : value
  if (value === null || typeof value !== 'object')
    return typeof value === 'function' ? `[Function: ${value.name}]` : String(value)
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (ArrayBuffer.isView(value)) return shown([...(value as unknown as Iterable<number>)], nested)
  if (value instanceof Map) return `Map(${value.size}) ${shown(Object.fromEntries(value))}`
  const parts = Array.isArray(value) ? value.slice(0, 100).map(item => shown(item, true)) : Object.entries(value).map(([key, item]) => `${key}: ${shown(item, true)}`) // prettier-ignore
  if (Array.isArray(value) && value.length > 100) parts.push(`… ${value.length - 100} more items`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return parts.length === 0 ? `${open}${close}` : `${open} ${parts.join(', ')} ${close}`
}
