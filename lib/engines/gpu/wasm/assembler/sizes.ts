/** How large the functions of a module are. */

/** The bytes of each function of a module: the entries of its code section. */
export const functionBytes = (module: Uint8Array): readonly number[] => {
  let at = 8
  const unsigned = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < module.length) {
    const [id, size] = [module[at++], unsigned()]
    if (id === 10)
      return Array.from({ length: unsigned() }, () => {
        const bytes = unsigned()
        at += bytes
        return bytes
      })
    at += size
  }
  return []
}
