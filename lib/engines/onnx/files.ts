/** A model as files: one, or two where its weights are more than one file of the format may hold. */
import type { ModelProto, TensorProto } from './schema'
import { encodeModel, EXTERNAL } from './schema'

/** A protocol buffer holds at most 2 GiB; the rest of the model needs some of it. */
const MAX_BYTES = 2 ** 31 - 2 ** 20

/** A model as bytes, with its weights inside or beside it. */
export interface ModelFiles {
  readonly model: Uint8Array
  /** The weights, where they are beside the model: to be written one after another under the name that was given. */
  readonly data?: readonly Uint8Array[]
}

const entry = (key: string, value: string | number) => ({ key, value: `${value}` })

/** The bytes of a model's files.
 *  @param data the name of the file beside the model, should there be one
 *  @param most weights of at least so many bytes are put there */
export const modelFiles = (model: ModelProto, data: string, most = MAX_BYTES): ModelFiles => {
  const { initializer } = model.graph
  const bytesOf = ({ rawData }: TensorProto): number => rawData?.byteLength ?? 0
  if (initializer.reduce((sum, x) => sum + bytesOf(x), 0) < most) return { model: encodeModel(model) }
  const chunks: Uint8Array[] = []
  let offset = 0
  // Lists of sizes stay in the model, which could not be understood without them.
  const outside = initializer.map(({ rawData, ...x }): TensorProto => {
    if (!rawData || rawData.byteLength < 1024) return rawData ? { ...x, rawData } : x
    const externalData = [entry('location', data), entry('offset', offset), entry('length', rawData.byteLength)]
    chunks.push(rawData)
    offset += rawData.byteLength
    return { ...x, dataLocation: EXTERNAL, externalData }
  })
  return { model: encodeModel({ ...model, graph: { ...model.graph, initializer: outside } }), data: chunks }
}
