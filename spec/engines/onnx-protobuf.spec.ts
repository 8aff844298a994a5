/** The bytes of an ONNX file, read by a library that knows the wire format and the field numbers from elsewhere than we do. */
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'protobufjs'
import { encodeModel, type ModelProto, onnxModel } from '../../lib/engines'
import { encodeMessage } from '../../lib/engines/onnx/protobuf'
import { abstract, matmul, rearrange, softmax, trace } from '../../lib'

/** From onnx.proto of the ONNX project, the fields that occur in our models. */
const { root } = parse(`
syntax = "proto2";
package onnx;
message AttributeProto { required string name = 1; optional float f = 2; optional int64 i = 3; repeated int64 ints = 8; optional int32 type = 20; }
message NodeProto {
  repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
  repeated AttributeProto attribute = 5; optional string doc_string = 6; optional string domain = 7;
}
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message TensorProto {
  repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9;
  repeated StringStringEntryProto external_data = 13; optional int32 data_location = 14;
}
message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
message TensorShapeProto { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
message TypeProto { optional TensorType tensor_type = 1; }
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; optional string doc_string = 3; }
message GraphProto {
  repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5;
  optional string doc_string = 10; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
message ModelProto {
  optional int64 ir_version = 1; optional string producer_name = 2; optional string doc_string = 6;
  optional GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; repeated StringStringEntryProto metadata_props = 14;
}
message Numbers { optional int64 one = 1; repeated int64 many = 2; optional float real = 3; optional string text = 16; optional bytes raw = 17; }`)

const read = (type: string, bytes: Uint8Array): Record<string, unknown> => {
  const found = root.lookupType(type)
  return found.toObject(found.decode(bytes), { longs: Number, arrays: false })
}

describe('An ONNX file', () => {
  it('holds a model as protobufjs reads it', () => {
    const f = (x: ReturnType<typeof abstract>) => softmax(matmul(x, rearrange('[S, C] -> [C, S]', x)))
    const model: ModelProto = {
      ...onnxModel(trace(f, abstract([3, 4])).graph),
      docString: 'β, Eq. (9)',
      metadataProps: [{ key: 'key', value: 'value' }],
    }
    const found = read('onnx.ModelProto', encodeModel(model))
    const plain = (x: unknown): unknown =>
      x instanceof Uint8Array
        ? [...x]
        : Array.isArray(x)
          ? x.map(plain)
          : typeof x === 'object' && x !== null
            ? Object.fromEntries(
                Object.entries(x)
                  .filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0))
                  .map(([k, v]) => [k, plain(v)]),
              )
            : x
    expect(plain(found)).to.deep.equal(plain(model))
  })

  it('holds whole numbers of every length and sign, floats, texts and bytes', () => {
    const message = {
      one: [1, 'int'],
      many: [2, 'int'],
      real: [3, 'float'],
      text: [16, 'string'],
      raw: [17, 'bytes'],
    } as const
    const int = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -130, max: 300 }))
    fc.assert(
      fc.property(
        fc.record({
          one: int,
          many: fc.array(int, { minLength: 1 }),
          real: fc.float({ noNaN: true }),
          text: fc.string({ unit: 'binary', maxLength: 300 }),
          raw: fc.uint8Array({ maxLength: 300 }),
        }),
        value => {
          const found = read('onnx.Numbers', encodeMessage(message, value))
          expect({ ...found, raw: [...(found['raw'] as Uint8Array)] }).to.deep.equal({ ...value, raw: [...value.raw] })
        },
      ),
    )
  })
})
