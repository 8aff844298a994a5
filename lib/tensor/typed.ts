/** The types of a signature: the arguments and result of a call, in the caller's labels; the body, in its own. */
import type { IsUnknown, Known, Names, Substitute } from './labels'
import type { Arg, Join, ListArg, NameOf, OptionalArg, Parse, RecordArg, SizeArg, TensorArg } from './parsed'
import type { Labels, Tensor } from './tensor'
import type { AnyClash, Blame, Clash, UnifyArgs, UnifyLabels } from './unify'

/** What an argument that does not fit is asked to be: a string that no tensor is, so that the compiler prints it. */
export type ShapeMismatch<Why extends string> = `shape error: ${Why}`

/** A list of dimensions in the labels that `E` says their names stand for. */
type SubstituteAll<D extends readonly string[], E, Open> = Open extends true
  ? Spread<D, E>
  : { [I in keyof D]: Substitute<D[I], E> }
type Spread<D extends readonly string[], E> = D extends readonly [
  infer H extends string,
  ...infer Rest extends string[],
]
  ? H extends `...${string}`
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
      [...(E extends { [_ in H]: infer L extends Labels } ? L : any), ...Spread<Rest, E>]
    : [Substitute<H, E>, ...Spread<Rest, E>]
  : []

/** A tensor of any labels, where a signature has these: the editor shows them in the help of a call. */
export type TensorOf<D extends readonly string[]> = Tensor & Shown<D>
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- it is shown, and asks for nothing
interface Shown<D> {}
/** Arguments of any labels. */
type Loose<A> =
  A extends TensorArg<string, infer D>
    ? TensorOf<D>
    : A extends SizeArg<string>
      ? number
      : A extends RecordArg<string, infer F extends Arg[]>
        ? { readonly [M in F[number] as NameOf<M>]: Loose<M> }
        : A extends ListArg<infer I>
          ? readonly Loose<I>[]
          : A extends OptionalArg<infer I>
            ? Loose<I>
            : never
/** Arguments as the body sees them: under the signature's own labels. */
type Rigid<A> =
  A extends TensorArg<string, infer D, infer Open>
    ? Tensor<Open extends true ? any : D> // eslint-disable-line @typescript-eslint/no-explicit-any
    : A extends SizeArg<string>
      ? number
      : A extends RecordArg<string, infer F extends Arg[]>
        ? { readonly [M in F[number] as NameOf<M>]: Rigid<M> }
        : A extends ListArg<infer I>
          ? readonly Rigid<I>[]
          : A extends OptionalArg<unknown>
            ? Tensor // of these labels, or a scalar: the body asks for its shape
            : never
type LooseAll<A extends Arg[]> = { [K in keyof A]: Loose<A[K]> } extends infer X extends unknown[] ? X : never
type RigidAll<A extends Arg[]> = { [K in keyof A]: Rigid<A[K]> } extends infer X extends unknown[] ? X : never

type Results<O extends Arg[], E> = O extends [infer A]
  ? Result<A, E>
  : { readonly [A in O[number] as NameOf<A>]: Result<A, E> }
type Result<A, E> = A extends TensorArg<string, infer D, infer Open> ? Tensor<Known<SubstituteAll<D, E, Open>>> : never
type RigidResults<O extends Arg[]> = O extends [infer A]
  ? Rigid<A>
  : { readonly [A in O[number] as NameOf<A>]: Rigid<A> }

type SizeNames<A> =
  A extends TensorArg<string, infer D>
    ? Names<D[number]>
    : A extends RecordArg<string, infer F extends Arg[]>
      ? SizeNames<F[number]>
      : A extends SizeArg<infer N>
        ? N
        : A extends ListArg<infer I>
          ? SizeNames<I>
          : never // of an optional one: nothing tells its sizes where it is absent
/** The sizes that a signature's labels have in a call. */
export type SizesOf<S extends string> = { readonly [V in SizeNames<Parse<S>['args'][number]>]: number }

/** A signature as it was written, or what its fault is, for the compiler to print; the run time points at it, too. */
export type Readable<S extends string> = string extends S
  ? S
  : [Parse<S>] extends [never]
    ? `signature error: ${Fault<S>}`
    : S
