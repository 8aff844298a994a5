/** What a thread does with a block of scores: some rows by some columns, in its scratch memory. */
import { attentionSizes, MASK, type ScoreFormulas, scoreFormulas } from '../../plan/attention'
import type { Attention } from '../../plan/work'
import { type Code, f32x4, get, i32, type Local, set, times, upTo, v128, when } from '../assembler/instructions'
import { blockProduct, type Lies, MOST, PANEL_BYTES } from './block-product'
import { FLOAT, type KernelWriter, LANES, SCRATCH } from './kernel'
import { formulaCode } from './lanes'
import { pack } from './pack'

/** Where in scratch memory there are, behind the packed panel, scores and their cotangents, and two numbers for each row or
 *  column: the largest score and the sum, or L and D; and what a mask adds to the scores. */
const BLOCK_BYTES = MOST * MOST * FLOAT
const [SCORES, COTANGENTS, FIRST, SECOND, ADDED] = [0, 1, 2, 2.5, 3].map(n => PANEL_BYTES + n * BLOCK_BYTES) as [number, number, number, number, number] // prettier-ignore
/** What all scores that are not masked are above: the largest of none, which −∞ cannot be, since −∞ may have to be taken from it. */
const LOWEST = -3.4028234663852886e38

/** Where a thread is: locals. */
export interface Place {
  /** Where the operands' matrices begin. */
  readonly bases: readonly Local[]
  /** Its first row, and how many it has. */
  readonly row: Local
  readonly count: Local
  /** The first column of the block. */
  readonly block: Local
  /** Where the result's rows begin. */
  readonly y: Local
}
/** Code for a block of so many columns, and for what is left to do after all of them. */
export interface Body {
  readonly inBlock: (columns: number) => Code
  readonly inTheEnd: Code
}

const scratch = (at: number): Code => i32.add(get(SCRATCH), i32.const(at))
/** Bytes of a row of a block: whole vectors. */
const pitchOf = (columns: number): number => Math.ceil(columns / LANES) * LANES * FLOAT
/** All lanes of a vector folded: each then has the same. */
const folded = (x: Local, f: (a: Code, b: Code) => Code): Code =>
  [[2, 3, 0, 1], [1, 0, 3, 2]].map(order => set(x, f(get(x), v128.shuffle(get(x), get(x), order)))) // prettier-ignore

/** What the three kinds of kernels are made of. */
const toolsOf = (work: Attention, { bases, row, count, block, y }: Place, writer: KernelWriter) => {
  const { of: made, scale, operands } = work
  const mask = operands[MASK[made]]
  const [r, at, along] = [writer.local('i32'), writer.local('i32'), writer.local('i32')]
  /** An operand from one of its rows on. */
  const from = (which: number, first: Local): Lies => {
    const [down, across] = operands[which]!.at.stride.slice(-2).map(s => s * FLOAT) as [number, number]
    return { at: i32.add(get(bases[which]!), times(first, down)), down, along: across }
  }
  const here = i32.add(get(at), get(along))
  const added = mask ? { b: v128.load(here, ADDED - SCORES) } : {}
  const formula = (which: keyof ScoreFormulas, names: Readonly<Record<string, Code>>): Code =>
    formulaCode(scoreFormulas(work)[which], { scale: v128.splat(scale), ...added, ...names }, writer)
  /** The products of an operand's rows with those of another one. */
  const scored = (to: number, of: number, by: number, depth: number, n: number): Code => {
    const { at: begin, down, along: across } = from(by, block)
    const b = { at: begin, down: across, along: down }
    const [a, into] = [from(of, row), { at: scratch(to), down: pitchOf(n) }]
    return blockProduct({ a, b, y: into, rows: get(count), depth, columns: n, more: i32.const(0) }, writer)
  }
  /** Adds to channels of the result, from one on, an operand's rows, each times what the block has for it. */
  const mixed = (weights: number, which: number, channels: number, n: number, width: number, first = 0): Code => {
    const a = { at: scratch(weights), down: pitchOf(n), along: FLOAT }
    const into = { at: i32.add(get(y), i32.const(first * FLOAT)), down: width * FLOAT }
    const b = from(which, block)
    return blockProduct({ a, b, y: into, rows: get(count), depth: n, columns: channels, more: get(block) }, writer)
  }
  /** Code for all rows of the block. */
  const eachRow = (...body: readonly Code[]): Code => [set(r, i32.const(0)), upTo(r, get(count), 1, body)]
  /** Code for vectors of row r: they are at `at` + `along`. */
  const eachVector = (n: number, bytes: number, ...body: readonly Code[]): Code => [
    set(at, i32.add(scratch(SCORES), times(r, pitchOf(n)))),
    set(along, i32.const(0)),
    upTo(along, i32.const(bytes), LANES * FLOAT, body),
  ]
  /** Brings the mask of a block beside its scores. */
  const masked = (n: number): Code => {
    if (!mask) return []
    const strides = mask.at.stride.slice(-2).map(s => s * FLOAT) as [number, number]
    const [step, side] = made === 'keys' ? [strides[1], strides[0]] : strides
    const begin = i32.add(get(bases[MASK[made]]!), i32.add(times(row, step), times(block, side)))
    return pack({ from: begin, to: scratch(ADDED), depth: get(count), step, side, count: n, pitch: pitchOf(n) }, writer)
  }
  return { r, along, here, from, formula, masked, scored, mixed, eachRow, eachVector }
}

