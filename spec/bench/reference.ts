/** How fast the reference is beside plain loops over typed arrays: `npx ts-node -T spec/bench/reference.ts`.
 *  The aim is 1 GFLOP/s in matrix products, and no more than 3 times a plain loop elsewhere. Times are medians. */
import { add, equal, exp, gelu, layerNorm, matmul, max, mul, permute, softmax, sum } from '../../lib/primitives'
import { errorFunction } from '../../lib/primitives/support/error-function'
import { fromArray, full, over, randomStream, type Shape, sizeOf, type Tensor } from '../../lib/tensor'

const stream = randomStream(1, 'bench')
const random = (...shape: number[]): Tensor => fromArray(Float32Array.from({ length: sizeOf(shape) }, stream), shape)

/** Processor time in microseconds: what else the machine does counts less than in time by the clock. */
const now = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** The median time of a call in microseconds, of all functions in turn, so that all meet the same weather. */
const medians = (...fs: readonly (() => unknown)[]): number[] => {
  const repeat = (f: () => unknown, n: number): number => {
    const start = now()
    for (let i = 0; i < n; i++) f()
    return now() - start
  }
  // Warm until a batch takes 100 ms, which is then cut in ten.
  const calls = fs.map(f => {
    let n = 1
    while (repeat(f, n) < 100_000) n *= 2
    return Math.ceil(n / 10)
  })
  const times: number[][] = fs.map(() => [])
  for (let round = 0; round < 11; round++) fs.forEach((f, k) => times[k]!.push(repeat(f, calls[k]!) / calls[k]!))
  return times.map(t => t.sort((a, b) => a - b)[t.length >> 1]!)
}

const pad = (x: string | number, n: number): string => String(x).padStart(n)
const row = (...[what, a, b, c]: readonly (string | number)[]): void =>
  console.log(String(what).padEnd(44) + [a, b, c].map(x => pad(x ?? '', 12)).join(''))

// ---- matrix products -------------------------------------------------------------------------------------------------

row('matrix product', 'µs', 'GFLOP/s')
const product = (what: string, a: Tensor, b: Tensor): void => {
  const [time] = medians(() => matmul(a, b)) as [number]
  row(what, time.toFixed(0), ((2 * sizeOf(matmul(a, b).shape) * a.shape.at(-1)!) / time / 1000).toFixed(2))
}
for (const n of [64, 256, 768]) product(`${n}³`, random(n, n), random(n, n))
const square = random(256, 256)
product('256³, both transposed', permute(square, [1, 0]), permute(square, [1, 0]))
product('[64, 17, 32] · [32, 32], a weight', random(64, 17, 32), random(32, 32))
product(
  '[64, 2, 17, 16] · [64, 2, 16, 17], scores',
  random(64, 2, 17, 16),
  permute(random(64, 2, 17, 16), [0, 1, 3, 2]),
)

// ---- element by element, against plain loops -------------------------------------------------------------------------

