/** Unification at compile time: the labels of the arguments of a call are matched with those of a signature.
 *  Its run-time twin is solve.ts. Where labels do not fit, the answer is a string that says why, in place of what they stand for. */
import type { Broadcast, Compound, IsOpen, NoBroadcast, Reordered, Substitute, Take } from './labels'
import type { Arg, Ellipsis, Join, ListArg, NameOf, OptionalArg, RecordArg, TensorArg } from './parsed'
import type { Labels, Tensor } from './tensor'

/** A failed unification: the path of the argument, and why. */
export interface Clash<At, Why extends string> {
  at: At
  why: Why
}
export type AnyClash = Clash<unknown, string>

/** What a label must be; it is named where the caller calls it otherwise. */
type Must<P extends string, Q extends string, L extends string> = `${P extends Q
  ? 'a dimension'
  : P} must be ${Q}, got ${L}${Reordered<Q, L> extends true ? ': the order differs' : ''}`

/** The label `L` of the caller where the signature has `P`. */
type UnifyLabel<P extends string, L extends string, E> = E extends string
  ? E
  : P extends keyof E
    ? L extends E[P]
      ? E
      : Must<P, E[P] & string, L>
    : string extends L
      ? E & { '?': true }
      : P extends Compound
        ? UnifyCompound<P, L, E> extends infer E1
          ? E1 extends string
            ? Must<P, Substitute<P, E>, L>
            : E1
          : never
        : P extends `${number}`
          ? L extends P
            ? E
            : Must<P, P, L>
          : E & { [_ in P]: L }
/** A sum or a product: part by part where the caller's label is one too, else as a whole. */
type UnifyCompound<P extends string, L extends string, E> =
  Take<P> extends [infer Op, infer P1 extends string, infer P2 extends string]
    ? Take<L> extends [Op, infer L1 extends string, infer L2 extends string]
      ? UnifyLabel<P2, L2, UnifyLabel<P1, L1, E>>
      : Substitute<P, E> extends infer Q extends string
        ? IsOpen<Q> extends true
          ? E
          : Q extends L
            ? E
            : ''
        : never
    : E

/** '3', or 'at least 2' for a list of dimensions with an ellipsis. */
type RankOf<D extends readonly string[], Named extends readonly string[] = []> = D extends readonly [
  infer H,
  ...infer R extends string[],
]
  ? H extends `...${string}`
    ? `at least ${[...Named, ...R]['length']}`
    : RankOf<R, [...Named, '']>
  : `${Named['length']}`
type RankError<
  D extends readonly string[],
  L extends Labels,
  OrNone extends string,
> = `its rank must be ${RankOf<D>}${OrNone}, got ${L['length']}`

/** The labels `L` of a tensor where the signature has `P`, of as many. */
type UnifyEach<P extends readonly string[], L extends Labels, E, I extends 0[] = []> = I['length'] extends P['length']
  ? E
  : UnifyEach<P, L, UnifyLabel<P[I['length']], L[I['length']], E>, [...I, 0]>
/** The same where `P` has an ellipsis: labels are peeled off at the beginning up to it, and then at the end.
 *  Null for fewer labels than names. */
type UnifySpread<P extends readonly string[], L extends Labels, E> = P extends readonly [`...${infer N}`]
  ? UnifyEllipsis<`...${N}`, L, E>
  : P extends readonly [`...${string}`, ...string[]]
    ? [P, L] extends [
        readonly [...infer PI extends string[], infer PL extends string],
        readonly [...infer LI extends Labels, infer LL extends string],
      ]
      ? UnifyRest<PI, LI, E, UnifyLabel<PL, LL, E>>
      : null
    : [P, L] extends [
          readonly [infer PH extends string, ...infer PT extends string[]],
          readonly [infer LH extends string, ...infer LT extends Labels],
        ]
      ? UnifyRest<PT, LT, E, UnifyLabel<PH, LH, E>>
      : null
/** The rest, once a label is unified to `E1`: an error in it stands, unless the rest is of too few. */
type UnifyRest<P extends readonly string[], L extends Labels, E, E1> = E1 extends string
  ? UnifySpread<P, L, E> extends null
    ? null
    : E1
  : UnifySpread<P, L, E1>
type UnifyEllipsis<Key extends string, L extends Labels, E> = E extends { [_ in Key]: infer M extends Labels }
  ? Broadcast<M, L> extends infer B
    ? B extends NoBroadcast<infer X, infer Y>
      ? `a dimension must broadcast with ${X}, got ${Y}`
      : Omit<E, Key> & { [_ in Key]: B }
    : never
  : E & { [_ in Key]: L }

/** What labels stand for after a tensor of the labels `L` where the signature has `P`, or why they do not fit: the rank first. */
export type UnifyLabels<
  P extends readonly string[],
  Open,
  L extends Labels,
  E,
  OrNone extends string = '',
