/** The messages of an ONNX file that we write, with the field numbers of the format (https://onnx.ai/onnx/repo-docs/IR.html). */
import { encodeMessage } from './protobuf'

const entry = { key: [1, 'string'], value: [2, 'string'] } as const
const attribute = {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'int'],
  ints: [8, 'int'],
  type: [20, 'int'],
} as const
const node = {
  input: [1, 'string'],
  output: [2, 'string'],
  name: [3, 'string'],
  opType: [4, 'string'],
  attribute: [5, attribute],
  docString: [6, 'string'],
  domain: [7, 'string'],
} as const
const tensor = {
  dims: [1, 'int'],
  dataType: [2, 'int'],
  name: [8, 'string'],
  rawData: [9, 'bytes'],
  externalData: [13, entry],
  dataLocation: [14, 'int'],
} as const
const dimension = { dimValue: [1, 'int'], dimParam: [2, 'string'] } as const
const tensorType = { elemType: [1, 'int'], shape: [2, { dim: [1, dimension] }] } as const
const valueInfo = { name: [1, 'string'], type: [2, { tensorType: [1, tensorType] }], docString: [3, 'string'] } as const
const graph = {
  node: [1, node],
  name: [2, 'string'],
  initializer: [5, tensor],
  docString: [10, 'string'],
  input: [11, valueInfo],
  output: [12, valueInfo],
} as const
const model = {
  irVersion: [1, 'int'],
  producerName: [2, 'string'],
  docString: [6, 'string'],
  graph: [7, graph],
  opsetImport: [8, { domain: [1, 'string'], version: [2, 'int'] }],
  metadataProps: [14, entry],
} as const

export interface AttributeProto {
  readonly name: string
  readonly type: number
  readonly f?: number
  readonly i?: number
  readonly ints?: readonly number[]
}
export interface NodeProto {
  readonly name: string
  readonly opType: string
  readonly domain?: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly AttributeProto[]
  readonly docString?: string
}
export interface Entry {
  readonly key: string
  readonly value: string
}
export interface TensorProto {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: number
  readonly rawData?: Uint8Array
  readonly dataLocation?: number
  readonly externalData?: readonly Entry[]
}
export interface ValueInfoProto {
  readonly name: string
  readonly type: {
    readonly tensorType: {
      readonly elemType: number
      readonly shape: { readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[] }
    }
  }
  readonly docString?: string
}
/** A model, as the ONNX format has it. */
export interface ModelProto {
  readonly irVersion: number
  readonly producerName: string
  readonly docString?: string
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[]
  readonly metadataProps?: readonly Entry[]
  readonly graph: {
    readonly name: string
    readonly node: readonly NodeProto[]
    readonly initializer: readonly TensorProto[]
    readonly input: readonly ValueInfoProto[]
    readonly output: readonly ValueInfoProto[]
  }
}

/** The enumerations' values. */
export const types = { float32: 1, int64: 7, float64: 11 } as const
export const attributeTypes = { float: 1, int: 2, ints: 7 } as const
export const EXTERNAL = 1

/** A model as the bytes of a file. */
export const encodeModel = (m: ModelProto): Uint8Array => encodeMessage(model, m)
