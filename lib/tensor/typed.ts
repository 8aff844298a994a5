/** The signature language at compile time: a string type is parsed, the labels of the arguments are unified with it, and
 *  the result is written in the caller's labels. Its run-time twins are signature.ts and solve.ts. */
import type { Broadcast, IsOpen, IsUnknown, Known, Names, NoBroadcast, Substitute, Take } from './labels'
import type { Labels, Tensor } from './tensor'

// ---- parsing ---------------------------------------------------------------------------------------------------------

type Without<S extends string, C extends string, Acc extends string = ''> = S extends `${infer H}${C}${infer R}`
  ? Without<R, C, `${Acc}${H}`>
  : `${Acc}${S}`
type Squeeze<S extends string> = Without<Without<S, ' '>, '\n'>
type Split<S extends string> = S extends '' ? [] : S extends `${infer H},${infer R}` ? [H, ...Split<R>] : [S]
type Join<D extends readonly string[]> = D extends readonly [infer H extends string, ...infer R extends string[]]
  ? R extends []
    ? H
    : `${H}, ${Join<R>}`
  : ''

interface TensorArg<N extends string, D extends string[]> {
  kind: 'tensor'
  name: N
  dims: D
}
interface RecordArg<N extends string, F> {
  kind: 'record'
  name: N
  fields: F
}
interface SizeArg<N extends string> {
  kind: 'size'
  name: N
}
interface ListArg<A> {
  kind: 'list'
  of: A
}
type Arg = TensorArg<string, string[]> | RecordArg<string, unknown> | SizeArg<string> | ListArg<unknown>

/** Reads arguments one by one (tail-recursive, since a plain recursion would stop at 50). */
type ParseArgs<S extends string, Acc extends Arg[] = []> = S extends ''
  ? Acc
  : S extends `,${infer Rest}`
    ? ParseArgs<Rest, Acc>
    : S extends `${infer Name}[${infer D}]${infer Rest}`
      ? Name extends `${infer Size},${string}`
        ? Size extends `${string}{${string}`
          ? ParseRecord<S, Acc>
          : S extends `${Size},${infer Rest}`
            ? ParseArgs<Rest, [...Acc, SizeArg<Size>]>
            : never
        : Name extends `${string}{${string}`
          ? ParseRecord<S, Acc>
          : ParseStar<TensorArg<Name, Split<D>>, Rest, Acc>
      : S extends `${infer Size},${infer Rest}`
        ? ParseArgs<Rest, [...Acc, SizeArg<Size>]>
        : [...Acc, SizeArg<S>]
type ParseRecord<S extends string, Acc extends Arg[]> = S extends `${infer N}{${infer F}}${infer Rest}`
  ? ParseStar<RecordArg<N, ParseArgs<F>>, Rest, Acc>
  : never
type ParseStar<A extends Arg, Rest extends string, Acc extends Arg[]> = Rest extends `*${infer After}`
  ? ParseArgs<After, [...Acc, ListArg<A>]>
  : ParseArgs<Rest, [...Acc, A]>

export type Parse<S extends string> =
  Squeeze<S> extends `${infer A}->${infer O}` ? { args: ParseArgs<A>; results: ParseArgs<O> } : never

// ---- unification -----------------------------------------------------------------------------------------------------

/** A failed unification: the place of the argument, and why. */
interface Clash<At, Why extends string> {
  at: At
  why: Why
}
type AnyClash = Clash<unknown, string>

type UnifyLabel<P extends string, L extends string, E, At, Where extends string> =
  IsOpen<L> extends true
    ? E
    : Take<P> extends [infer Op, infer P1 extends string, infer P2 extends string]
      ? Take<L> extends [Op, infer L1 extends string, infer L2 extends string]
        ? UnifyLabel<P1, L1, E, At, Where> extends infer E1
          ? E1 extends AnyClash
            ? E1
            : UnifyLabel<P2, L2, E1, At, Where>
          : never
        : Substitute<P, E> extends L
          ? E
          : Clash<At, `${Where}: '${L}' where '${Substitute<P, E>}' is expected`>
      : P extends `${number}`
        ? L extends P
          ? E
          : Clash<At, `${Where}: '${L}' where '${P}' is expected`>
        : P extends keyof E
          ? E[P] extends L
            ? E
            : Clash<At, `${Where}: '${L}' where ${P} = '${E[P] & string}'`>
          : E & { [_ in P]: L }

type UnifyLabels<
  P extends readonly string[],
  L extends Labels,
  E,
  At,
  Where extends string,
  Rank extends number,
