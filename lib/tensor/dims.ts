/** What a signature says: dimensions, tensors, records and sizes, their labels, and how they are written. */

/** A dimension as a signature has it: a number, a label, a sum or product of such, or an ellipsis. */
export type Dim =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: '+' | '*'; readonly of: readonly Dim[] }
  | { readonly kind: '...'; readonly name: string }

/** A tensor of a signature, or a list of them. */
export interface TensorArg {
  readonly kind: 'tensor'
  readonly name: string
  readonly dims: readonly Dim[]
  /** Whether a scalar may stand in its place. */
  readonly optional: boolean
  readonly list: boolean
}
export interface RecordArg {
  readonly kind: 'record'
  readonly name: string
  readonly fields: readonly Arg[]
  readonly list: boolean
}
export interface SizeArg {
  readonly kind: 'size'
  readonly name: string
}
/** An argument: a tensor, a record of arguments, or a size. */
export type Arg = TensorArg | RecordArg | SizeArg

/** A signature, parsed. */
export interface Signature {
  readonly source: string
  readonly args: readonly Arg[]
  readonly results: readonly TensorArg[]
}

/** The labels in a dimension; '...name' stands for its ellipsis. */
export const dimLabels = (d: Dim): readonly string[] => {
  switch (d.kind) {
    case 'number':
      return []
    case 'label':
      return [d.name]
    case '...':
      return [`...${d.name}`]
    default:
      return d.of.flatMap(dimLabels)
  }
}
/** The labels that an argument tells the size of: one that may be absent tells none. */
export const labelsOf = (a: Arg): readonly string[] => {
  switch (a.kind) {
    case 'size':
      return [a.name]
    case 'tensor':
      return a.optional ? [] : a.dims.flatMap(dimLabels)
    case 'record':
      return a.fields.flatMap(labelsOf)
  }
}

/** A dimension as it is written: `B*(1+P)`. */
export const showDim = (d: Dim): string => {
  switch (d.kind) {
    case 'number':
      return `${d.value}`
    case 'label':
      return d.name
    case '...':
      return `...${d.name}`
    default:
      return d.of.map(x => (d.kind === '*' && x.kind === '+' ? `(${showDim(x)})` : showDim(x))).join(d.kind)
  }
}

/** A tensor argument as it is written: `V[B*T, P, C']`. */
export const showTensor = (name: string, dims: readonly Dim[]): string => `${name}[${dims.map(showDim).join(', ')}]`
