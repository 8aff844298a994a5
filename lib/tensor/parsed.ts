/** The signature language at compile time: a string type is parsed into the types of its arguments.
 *  Its run-time twin is signature.ts. */

type Without<S extends string, C extends string, Acc extends string = ''> = S extends `${infer H}${C}${infer R}`
  ? Without<R, C, `${Acc}${H}`>
  : `${Acc}${S}`
/** Without spaces and line breaks. */
export type Squeeze<S extends string> = Without<Without<Without<S, ' '>, '\n'>, '\t'>
export type Split<S extends string> = S extends '' ? [] : S extends `${infer H},${infer R}` ? [H, ...Split<R>] : [S]
/** `['N', 'C']` as it is written: 'N, C'. */
export type Join<D extends readonly string[]> = D extends readonly [infer H extends string, ...infer R extends string[]]
  ? R extends []
    ? H
    : `${H}, ${Join<R>}`
  : ''

export interface TensorArg<N extends string, D extends string[]> {
  kind: 'tensor'
  name: N
  dims: D
}
export interface RecordArg<N extends string, F> {
  kind: 'record'
  name: N
  fields: F
}
export interface SizeArg<N extends string> {
  kind: 'size'
  name: N
}
export interface OptionalArg<A> {
  kind: 'optional'
  of: A
}
export interface ListArg<A> {
  kind: 'list'
  of: A
}
export type Arg =
  TensorArg<string, string[]> | RecordArg<string, unknown> | SizeArg<string> | OptionalArg<unknown> | ListArg<unknown>
export type NameOf<A> = A extends ListArg<infer I> | OptionalArg<infer I>
  ? NameOf<I>
  : A extends { name: infer N extends string }
    ? N
    : never

/** A name, and the string after it: up to a bracket, a brace or a comma. */
type ReadName<S extends string, N extends string = ''> = S extends `${infer H}${infer R}`
  ? H extends '[' | '{' | '}' | ','
    ? [N, S]
    : ReadName<R, `${N}${H}`>
  : [N, '']

/** Reads arguments one by one, up to a closing brace or the end; answers `[arguments, which of them, the string after it]`.
 *  Null for a malformed string, whose fault the run time shows.
 *  (Tail-recursive, since a plain recursion would stop at 50.) */
type ReadArgs<S extends string, Acc extends Arg[] = []> = S extends ''
  ? [Acc, '', '']
  : S extends `}${infer Rest}`
    ? [Acc, '}', Rest]
    : S extends `,${infer Rest}`
      ? ReadArgs<Rest, Acc>
      : ReadName<S> extends [infer N extends string, infer R extends string]
        ? R extends `[${infer D}]${infer Rest}`
          ? ReadMark<TensorArg<N, Split<D>>, Rest, Acc>
          : R extends `{${infer Inside}`
            ? ReadArgs<Inside> extends [infer F, '}', infer Rest extends string]
              ? ReadMark<RecordArg<N, F>, Rest, Acc>
              : null
            : R extends '' | `,${string}` | `}${string}`
              ? ReadArgs<R, [...Acc, SizeArg<N>]>
              : null
        : null
type ReadMark<A extends Arg, S extends string, Acc extends Arg[]> = S extends `*${infer Rest}`
  ? ReadArgs<Rest, [...Acc, ListArg<A>]>
  : S extends `?${infer Rest}`
    ? ReadArgs<Rest, [...Acc, OptionalArg<A>]>
    : ReadArgs<S, [...Acc, A]>

export type Parse<S extends string> =
  Squeeze<S> extends `${infer A}->${infer O}`
    ? [ReadArgs<A>, ReadArgs<O>] extends [[infer Args, '', ''], [infer Results, '', '']]
      ? { args: Args; results: Results }
      : never
    : never