const compare = (what: string, ours: () => unknown, plain: () => unknown): void => {
  const [a, b] = medians(ours, plain) as [number, number]
  row(what, a.toFixed(1), b.toFixed(1), `${(a / b).toFixed(2)}×`)
}
/** The loop that someone would write by hand, with the function in its place. */
const loops: Readonly<Record<string, (x: Float32Array, y: Float32Array, n: number) => Float32Array>> = {
  add: (x, y, n) => {
    const z = new Float32Array(n)
    for (let i = 0; i < n; i++) z[i] = x[i]! + y[i]!
    return z
  },
  mul: (x, y, n) => {
    const z = new Float32Array(n)
    for (let i = 0; i < n; i++) z[i] = x[i]! * y[i]!
    return z
  },
  equal: (x, y, n) => {
    const z = new Float32Array(n)
    for (let i = 0; i < n; i++) z[i] = x[i]! === y[i]! ? 1 : 0
    return z
  },
  exp: (x, _, n) => {
    const z = new Float32Array(n)
    for (let i = 0; i < n; i++) z[i] = Math.exp(x[i]!)
    return z
  },
  gelu: (x, _, n) => {
    const z = new Float32Array(n)
    for (let i = 0; i < n; i++) z[i] = 0.5 * x[i]! * (1 + errorFunction(x[i]! * Math.SQRT1_2))
    return z
  },
}
const bias = (x: Float32Array, b: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0; i < x.length; i += c) for (let j = 0; j < c; j++) z[i + j] = x[i + j]! + b[j]!
  return z
}
const column = (x: Float32Array, b: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0, r = 0; i < x.length; i += c, r++) for (let j = 0; j < c; j++) z[i + j] = x[i + j]! * b[r]!
  return z
}
const scaled = (x: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0; i < x.length; i++) z[i] = x[i]! * c
  return z
}
const softmaxLoop = (x: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0; i < x.length; i += c) {
    let top = -Infinity
    for (let j = i; j < i + c; j++) if (x[j]! > top) top = x[j]!
    let all = 0
    for (let j = i; j < i + c; j++) all += z[j] = Math.exp(x[j]! - top)
    for (let j = i; j < i + c; j++) z[j]! /= all
  }
  return z
}
const layerNormLoop = (x: Float32Array, g: Float32Array, b: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0; i < x.length; i += c) {
    let mu = 0
    for (let j = i; j < i + c; j++) mu += x[j]!
    mu /= c
    let variance = 0
    for (let j = i; j < i + c; j++) variance += (x[j]! - mu) * (x[j]! - mu)
    const s = 1 / Math.sqrt(variance / c + 1e-6)
    for (let j = 0; j < c; j++) z[i + j] = (x[i + j]! - mu) * s * g[j]! + b[j]!
  }
  return z
}
const sumRows = (x: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length / c)
  for (let i = 0, r = 0; i < x.length; i += c, r++) {
    let all = 0
    for (let j = i; j < i + c; j++) all += x[j]!
    z[r] = all
  }
  return z
}
const sumColumns = (x: Float32Array, c: number): Float32Array => {
  const all = new Float64Array(c)
  for (let i = 0; i < x.length; i += c) for (let j = 0; j < c; j++) all[j]! += x[i + j]!
  return Float32Array.from(all)
}
const maxRows = (x: Float32Array, c: number): Float32Array => {
  const z = new Float32Array(x.length / c).fill(-Infinity)
  for (let i = 0, r = 0; i < x.length; i += c, r++) for (let j = i; j < i + c; j++) if (x[j]! > z[r]!) z[r] = x[j]!
  return z
}
const swapped = (x: Float32Array, [n, l, c]: readonly [number, number, number]): Float32Array => {
  const z = new Float32Array(x.length)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < l; j++) for (let k = 0; k < c; k++) z[(i * c + k) * l + j] = x[(i * l + j) * c + k]! + 1
  return z
}

for (const shape of [
  [4, 32],
  [320, 32],
  [31_250, 32],
] as const satisfies readonly Shape[]) {
  const [rows, c] = shape
  const n = sizeOf(shape)
  row(`\n[${shape.join(', ')}]`, 'µs', 'plain µs', 'ratio')
  const [x, y, g, b, s] = [random(rows, c), random(rows, c), random(c), random(c), random(rows, 1)]
  const [X, Y, G, B, S] = [x, y, g, b, s].map(t => t.data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  compare(
    'add',
    () => add(x, y),
    () => loops['add']!(X, Y, n),
  )
  compare(
    'mul',
    () => mul(x, y),
    () => loops['mul']!(X, Y, n),
  )
  compare(
    'equal',
    () => equal(x, y),
    () => loops['equal']!(X, Y, n),
  )
  compare(
    'exp',
    () => exp(x),
    () => loops['exp']!(X, Y, n),
  )
  compare(
    'gelu',
    () => gelu(x),
    () => loops['gelu']!(X, Y, n),
  )
  compare(
    'softmax',
    () => softmax(x),
    () => softmaxLoop(X, c),
  )
  compare(
    'layerNorm',
    () => layerNorm(x, g, b),
    () => layerNormLoop(X, G, B, c),
  )
  compare(
    'add a row to every row, stride 0',
    () => add(x, b),
    () => bias(X, B, c),
  )
  compare(
    'mul every row by a number, stride 0',
    () => mul(x, s),
    () => column(X, S, c),
  )
  const two = full(2)
  compare(
    'mul by a scalar, all strides 0',
    () => mul(x, two),
    () => scaled(X, 2),
  )
  compare(
    'sum over the last dimension',
    () => sum(x, [1]),
    () => sumRows(X, c),
  )
  compare(
    'sum over the first dimension',
    () => sum(x, [0]),
    () => sumColumns(X, c),
  )
  compare(
    'max over the last dimension',
    () => max(x, [1]),
    () => maxRows(X, c),
  )
  const lead = Math.max(1, (rows / 10) | 0)
  const cube = over(
    X.subarray(0, lead * 10 * c < n ? lead * 10 * c : n),
    lead * 10 * c < n ? [lead, 10, c] : [1, rows, c],
  )
  const one = full(1)
  compare(
    'add to a transposed view',
    () => add(permute(cube, [0, 2, 1]), one),
    () => swapped(X, cube.shape as [number, number, number]),
  )
}