> = P extends readonly [`...${infer N}`]
  ? `...${N}` extends infer Key extends string
    ? E extends { [_ in Key]: infer M extends Labels }
      ? Broadcast<M, L> extends infer B
        ? B extends NoBroadcast<infer X, infer Y>
          ? Clash<At, `${Where}: '${Y}' does not broadcast with '${X}'`>
          : Omit<E, Key> & { [_ in Key]: B }
        : never
      : E & { [_ in Key]: L }
    : never
  : P extends readonly [...infer PI extends string[], infer PL extends string]
    ? L extends readonly [...infer LI extends Labels, infer LL extends string]
      ? UnifyLabel<PL, LL, E, At, Where> extends infer E1
        ? E1 extends AnyClash
          ? E1
          : UnifyLabels<PI, LI, E1, At, Where, Rank>
        : never
      : Clash<At, `${Where}: rank ${Rank} is too small`>
    : L extends readonly []
      ? E
      : Clash<At, `${Where}: rank ${Rank} is too large`>

type LabelsOf<X> = X extends Tensor<infer S> ? S : never
/** Unlabelled tensors open the environment: what they would have told is then unknown ('?'). */
type UnifyTensor<D extends readonly string[], X, E, At, N extends string> =
  LabelsOf<X> extends infer S extends Labels
    ? IsUnknown<S> extends true
      ? E & { '?': true }
      : UnifyLabels<D, S, E, At, `${N}[${Join<D>}] was given [${Join<S>}]`, S['length']>
    : E
type UnifyFields<F extends Arg[], X, E, At, N extends string> = F extends [infer H, ...infer Rest extends Arg[]]
  ? (
      H extends TensorArg<infer M, infer D>
        ? UnifyTensor<D, M extends keyof X ? X[M] : never, E, At extends string ? `${At}.${M}` : At, `${N}.${M}`>
        : E
    ) extends infer E1
    ? E1 extends AnyClash
      ? E1
      : UnifyFields<Rest, X, E1, At, N>
    : never
  : E
type UnifyArg<A, X, E, At> =
  A extends TensorArg<infer N, infer D>
    ? UnifyTensor<D, X, E, At, N>
    : A extends RecordArg<infer N, infer F extends Arg[]>
      ? UnifyFields<F, X, E, At, N>
      : A extends ListArg<infer I>
        ? X extends readonly (infer Item)[]
          ? UnifyArg<I, Item, E, [At]>
          : E
        : E
type UnifyArgs<A extends Arg[], X extends readonly unknown[], E = object, I extends unknown[] = []> = A extends [
  infer H,
  ...infer AR extends Arg[],
]
  ? X extends readonly [infer XH, ...infer XR]
    ? UnifyArg<H, XH, E, `${I['length']}`> extends infer E1
      ? E1 extends AnyClash
        ? E1
        : UnifyArgs<AR, XR, E1, [...I, 0]>
      : never
    : E
  : E

// ---- the types of a signature ----------------------------------------------------------------------------------------

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
          : never
type NameOf<A> = A extends { name: infer N extends string } ? N : never
type HasEllipsis<D extends string[]> = D[number] extends infer U
  ? (U extends `...${string}` ? true : never) extends never
    ? false
    : true
  : never
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
          : never
/** The sizes that a signature's labels have in a call. */
export type SizesOf<S extends string> = { readonly [V in SizeNames<Parse<S>['args'][number]>]: number }

/** The arguments, the one that clashes replaced by a message. */
type Checked<U, X extends readonly unknown[]> =
  U extends Clash<infer At, infer Why>
    ? {
        [K in keyof X]: At extends K | [K]
          ? ShapeMismatch<Why>
          : At extends `${K & string}.${infer M}`
            ? { [F in keyof X[K]]: F extends M ? ShapeMismatch<Why> : X[K][F] }
            : X[K]
      }
    : X

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
      ? UnifyLabels<Split<A>, S, object, 'x', `[${Join<Split<A>>}] was given [${Join<S>}]`, S['length']>
      : never
export type PatternArg<P extends string, S extends Labels> =
  UnifyPattern<P, S> extends Clash<unknown, infer Why> ? ShapeMismatch<Why> : Tensor<S>
export type PatternResult<P extends string, S extends Labels> =
  IsUnknown<S> extends true
    ? Tensor
    : Squeeze<P> extends `${string}->[${infer O}]`
      ? Tensor<Known<SubstituteAll<Split<O>, UnifyPattern<P, S>>>>
      : never
