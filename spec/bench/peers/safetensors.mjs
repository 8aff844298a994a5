/** A file of tensors: the plainest reader there can be, for files that cstransformer has just written. */
import { readFileSync } from 'node:fs'

export const readTensors = path => {
  const file = readFileSync(path)
  const length = Number(file.readBigUInt64LE(0))
  const { __metadata__: metadata, ...described } = JSON.parse(file.toString('utf8', 8, 8 + length))
  const tensor = ({ shape, data_offsets: [from, to] }) => {
    const bytes = file.subarray(8 + length + from, 8 + length + to)
    return { shape, data: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)) }
  }
  const tensors = Object.fromEntries(Object.entries(described).map(([name, d]) => [name, tensor(d)]))
  return { tensors, metadata }
}