/** The fault of a signature that cannot be read; a caret, ‸, stands before it. */
type Fault<S extends string> = S extends `${infer A}=>${infer R}`
  ? `must have '->', got '=>' in '${A}‸=>${R}'`
  : S extends `${infer A}->${infer R}`
    ? true extends Unclosed<A>
      ? `must have ']' before '->' in '${A}‸->${R}'`
      : true extends Unclosed<R>
        ? `must have ']' at the end of '${S}‸'`
        : S extends `${string}[${string}`
          ? `brackets, braces and commas must be in place in '${S}'`
          : `dimensions must be in brackets, as [N, C], got '${S}'`
    : S extends ''
      ? "must be arguments, '->' and results, as [N, C] -> [C, N], got no text"
      : `must have '->' before the results, got '${S}'`
/** Whether the last bracket of a text is not closed. */
type Unclosed<S extends string> = S extends `${string}[${infer R}`
  ? R extends `${string}[${string}`
    ? Unclosed<R>
    : R extends `${string}]${string}`
      ? false
      : true
  : false

/** A value with a message at one place in it; a list is replaced as a whole. */
type Replaced<X, At, Why extends string> = At extends [infer F, ...infer Rest]
  ? F extends '*'
    ? ShapeMismatch<Why>
    : { [M in keyof X]: M extends F ? Replaced<X[M], Rest, Why> : X[M] }
  : ShapeMismatch<Why>

type Element<X, I> = X[I & keyof X]
/** The arguments under the names `N`, the one that clashes replaced by a message. */
type Blamed<S extends string, X extends readonly unknown[], N> =
  Blame<Parse<S>['args'], X> extends Clash<[infer K, ...infer At], infer Why>
    ? { [I in keyof N]: I extends K ? Replaced<Element<X, I>, At, Why> : Element<X, I> }
    : never

/** A function that unifies its arguments' labels with a signature, and answers in the caller's labels.
 *  (`X extends null` never holds: the compiler infers X from that branch. The other one is behind an index, or it would be looked
 *  into for every call that is right.)
 *  @typeParam N the names of its parameters, as the editor shows them */
export interface Typed<S extends string, N extends readonly unknown[] = Unnamed<Parse<S>['args']>> {
  <X extends LooseAll<Parse<S>['args']>>(
    ...args: UnifyArgs<Parse<S>['args'], X> extends AnyClash
      ? X extends null
        ? X
        : { 0: Blamed<S, X, N> }[X extends null ? 1 : 0]
      : { [I in keyof N]: Element<X, I> }
  ): UnifyArgs<Parse<S>['args'], X> extends infer E
    ? E extends AnyClash
      ? never
      : Results<Parse<S>['results'], E>
    : never
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- nothing more is to be said of what follows an unreadable signature
type Unchecked = any
/** The function that is written under a signature; its last argument holds the sizes. */
export type Body<S extends string> = [Parse<S>] extends [never]
  ? (...args: Unchecked[]) => Unchecked
  : (...args: [...RigidAll<Parse<S>['args']>, SizesOf<S>]) => RigidResults<Parse<S>['results']>

/** Names for parameters: those of the function `F`, as many as the signature has arguments, where it has them. */
export type NamesOf<F, S extends string> = F extends (...args: infer N) => unknown
  ? N['length'] extends Parse<S>['args']['length']
    ? Unnamed<N>
    : N extends readonly [...infer R, unknown]
      ? R['length'] extends Parse<S>['args']['length']
        ? Unnamed<R>
        : Unnamed<Parse<S>['args']>
      : Unnamed<Parse<S>['args']>
  : never
/** A list of as many elements under the same names. */
type Unnamed<N extends readonly unknown[]> = { [I in keyof N]: unknown }

// ---- patterns of one tensor: '[B*T, N, C] -> [B*N, T, C]' ------------------------------------------------------------

type UnifyPattern<P extends string, S extends Labels> =
  IsUnknown<S> extends true
    ? { '?': true }
    : Parse<P> extends { args: [TensorArg<'', infer D, infer Open>] }
      ? UnifyLabels<D, Open, S, object> extends infer E
        ? E extends string
          ? Clash<[], `[${Join<D>}] was given [${Join<S>}]: ${E}`>
          : E
        : never
      : { '?': true }
/** A tensor that a pattern of `rearrange` takes, or the message that it does not. */
export type PatternArg<P extends string, S extends Labels> =
  UnifyPattern<P, S> extends Clash<unknown, infer Why> ? ShapeMismatch<Why> : Tensor<S>
/** What a pattern of `rearrange` makes of a tensor. */
export type PatternResult<P extends string, S extends Labels> =
  Parse<P> extends { results: [infer R] } ? Result<R, UnifyPattern<P, S>> : Tensor
