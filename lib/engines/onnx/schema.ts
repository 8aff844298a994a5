/** The messages of an ONNX file that we write, with the field numbers of the format (https://onnx.ai/onnx/repo-docs/IR.html). */
import { parse } from 'protobufjs'

const source = `
syntax = "proto2";
package onnx;
message AttributeProto { required string name = 1; optional float f = 2; optional int64 i = 3; repeated int64 ints = 8; required int32 type = 20; }
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
}`
const model = parse(source).root.lookupType('onnx.ModelProto')

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
export const encodeModel = (m: ModelProto): Uint8Array => model.encode(m).finish()
