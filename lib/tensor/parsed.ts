/** The signature language at compile time: a string type is parsed into the types of its arguments.
 *  Its run-time twin is signature.ts.
 *
 *  Types are instantiated anew for every signature, so that they read in large steps, to a bracket or a comma at once, and take a
 *  closer look where they must. */

type Without<S extends string, C extends string> = S extends `${infer H}${C}${infer R}` ? Without<`${H}${R}`, C> : S
/** Blanks elsewhere than one after a comma, and around the arrow. */
type Spaced =
  | `${string}${'\n' | '\t' | '  ' | ' ,' | `${'[' | '{' | '(' | '+' | '*'} ` | ` ${']' | '}' | '(' | ')' | '+' | '*' | '?'}`}${string}`
  | ` ${string}`
  | `${string} `
/** With no other blanks than one after a comma, and around the arrow, where most signatures have them. */
type Squeeze<S extends string> = S extends Spaced ? Without<Without<Without<S, '\n'>, '\t'>, ' '> : S
type Split<S extends string> = S extends ''
  ? []
  : S extends `${infer H},${infer R}`
    ? [H, ...Split<R extends ` ${infer T}` ? T : R>]
    : [S]
/** `['N', 'C']` as it is written: 'N, C'; '?' for a label of which nothing is known. */
export type Join<D extends readonly string[]> = D extends readonly [infer H extends string, ...infer R extends string[]]
  ? `${string extends H ? '?' : H}${R extends [] ? '' : `, ${Join<R>}`}`
  : ''

/** The ellipsis among dimensions; never where there is none. */
export type Ellipsis<D extends readonly string[]> = Extract<D[number], `...${string}`>

export interface TensorArg<N extends string, D extends string[], Open = boolean> {
  kind: 'tensor'
  name: N
  dims: D
  /** Whether an ellipsis is among them. */
  open: Open
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

/** What no name has: where a step read too far. */
type Beyond = `${string}${'[' | ']' | '{' | '}' | ','}${string}`

/** What no size is: two words. */
type Words = `${string} ${string}`

/** Reads arguments one by one, up to a closing brace or the end; answers `[arguments, which of them, the string after it]`.
 *  Null for a malformed string, whose fault the run time shows.
 *  (Tail-recursive, since a plain recursion would stop at 50.) */
type ReadArgs<S extends string, Acc extends Arg[] = []> = S extends `${infer N}[${infer D}]${infer Rest}`
  ? N extends Beyond
    ? ReadOther<S, Acc>
    : ReadMark<
        TensorArg<N extends `${infer M} ` ? M : N, Split<D>, D extends `${string}...${string}` ? true : false>,
        Rest,
        Acc
      >
  : ReadOther<S, Acc>
/** Reads a record or a size. */
type ReadOther<S extends string, Acc extends Arg[]> = S extends `${infer N}{${infer Inside}`
  ? N extends Beyond
    ? ReadSize<S, Acc>
    : ReadArgs<Inside> extends [infer F, '}', infer Rest extends string]
      ? ReadMark<RecordArg<N extends `${infer M} ` ? M : N, F>, Rest, Acc>
      : null
  : ReadSize<S, Acc>
type ReadSize<S extends string, Acc extends Arg[]> = S extends `${infer N},${infer Rest}`
  ? N extends '' | Beyond | Words
    ? ReadLast<S, Acc>
    : ReadArgs<Rest extends ` ${infer R}` ? R : Rest, [...Acc, SizeArg<N>]>
  : ReadLast<S, Acc>
type ReadLast<S extends string, Acc extends Arg[]> = S extends `${infer N}}${infer Rest}`
  ? N extends Beyond | Words
    ? null
    : [N extends '' ? Acc : [...Acc, SizeArg<N>], '}', Rest]
  : S extends '' | Beyond | Words
    ? null
    : [[...Acc, SizeArg<S>], '', '']
type ReadMark<A extends Arg, S extends string, Acc extends Arg[]> = S extends `*${infer Rest}`
  ? ReadNext<Rest, [...Acc, ListArg<A>]>
  : S extends `?${infer Rest}`
    ? ReadNext<Rest, [...Acc, OptionalArg<A>]>
    : ReadNext<S, [...Acc, A]>
type ReadNext<S extends string, Acc extends Arg[]> = S extends ''
  ? [Acc, '', '']
  : S extends `,${infer Rest}`
    ? ReadArgs<Rest extends ` ${infer R}` ? R : Rest, Acc>
    : S extends `}${infer Rest}`
      ? [Acc, '}', Rest]
      : null

export type Parse<S extends string> =
  Squeeze<S> extends `${infer A}->${infer O}`
    ? [ReadArgs<A extends `${infer L} ` ? L : A>, ReadArgs<O extends ` ${infer R}` ? R : O>] extends [
        [infer Args, '', ''],
        [infer Results, '', ''],
      ]
      ? { args: Args; results: Results }
      : never
    : never
