/** WebAssembly as text would have it, in bytes: an instruction is its bytes, code is instructions one after another. What
 *  takes operands takes their code, as in `i32.add(get(a), i32.const(4))`. */

export type Code = number | readonly Code[]
export type ValueType = keyof typeof types
export const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const
export type Local = number

/** A whole number in as many bytes as it needs. */
export const unsigned = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...unsigned(Math.floor(n / 128))])
const signed = (n: number): number[] =>
  n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...signed(Math.floor(n / 128))]
const float = (v: number): number[] => [...new Uint8Array(Float32Array.of(v).buffer)]

const plain =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [operands, opcode]
const simd =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [operands, 0xfd, unsigned(opcode)]
/** An access of memory at an address and an offset, of 2^align bytes. */
const access =
  (prefix: readonly number[], align: number) =>
  (address: Code, offset = 0, ...value: readonly Code[]): Code => [address, value, prefix, align, unsigned(offset)]
/** The same, of one lane of a vector. */
const lane =
  (opcode: number) =>
  (address: Code, vector: Code, index: number, offset = 0): Code => [
    address,
    vector,
    0xfd,
    unsigned(opcode),
    2,
    unsigned(offset),
    index,
  ]

export const i32 = {
  const: (n: number): Code => [0x41, signed(n | 0)],
  load: access([0x28], 2),
  eqz: plain(0x45),
  eq: plain(0x46),
  ne: plain(0x47),
  ltU: plain(0x49),
  geU: plain(0x4f),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  divU: plain(0x6e),
  remU: plain(0x70),
  and: plain(0x71),
  atomicLoad: access([0xfe, 0x10], 2),
  atomicStore: access([0xfe, 0x17], 2),
  atomicAdd: access([0xfe, 0x1e], 2),
}
export const atomic = {
  notify: access([0xfe, 0x00], 2),
  wait32: access([0xfe, 0x01], 2),
  forever: [0x42, 0x7f] as Code,
}
export const v128 = {
  load: access([0xfd, 0], 2),
  loadSplat: access([0xfd, 9], 2),
  loadZero: access([0xfd, 92], 2),
  store: access([0xfd, 11], 2),
  splat: (v: number): Code => [0xfd, 12, [v, v, v, v].map(float)],
  splatBits: (n: number): Code => [0xfd, 12, [n, n, n, n].map(x => [...new Uint8Array(Int32Array.of(x).buffer)])],
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    a,
    b,
    0xfd,
    13,
    lanes.map(l => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]),
  ],
  not: simd(77),
  and: simd(78),
  or: simd(80),
  select: simd(82),
  loadLane: lane(86),
  storeLane: lane(90),
}
export const f32x4 = {
  extract: (vector: Code, index: number): Code => [vector, 0xfd, 31, index],
  replace: (vector: Code, index: number, value: Code): Code => [vector, value, 0xfd, 32, index],
  eq: simd(65),
  ne: simd(66),
  lt: simd(67),
  gt: simd(68),
  le: simd(69),
  ge: simd(70),
  floor: simd(104),
  nearest: simd(106),
  abs: simd(224),
  neg: simd(225),
  sqrt: simd(227),
  add: simd(228),
  sub: simd(229),
  mul: simd(230),
  div: simd(231),
  min: simd(232),
  max: simd(233),
  pmin: simd(234),
  pmax: simd(235),
  /** a·b + c, rounded once where the processor does so. */
  relaxedMadd: simd(261),
}
export const i32x4 = { shl: simd(171), shrS: simd(172), add: simd(174), sub: simd(177), fromFloat: simd(248) }

export const get = (l: Local): Code => [0x20, unsigned(l)]
export const set = (l: Local, value: Code): Code => [value, 0x21, unsigned(l)]
export const tee = (l: Local, value: Code): Code => [value, 0x22, unsigned(l)]
export const drop = (value: Code): Code => [value, 0x1a]
/** Adds to a local. */
export const increase = (l: Local, by: Code): Code => set(l, i32.add(get(l), by))
/** A local by a number. */
export const times = (l: Local, by: number): Code => i32.mul(get(l), i32.const(by))

/** Code that can be left (`leave(0)`), and code that can be done again (`again(0)`): the number counts those around. */
export const block = (...body: readonly Code[]): Code => [0x02, 0x40, body, 0x0b]
export const loop = (...body: readonly Code[]): Code => [0x03, 0x40, body, 0x0b]
export const when = (condition: Code, then: Code, otherwise?: Code): Code => [
  condition,
  0x04,
  0x40,
  then,
  otherwise === undefined ? [] : [0x05, otherwise],
  0x0b,
]
export const branch = (depth: number): Code => [0x0c, unsigned(depth)]
export const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)]
/** Counts a local up from where it is while it is below an end. */
export const upTo = (l: Local, end: Code, step: number, ...body: readonly Code[]): Code =>
  block(loop(branchIf(1, i32.geU(get(l), end)), body, increase(l, i32.const(step)), branch(0)))
export const call = (f: number, ...operands: readonly Code[]): Code => [operands, 0x10, unsigned(f)]
/** Calls the table's function of a number; `type` is that of one like it. */
export const callIndirect = (type: number, which: Code, ...operands: readonly Code[]): Code => [
  operands,
  which,
  0x11,
  unsigned(type),
  0,
]
/** The first value where a condition holds, else the second. */
export const select = (yes: Code, no: Code, condition: Code): Code => [yes, no, condition, 0x1b]