/** The output, and the logarithm of each row's sum. */
const output = (work: Attention, place: Place, writer: KernelWriter): Body => {
  const { d, e } = attentionSizes(work.operands)
  const { r, here, formula, masked, scored, mixed, eachRow, eachVector } = toolsOf(work, place, writer)
  const [x, most, before, share, sum] = Array.from({ length: 5 }, () => writer.local('v128')) as [Local, Local, Local, Local, Local] // prettier-ignore
  const [out, end] = [writer.local('i32'), writer.local('i32')]
  const ofRow = (numbers: number): Code => i32.add(scratch(numbers), times(r, FLOAT))
  /** Multiplies the output's row r by `share`. */
  const rescaled: Code = [
    set(out, i32.add(get(place.y), times(r, (e + 1) * FLOAT))),
    set(end, i32.add(get(out), i32.const((e - (e % LANES)) * FLOAT))),
    upTo(out, get(end), LANES * FLOAT, v128.store(get(out), 0, f32x4.mul(v128.load(get(out)), get(share)))),
    set(x, f32x4.mul(v128.load(get(out)), get(share))),
    Array.from({ length: e % LANES }, (_, lane) => v128.storeLane(get(out), get(x), lane, lane * FLOAT)),
  ]
  const compared: Code = [v128.store(here, 0, get(x)), set(most, f32x4.max(get(most), get(x)))]
  const weighed = (n: number): Code => {
    const whole = pitchOf(n - (n % LANES))
    const score = formula('scaled', { s: v128.load(here) })
    // Lanes beyond the last column have no weight.
    const lanes = [0, 1, 2, 3].map(lane => (lane < n % LANES ? lane : LANES))
    return eachRow(
      when(get(place.block), set(before, v128.loadSplat(ofRow(FIRST))), set(before, v128.splat(LOWEST))),
      set(most, get(before)),
      eachVector(n, whole, set(x, score), compared),
      n % LANES === 0 ? [] : [set(x, v128.shuffle(score, v128.splat(-Infinity), lanes)), compared],
      folded(most, f32x4.max),
      set(sum, v128.splat(0)),
      eachVector(
        n,
        pitchOf(n),
        set(x, formula('weight', { s: v128.load(here), m: get(most) })),
        v128.store(here, 0, get(x)),
        set(sum, f32x4.add(get(sum), get(x))),
      ),
      folded(sum, f32x4.add),
      when(get(place.block), [
        set(share, formula('weight', { s: get(before), m: get(most) })),
        set(sum, f32x4.add(get(sum), f32x4.mul(get(share), v128.loadSplat(ofRow(SECOND))))),
        rescaled,
      ]),
      v128.storeLane(ofRow(FIRST), get(most), 0),
      v128.storeLane(ofRow(SECOND), get(sum), 0),
    )
  }
  return {
    inBlock: n => [masked(n), scored(SCORES, 0, 1, d, n), weighed(n), mixed(SCORES, 2, e, n, e + 1)],
    inTheEnd: eachRow(
      set(sum, v128.loadSplat(ofRow(SECOND))),
      set(share, f32x4.div(v128.splat(1), get(sum))),
      rescaled,
      set(x, formula('logarithm', { m: v128.loadSplat(ofRow(FIRST)), l: get(sum) })),
      v128.storeLane(i32.add(get(place.y), times(r, (e + 1) * FLOAT)), get(x), 0, e * FLOAT),
    ),
  }
}

/** The gradients of queries, whose rows these are, or of keys and values. */
const gradient = (work: Attention, place: Place, writer: KernelWriter): Body => {
  const { d, e } = attentionSizes(work.operands)
  const { r, along, here, from, formula, masked, scored, mixed, eachRow, eachVector } = toolsOf(work, place, writer)
  const [p, L, D] = [writer.local('v128'), writer.local('v128'), writer.local('v128')]
  const ofQueries = work.of === 'queries'
  const beside = COTANGENTS - SCORES
  const computed = (n: number, ...before: readonly Code[]): Code =>
    eachVector(
      n,
      pitchOf(n),
      before,
      set(p, formula('again', { s: v128.load(here), L: get(L) })),
      ofQueries ? [] : v128.store(here, 0, get(p)),
      v128.store(here, beside, formula('gradient', { p: get(p), e: v128.load(here, beside), D: get(D) })),
    )
  if (ofQueries) {
    const ofRow = (which: number): Code => {
      const { at, down } = from(which, place.row)
      return v128.loadSplat(i32.add(at, times(r, down)))
    }
    return {
      inBlock: n => [
        masked(n),
        scored(SCORES, 0, 1, d, n),
        scored(COTANGENTS, 3, 2, e, n),
        eachRow(set(L, ofRow(4)), set(D, ofRow(5)), computed(n)),
        mixed(COTANGENTS, 1, d, n, d),
      ],
      inTheEnd: [],
    }
  }
  /** Puts a number for each column side by side. */
  const gathered = (to: number, which: number, n: number): Code => {
    const { at, down } = from(which, place.block)
    return pack({ from: at, to: scratch(to), depth: i32.const(n), step: down, side: FLOAT, count: 1, pitch: FLOAT }, writer) // prettier-ignore
  }
  const ofColumns = (numbers: number): Code => v128.load(i32.add(scratch(numbers), get(along)))
  return {
    inBlock: n => [
      gathered(FIRST, 4, n),
      gathered(SECOND, 5, n),
      masked(n),
      scored(SCORES, 1, 0, d, n),
      scored(COTANGENTS, 2, 3, e, n),
      eachRow(computed(n, set(L, ofColumns(FIRST)), set(D, ofColumns(SECOND)))),
      mixed(COTANGENTS, 0, d, n, d + e),
      mixed(SCORES, 3, e, n, d + e, d),
    ],
    inTheEnd: [],
  }
}

/** The code of a kernel's blocks. */
export const bodyOf = (work: Attention, place: Place, writer: KernelWriter): Body =>
  work.of === 'output' ? output(work, place, writer) : gradient(work, place, writer)
