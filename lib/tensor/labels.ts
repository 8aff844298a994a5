/** Arithmetic on dimension labels at compile time: `B*(1+P)` is a string type that can be taken apart and substituted. */
import type { Labels, Tensor } from './tensor'

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : []

/** Splits a label at its first `Op` outside parentheses: `Cut<'B*(1+P)', '*'>` is `['B', '(1+P)']`; null without one. */
type Cut<
  S extends string,
  Op extends string,
  L extends string = '',
  Depth extends readonly unknown[] = [],
> = S extends `${infer H}${infer R}`
  ? H extends '('
    ? Cut<R, Op, `${L}(`, [...Depth, 0]>
    : H extends ')'
      ? Cut<R, Op, `${L})`, Tail<Depth>>
      : [H, Depth] extends [Op, []]
        ? [L, R]
        : Cut<R, Op, `${L}${H}`, Depth>
  : null

/** A sum, a product or something in parentheses: most labels are one name, and cost less without a closer look. */
export type Compound = `${string}${'+' | '*' | '('}${string}`

/** The outermost operation of a label: `['*', 'B', '1+P']` for `B*(1+P)`; the label itself when it has none. */
export type Take<S extends string> = S extends `${string}(${string}`
  ? TakeOutside<S>
  : S extends `${infer A}+${infer B}`
    ? ['+', A, B]
    : S extends `${infer A}*${infer B}`
      ? ['*', A, B]
      : S
/** The same where there are parentheses. */
type TakeOutside<S extends string> =
  Cut<S, '+'> extends [infer A extends string, infer B extends string]
    ? ['+', A, B]
    : Cut<S, '*'> extends [infer A extends string, infer B extends string]
      ? ['*', Bare<A>, Bare<B>]
      : S extends `(${infer Inner})`
        ? Take<Inner>
        : S
/** Without the parentheses around the whole of it. */
type Bare<S extends string> = [Cut<S, '*'>, Cut<S, '+'>] extends [null, null]
  ? S extends `(${infer Inner})`
    ? Inner
    : S
  : S
/** Parentheses around a sum, which it needs as a factor. */
type Factor<S extends string> = Cut<S, '+'> extends null ? S : `(${S})`

/** A label with its names replaced by those of `E`. Where `E` is open (has a '?'), unknown names become
 *  `any`, which fits every label. */
export type Substitute<D extends string, E> = D extends Compound
  ? Take<D> extends [infer Op, infer A extends string, infer B extends string]
    ? Op extends '*'
      ? Times<Substitute<A, E>, Substitute<B, E>>
      : PlusOf<Substitute<A, E>, Substitute<B, E>>
    : Replacement<Take<D> & string, E>
  : Replacement<D, E>
type Replacement<D extends string, E> = D extends keyof E
  ? E[D] extends string
    ? E[D]
    : D
  : D extends `${number}`
    ? D
    : '?' extends keyof E
      ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
        any
      : D
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Times<A extends string, B extends string> = IsOpen<A | B> extends true ? any : `${Factor<A>}*${Factor<B>}`
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type PlusOf<A extends string, B extends string> = IsOpen<A | B> extends true ? any : `${A}+${B}`

/** The names in a label. */
export type Names<D extends string> = D extends Compound
  ? Take<D> extends [unknown, infer A extends string, infer B extends string]
    ? Names<A> | Names<B>
    : Take<D>
  : D extends `${number}` | `...${string}`
    ? never
    : D

/** The names and numbers in a label. */
type Atoms<D extends string> =
  Take<D> extends [unknown, infer A extends string, infer B extends string] ? Atoms<A> | Atoms<B> : D
/** Whether two different labels are sums, or products, of the same parts. */
export type Reordered<D extends string, L extends string> = D extends L
  ? false
  : [Take<D>, Take<L>] extends [[infer Op, ...unknown[]], [infer Other, ...unknown[]]]
    ? [Op, Atoms<D>, Other, Atoms<L>] extends [Other, Atoms<L>, Op, Atoms<D>]
      ? true
      : false
    : false

/** A label of which nothing is known fits every other. */
export type IsOpen<L extends string> = string extends L ? true : false
/** A list of labels of unknown length. */
export type IsUnknown<S extends Labels> = number extends S['length'] ? true : false
/** `any`, the shape of an unlabelled tensor, unless all labels are known. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Known<S> = S extends Labels ? (IsUnknown<S> extends true ? any : S) : any

/** Two shapes broadcast by numpy's rule; NoBroadcast when two labels clash. */
export type Broadcast<A extends Labels, B extends Labels> =
  IsUnknown<A> extends true
    ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
      any
    : IsUnknown<B> extends true
      ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
        any
      : A extends readonly [...infer AI extends Labels, infer AL extends string]
        ? B extends readonly [...infer BI extends Labels, infer BL extends string]
          ? BroadcastLabel<AL, BL> extends infer D
            ? D extends string
              ? Broadcast<AI, BI> extends infer R
                ? R extends Labels
                  ? [...R, D]
                  : R
                : never
              : D
            : never
          : A
        : B
type BroadcastLabel<A extends string, B extends string> =
  IsOpen<A> extends true
    ? B extends '1'
      ? A
      : B
    : A extends B
      ? A
      : A extends '1'
        ? B
        : B extends '1'
          ? A
          : NoBroadcast<A, B>
export interface NoBroadcast<A extends string, B extends string> {
  readonly noBroadcast: readonly [A, B]
}

// ---- labels at one axis ----------------------------------------------------------------------------------------------

type Repeat<N extends number, T extends readonly unknown[] = []> = T['length'] extends N
  ? T
  : Repeat<N, [...T, unknown]>
/** The place of an axis among labels, '0' …: −1 is the last one. */
type Place<S extends Labels, Axis extends number> = Axis extends number
  ? `${Axis}` extends `-${infer N extends number}`
    ? S extends readonly [...infer Before, ...Repeat<N>]
      ? `${Before['length']}`
      : never
    : `${Axis}`
  : never
type LabelAt<S extends Labels, Axis extends number> = S[Place<S, Axis> & keyof S] & string

/** `S` with the label of one axis replaced. */
export type With<S extends Labels, Axis extends number, D extends string> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  IsUnknown<S> extends true ? any : { [K in keyof S]: K extends Place<S, Axis> ? D : S[K] }

/** The labels in another order; of axes that are no literal, nothing is known. */
export type Permuted<S extends Labels, A extends readonly number[]> = number extends A['length']
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
    any
  : { -readonly [K in keyof A]: LabelOr<S, A[K]> }
type LabelOr<S extends Labels, Axis extends number> = true extends IsUnknown<S> | (number extends Axis ? true : false)
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any
    any
  : LabelAt<S, Axis>

/** The labels of a concatenation: those of both, the joined axis their sum. */
export type Joined<A extends Labels, B extends Labels, Axis extends number> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  true extends IsUnknown<A> | IsUnknown<B> ? any : With<A, Axis, PlusOf<LabelAt<A, Axis>, LabelAt<B, Axis>>>

type Terms<D extends string> =
  Cut<D, '+'> extends [infer A extends string, infer B extends string] ? [A, ...Terms<B>] : [D]
/** The parts of a tensor split along one axis: `1+P` splits into `1` and `P`. */
export type Parts<N extends readonly number[], S extends Labels, Axis extends number> =
  IsUnknown<S> extends true
    ? { -readonly [K in keyof N]: Tensor }
    : Terms<LabelAt<S, Axis>> extends infer Ts
      ? { -readonly [K in keyof N]: Tensor<With<S, Axis, K extends keyof Ts ? Ts[K] & string : string>> }
      : never
