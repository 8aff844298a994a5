/** What every equation says to arguments of the wrong size. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Dim, oneLine, type Shape, ShapeError, showDim, showTensor, type Tensor, zeros } from '../../lib/tensor'
import { allEquations as equations, callsOf, type EquationCall, type EquationName, type Place } from './equations'
import { everyOperandCounts } from './laws'

/** One dimension of one tensor of a call. */
interface Spot {
  readonly place: Place
  readonly axis: number
  readonly dim: Dim
}
const spotsOf = ({ places }: EquationCall): readonly Spot[] =>
  places.flatMap(place => {
    const { dims } = place.arg
    const absent = place.shape.length === 0
    return absent || dims.some(d => d.kind === '...') ? [] : dims.map((dim, axis) => ({ place, axis, dim }))
  })

const factors = (d: Dim): readonly string[] =>
  d.kind === '*' || d.kind === '+' ? d.of.flatMap(factors) : d.kind === 'label' ? [d.name] : []

/** Whether one more in this dimension alone contradicts the rest: it is a number, or what it says is also said elsewhere,
 *  or it no longer is a multiple of a size that was given. */
const contradicts = (call: EquationCall, spot: Spot): boolean => {
  const elsewhere = new Set(
    spotsOf(call).flatMap(s => (s.place === spot.place && s.axis === spot.axis ? [] : showDim(s.dim))),
  )
  const told = (label: string): boolean => elsewhere.has(label) || label in call.given
  return (
    elsewhere.has(showDim(spot.dim)) ||
    factors(spot.dim).every(told) ||
    (spot.dim.kind === '*' && factors(spot.dim).some(label => (call.given[label] ?? 1) > 1))
  )
}

const callWith = (call: EquationCall, shape: (place: Place) => Shape) => (): unknown =>
  call.f(...call.places.map((place): Tensor => zeros(shape(place))))

const pathOf = ({ path, arg }: Place): string => showTensor(path, arg.dims)

/** The error that a call throws; its text is one line that begins with the equation. */
const shapeErrorOf = (name: EquationName, call: () => unknown): string => {
  expect(call).to.throw(ShapeError)
  try {
    call()
  } catch (error) {
    const { message } = error as ShapeError
    expect(message).to.match(/^[^\n]+$/)
    expect(message.startsWith(`${equations[name].title}: `), message).to.equal(true)
    return message
  }
  throw new Error('unreachable')
}

/** Declares that an equation refuses a dimension, a rank and a number of arguments that do not fit, and says where. */
const namesWrongSizes = (name: EquationName): void => {
  describe(equations[name].title, () => {
    const calls = callsOf(name)

    it('says which dimension of which argument does not fit', () => {
      let tried = 0
      fc.assert(
        fc.property(calls, fc.nat(), (call, pick) => {
          const wrong = spotsOf(call).filter(spot => contradicts(call, spot))
          if (wrong.length === 0) return
          const { place, axis, dim } = wrong[pick % wrong.length]!
          const message = shapeErrorOf(
            name,
            callWith(call, p => (p === place ? p.shape.map((n, i) => (i === axis ? n + 1 : n)) : p.shape)),
          )
          tried++
          // Of two dimensions that contradict each other, the message blames one and names the other.
          const blamed = `${pathOf(place)} was given [`
          const [where, got] = [`dimension ${axis}, ${showDim(dim)}, must be `, `, got ${place.shape[axis]! + 1}`]
          if (!(
            message.includes(blamed) &&
            message.includes(where) &&
            message.replace(/; bound: .*/, '').endsWith(got)
          ))
            expect(message).to.include(`(from dimension ${axis} of ${place.path})`)
        }),
      )
      // One tensor, each of whose sizes is said once, takes all of them.
      const free = fc.sample(calls, 20).every(call => !spotsOf(call).some(spot => contradicts(call, spot)))
      if (!free) expect(tried, 'wrong sizes tried').to.be.above(10)
    })

    it('says which argument has another rank', () =>
      fc.assert(
        fc.property(calls, fc.nat(), (call, pick) => {
          const fixed = call.places.filter(({ arg }) => !arg.dims.some(d => d.kind === '...'))
          const place = fixed[pick % fixed.length]!
          const shape = [...place.shape, 1]
          expect(
            shapeErrorOf(
              name,
              callWith(call, p => (p === place ? shape : p.shape)),
            ),
          ).to.equal(
            `${equations[name].title}: ${pathOf(place)} was given [${shape.join(', ')}]: its rank must be ${place.arg.dims.length}${place.arg.optional ? ' or 0' : ''}, got ${shape.length}`,
          )
        }),
      ))

    it('says how many arguments it takes', () => {
      const { args, source } = equations[name].signature
      const call = equations[name] as unknown as () => unknown
      const says = `${equations[name].title}: the arguments must be ${args.length} (${source.trim().replace(/\s+/g, ' ')}), got 0`
      expect(shapeErrorOf(name, () => call())).to.equal(oneLine(says))
    })
  })
}

/** Declares, of equations of the paper or of something else, that every argument counts, and what they say to wrong sizes. */
export const checksArguments = (names: readonly EquationName[], of = ''): void => {
  describe(`Every argument of an equation${of} counts`, () => {
    for (const name of names)
      it(`in ${equations[name].title}`, () =>
        everyOperandCounts(callsOf(name), ({ places }) => places.map(({ path }) => path)))
  })

  describe(`Wrong sizes in the equations${of}`, () => {
    for (const name of names) namesWrongSizes(name)
  })
}
