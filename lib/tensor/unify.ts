/** Unification at compile time: the labels of the arguments of a call are matched with those of a signature.
 *  Its run-time twin is solve.ts. */
import type { Broadcast, IsOpen, IsUnknown, NoBroadcast, Substitute, Take } from './labels'
import type { Arg, Join, ListArg, NameOf, OptionalArg, RecordArg, TensorArg } from './parsed'
import type { Labels, Tensor } from './tensor'

/** A failed unification: the path of the argument, and why. */
export interface Clash<At, Why extends string> {
  at: At
  why: Why
}
export type AnyClash = Clash<unknown, string>

/** What a label must be; it is named where the caller calls it otherwise. */
type Must<P extends string, Q extends string, L extends string> = P extends Q
  ? `a dimension must be ${Q}, got ${L}`
  : `${P} must be ${Q}, got ${L}`
/** The label `L` of the caller where the signature has `P`. */
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
          : Clash<At, `${Where}: ${Must<P, Substitute<P, E>, L>}`>
      : P extends `${number}`
        ? L extends P
          ? E
          : Clash<At, `${Where}: ${Must<P, P, L>}`>
        : P extends keyof E
          ? E[P] extends L
            ? E
            : Clash<At, `${Where}: ${Must<P, E[P] & string, L>}`>
          : E & { [_ in P]: L }

/** '3', or 'at least 2' for a list of dimensions with an ellipsis. */
type RankOf<D extends readonly string[], Named extends readonly string[] = []> = D extends readonly [
  infer H,
  ...infer R extends string[],
]
  ? H extends `...${string}`
    ? `at least ${[...Named, ...R]['length']}`
    : RankOf<R, [...Named, '']>
  : `${Named['length']}`

export type RankError<
  D extends readonly string[],
  L extends Labels,
  OrNone extends string = '',
> = `its rank must be ${RankOf<D>}${OrNone}, got ${L['length']}`

/** The labels `L` of a tensor where the signature has `P`. They are peeled off at the end, and where an ellipsis comes
 *  last, at the beginning. */
export type UnifyLabels<
  P extends readonly string[],
  L extends Labels,
  E,
  At,
  Where extends string,
  Rank extends string,
> = P extends readonly [`...${infer N}`]
  ? UnifyEllipsis<`...${N}`, L, E, At, Where>
  : P extends readonly [...infer PI extends string[], infer PL extends string]
    ? PL extends `...${string}`
      ? P extends readonly [infer PH extends string, ...infer PT extends string[]]
        ? L extends readonly [infer LH extends string, ...infer LT extends Labels]
          ? UnifyLabel<PH, LH, E, At, Where> extends infer E1
            ? E1 extends AnyClash
              ? E1
              : UnifyLabels<PT, LT, E1, At, Where, Rank>
            : never
          : Clash<At, `${Where}: ${Rank}`>
        : never
      : L extends readonly [...infer LI extends Labels, infer LL extends string]
        ? UnifyLabel<PL, LL, E, At, Where> extends infer E1
          ? E1 extends AnyClash
            ? E1
            : UnifyLabels<PI, LI, E1, At, Where, Rank>
          : never
        : Clash<At, `${Where}: ${Rank}`>
    : L extends readonly []
      ? E
      : Clash<At, `${Where}: ${Rank}`>
type UnifyEllipsis<Key extends string, L extends Labels, E, At, Where extends string> = E extends {
  [_ in Key]: infer M extends Labels
}
  ? Broadcast<M, L> extends infer B
    ? B extends NoBroadcast<infer X, infer Y>
      ? Clash<At, `${Where}: a dimension must broadcast with ${X}, got ${Y}`>
      : Omit<E, Key> & { [_ in Key]: B }
    : never
  : E & { [_ in Key]: L }

type LabelsOf<X> = X extends Tensor<infer S> ? S : never
/** The environment after a tensor without labels: what it would have told is unknown ('?'), and so are the dimensions
 *  that its ellipsis stands for, whatever other tensors say of them. */
type Forget<E, Key extends string> = [Key] extends [never]
  ? E & { '?': true }
  : // eslint-disable-next-line @typescript-eslint/no-explicit-any
    Omit<E, Key> & { '?': true } & { [_ in Key]: any }
type UnifyTensor<D extends readonly string[], X, E, At, N extends string, OrNone extends string = ''> =
  LabelsOf<X> extends infer S extends Labels
    ? IsUnknown<S> extends true
      ? Forget<E, Extract<D[number], `...${string}`>>
      : UnifyLabels<D, S, E, At, `${N}[${Join<D>}] was given [${Join<S>}]`, RankError<D, S, OrNone>>
    : E
/** Nothing where it is a scalar. */
type UnifyOptional<D extends readonly string[], X, E, At, N extends string> = [LabelsOf<X>['length']] extends [0]
  ? E
  : UnifyTensor<D, X, E, At, N, ' or 0'>
type UnifyFields<F extends Arg[], X, E, At extends string[], N extends string> = F extends [
  infer H,
  ...infer Rest extends Arg[],
]
  ? UnifyArg<H, NameOf<H> extends keyof X ? X[NameOf<H>] : never, E, [...At, NameOf<H>], `${N}.`> extends infer E1
    ? E1 extends AnyClash
      ? E1
      : UnifyFields<Rest, X, E1, At, N>
    : never
  : E
/** @param At the path of the argument, for the type checker: `['0', 'W', 'W_Q']`; the items of a list have no place
 *  @param N the path before its name, for people: `W.` */
type UnifyArg<A, X, E, At extends string[], N extends string = ''> =
  A extends TensorArg<infer M, infer D>
    ? UnifyTensor<D, X, E, At, `${N}${M}`>
    : A extends RecordArg<infer M, infer F extends Arg[]>
      ? UnifyFields<F, X, E, At, `${N}${M}`>
      : A extends OptionalArg<TensorArg<infer M, infer D>>
        ? UnifyOptional<D, X, E, At, `${N}${M}`>
        : A extends ListArg<infer I>
          ? X extends readonly (infer Item)[]
            ? [Item] extends [never]
              ? E
              : UnifyArg<I, Item, E, [...At, '*'], N>
            : E
          : E
/** What the labels of a signature stand for in a call, as a record; a Clash where an argument does not fit. */
export type UnifyArgs<A extends Arg[], X extends readonly unknown[], E = object, I extends unknown[] = []> = A extends [
  infer H,
  ...infer AR extends Arg[],
]
  ? X extends readonly [infer XH, ...infer XR]
    ? UnifyArg<H, XH, E, [`${I['length']}`]> extends infer E1
      ? E1 extends AnyClash
        ? E1
        : UnifyArgs<AR, XR, E1, [...I, 0]>
      : never
    : E
  : E
