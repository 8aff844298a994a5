/** The parts of an ONNX model: nodes, stored numbers, attributes. */
import { type DType, DTypeError, dtypeOf, flat, type Shape, type Tensor } from '../../tensor'
import type { OnnxNode } from '../../trace'
import { type AttributeProto, attributeTypes, type NodeProto, type TensorProto, types } from './schema'

/** Numbers, little-endian as the format asks. */
const bytesOf = (data: Float32Array | Float64Array | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Collects the parts of a model; each constant is stored once. */
export const recorder = (dtype: DType) => {
  const nodes: NodeProto[] = []
  const initializers = new Map<string, TensorProto>()
  const store = (name: string, type: DType | 'int64', dims: Shape, rawData: () => Uint8Array): string => {
    if (!initializers.has(name)) initializers.set(name, { name, dims, dataType: types[type], rawData: rawData() })
    return name
  }
  return {
    nodes,
    initializers,
    ints: (values: readonly number[]) =>
      store(`ints_${values.join('_')}`, 'int64', [values.length], () => bytesOf(BigInt64Array.from(values, BigInt))),
    scalar: (v: number) =>
      store(`scalar_${v}`, dtype, [], () => bytesOf(dtype === 'float32' ? Float32Array.of(v) : Float64Array.of(v))),
    tensor: (name: string, x: Tensor) => {
      if (dtypeOf(x) !== dtype)
        throw new DTypeError(`export: '${name}' must hold ${dtype}, as its graph does, got ${x.dtype}`)
      return store(name, dtype, x.shape, () => bytesOf(flat(x)))
    },
  }
}

/** An attribute of a node; 'dtype' is the type of the graph. */
export const attribute = (
  dtype: DType,
  name: string,
  v: NonNullable<OnnxNode['attributes']>[string],
): AttributeProto =>
  v === 'dtype'
    ? { name, type: attributeTypes.int, i: types[dtype] }
    : typeof v === 'number'
      ? { name, type: attributeTypes.int, i: v }
      : 'float' in v
        ? { name, type: attributeTypes.float, f: v.float }
        : { name, type: attributeTypes.ints, ints: v }