> = Open extends true
  ? UnifySpread<P, L, E> extends infer E1
    ? E1 extends null
      ? RankError<P, L, OrNone>
      : E1
    : never
  : P['length'] extends L['length']
    ? UnifyEach<P, L, E>
    : RankError<P, L, OrNone>

/** The environment after a tensor without labels: what it would have told is unknown ('?'), and so are the dimensions
 *  that its ellipsis stands for, whatever other tensors say of them. */
type Forget<E, Key extends string> = [Key] extends [never]
  ? E & { '?': true }
  : // eslint-disable-next-line @typescript-eslint/no-explicit-any
    Omit<E, Key> & { '?': true } & { [_ in Key]: any }
type UnifyTensor<M extends string, D extends readonly string[], Open, X, E, OrNone extends string = ''> =
  X extends Tensor<infer S>
    ? number extends S['length']
      ? Forget<E, Ellipsis<D>>
      : UnifyLabels<D, Open, S, E, OrNone> extends infer E1
        ? E1 extends string
          ? Clash<[], `${M}[${Join<D>}] was given [${Join<S>}]: ${E1}`>
          : E1
        : never
    : E
/** Nothing where it is a scalar. */
type UnifyOptional<M extends string, D extends readonly string[], Open, X, E> =
  X extends Tensor<infer S> ? ([S['length']] extends [0] ? E : UnifyTensor<M, D, Open, X, E, ' or 0'>) : E
type UnifyFields<F extends Arg[], X, E> = E extends AnyClash
  ? E
  : F extends [infer H, ...infer Rest extends Arg[]]
    ? UnifyFields<Rest, X, Inside<NameOf<H>, UnifyArg<H, NameOf<H> extends keyof X ? X[NameOf<H>] : never, E>>>
    : E
/** A clash, as one in the record around it: its path is longer. */
type Inside<Place extends string, E> =
  E extends Clash<infer At extends string[], infer Why> ? Clash<[Place, ...At], Why> : E
type Named<M extends string, E> = E extends Clash<infer At, infer Why> ? Clash<At, `${M}.${Why}`> : E
/** What labels stand for after an argument, or the Clash; its path is for the type checker, `['W', 'W_Q']`, the items of a list
 *  have no place; its text is for people. */
type UnifyArg<A, X, E> =
  A extends TensorArg<infer M, infer D, infer Open>
    ? UnifyTensor<M, D, Open, X, E>
    : A extends RecordArg<infer M, infer F extends Arg[]>
      ? Named<M, UnifyFields<F, X, E>>
      : A extends OptionalArg<TensorArg<infer M, infer D, infer Open>>
        ? UnifyOptional<M, D, Open, X, E>
        : A extends ListArg<infer I>
          ? X extends readonly (infer Item)[]
            ? [Item] extends [never]
              ? E
              : Inside<'*', UnifyArg<I, Item, E>>
            : E
          : E
/** What the labels of a signature stand for in a call, as a record; a Clash where an argument does not fit.
 *  (Nothing is done before X is known: the compiler would otherwise unify with what stands for it, too.) */
export type UnifyArgs<A extends Arg[], X extends readonly unknown[]> = X extends readonly unknown[]
  ? UnifyFrom<A, X, object, []>
  : never
type UnifyFrom<A extends Arg[], X extends readonly unknown[], E, I extends 0[]> = I['length'] extends A['length']
  ? E
  : UnifyArg<A[I['length']], X[I['length']], E> extends infer E1
    ? E1 extends AnyClash
      ? Inside<`${I['length']}`, E1>
      : UnifyFrom<A, X, E1, [...I, 0]>
    : never

// ---- what is said of a clash -----------------------------------------------------------------------------------------

/** The clash of a call as it is shown: where the labels of a sum or a product stand in another order than the signature has
 *  them, that is said, for what follows from it shows elsewhere. Ranks come first. */
export type Blame<A extends Arg[], X extends readonly unknown[]> =
  UnifyArgs<A, X> extends infer C extends AnyClash
    ? C['why'] extends `${string}: its rank ${string}`
      ? C
      : Disordered<A, X, C>
    : null
type Disordered<A extends Arg[], X extends readonly unknown[], C, I extends 0[] = []> = I['length'] extends A['length']
  ? C
  : DisorderedIn<A[I['length']], X[I['length']]> extends infer Why extends string
    ? Clash<[`${I['length']}`], Why>
    : Disordered<A, X, C, [...I, 0]>
type DisorderedIn<A, X> = [A, X] extends [TensorArg<infer M, infer D>, Tensor<infer L>]
  ? { [K in keyof D]: Swapped<D[K], K extends keyof L ? L[K] : never> }[number] extends infer Why
    ? [Why] extends [never]
      ? null
      : `${M}[${Join<D>}] was given [${Join<L>}]: ${Why & string}`
    : never
  : null
type Swapped<P extends string, L> = L extends string ? (Reordered<P, L> extends true ? Must<P, P, L> : never) : never
