/** A file of tensors: the plainest reader there can be, for files that cstransformer has just written. */

/** @param file its bytes */
export const tensorsOf = file => {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const { __metadata__: metadata, ...described } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
  const tensor = ({ shape, data_offsets: [from, to] }) => {
    const bytes = file.subarray(8 + length + from, 8 + length + to)
    return { shape, data: new Float32Array(Uint8Array.from(bytes).buffer) }
  }
  const tensors = Object.fromEntries(Object.entries(described).map(([name, d]) => [name, tensor(d)]))
  return { tensors, metadata }
}
