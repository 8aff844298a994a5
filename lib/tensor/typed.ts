/** The types of a signature: the arguments and result of a call, in the caller's labels; the body, in its own. */
import type { IsUnknown, Known, Names, Substitute } from './labels'
import type {
  Arg,
  Join,
  ListArg,
  NameOf,
  OptionalArg,
  Parse,
  RecordArg,
  SizeArg,
  Split,
  Squeeze,
  TensorArg,
} from './parsed'
import type { Labels, Tensor } from './tensor'
import type { AnyClash, Clash, RankError, UnifyArgs, UnifyLabels } from './unify'

/** What an argument that does not fit is asked to be: a string that no tensor is, so that the compiler prints it. */
export type ShapeMismatch<Why extends string> = `shape error: ${Why}`

type SubstituteAll<D extends readonly string[], E> = D extends readonly [
  infer H extends string,
  ...infer Rest extends string[],
]
  ? H extends `...${string}`
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
      [...(E extends { [_ in H]: infer L extends Labels } ? L : any), ...SubstituteAll<Rest, E>]
    : [Substitute<H, E>, ...SubstituteAll<Rest, E>]
  : []

/** Arguments of any labels. */
type Loose<A> =
  A extends TensorArg<string, string[]>
    ? Tensor
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
  A extends TensorArg<string, infer D>
    ? Tensor<HasEllipsis<D> extends true ? any : D> // eslint-disable-line @typescript-eslint/no-explicit-any
    : A extends SizeArg<string>
      ? number
      : A extends RecordArg<string, infer F extends Arg[]>
        ? { readonly [M in F[number] as NameOf<M>]: Rigid<M> }
        : A extends ListArg<infer I>
          ? readonly Rigid<I>[]
          : A extends OptionalArg<unknown>
            ? Tensor // of these labels, or a scalar: the body asks for its shape
            : never
type HasEllipsis<D extends string[]> = Extract<D[number], `...${string}`> extends never ? false : true
type LooseAll<A extends Arg[]> = { [K in keyof A]: Loose<A[K]> } extends infer X extends unknown[] ? X : never
type RigidAll<A extends Arg[]> = { [K in keyof A]: Rigid<A[K]> } extends infer X extends unknown[] ? X : never

type Results<O extends Arg[], E> = O extends [TensorArg<string, infer D>]
  ? Tensor<Known<SubstituteAll<D, E>>>
  : {
      readonly [A in O[number] as NameOf<A>]: A extends TensorArg<string, infer D>
        ? Tensor<Known<SubstituteAll<D, E>>>
        : never
    }
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

/** A signature as it was written, or a message where it cannot be read; its fault is shown when the module loads. */
export type Readable<S extends string> = string extends S
  ? S
  : [Parse<S>] extends [never]
    ? 'signature error: brackets, braces, commas and the arrow must be in place'
    : S

/** The arguments, the one that clashes replaced by a message. */
type Checked<U, X extends readonly unknown[]> =
  U extends Clash<[infer K, ...infer At], infer Why>
    ? { [I in keyof X]: I extends K ? Replaced<X[I], At, Why> : X[I] }
    : X
/** A value with a message at one place in it; a list is replaced as a whole. */
type Replaced<X, At, Why extends string> = At extends [infer F, ...infer Rest]
  ? F extends '*'
    ? ShapeMismatch<Why>
    : { [M in keyof X]: M extends F ? Replaced<X[M], Rest, Why> : X[M] }
  : ShapeMismatch<Why>

/** A function that unifies its arguments' labels with a signature, and answers in the caller's labels. */
export interface Typed<S extends string> {
  <X extends LooseAll<Parse<S>['args']>>(
    ...args: Checked<UnifyArgs<Parse<S>['args'], X>, X>
  ): UnifyArgs<Parse<S>['args'], X> extends infer E
    ? E extends AnyClash
      ? never
      : Results<Parse<S>['results'], E>
    : never
}
/** The function that is written under a signature; its last argument holds the sizes. */
export type Body<S extends string> = (
  ...args: [...RigidAll<Parse<S>['args']>, SizesOf<S>]
) => RigidResults<Parse<S>['results']>

// ---- patterns of one tensor: '[B*T, N, C] -> [B*N, T, C]' ------------------------------------------------------------

type UnifyPattern<P extends string, S extends Labels> =
  IsUnknown<S> extends true
    ? { '?': true }
    : Squeeze<P> extends `[${infer A}]->${string}`
      ? UnifyLabels<Split<A>, S, object, [], `[${Join<Split<A>>}] was given [${Join<S>}]`, RankError<Split<A>, S>>
      : never
/** A tensor that a pattern of `rearrange` takes, or the message that it does not. */
export type PatternArg<P extends string, S extends Labels> =
  UnifyPattern<P, S> extends Clash<unknown, infer Why> ? ShapeMismatch<Why> : Tensor<S>
/** What a pattern of `rearrange` makes of a tensor. */
export type PatternResult<P extends string, S extends Labels> =
  IsUnknown<S> extends true
    ? Tensor
    : Squeeze<P> extends `${string}->[${infer O}]`
      ? Tensor<Known<SubstituteAll<Split<O>, UnifyPattern<P, S>>>>
      : never
