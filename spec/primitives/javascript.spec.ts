import { expect } from 'chai'
import { add, mean, oneHot, rearrange, scale, shift, softmax, sum, total, transpose } from '../../lib/primitives'
import { fromArray, UserError, zeros } from '../../lib/tensor'

/** What only a program without types can get wrong: it is told which operation, which operand and what it was. */
describe('A program in plain JavaScript is told', () => {
  const x = fromArray([1, 2, 3, 4], [2, 2])
  const call = (f: unknown, ...args: unknown[]): unknown => (f as (...args: unknown[]) => unknown)(...args)
  const faults: readonly (readonly [says: string, f: unknown, ...args: unknown[]])[] = [
    ['softmax: the arguments must be 1 at most, got 2', softmax, x, 0],
    ['mean: the arguments must be 2 at most, got 3', mean, x, [0], 1],
    ['total: the arguments must be 1 at most, got 2', total, x, 0],
    ['transpose: the arguments must be 1 at most, got 2', transpose, x, 0],
    ['oneHot: the arguments must be 2 at most, got 3', oneHot, fromArray([1]), 3, 4],
    ['oneHot: K must be a whole number of at least 1, got 1.5', oneHot, fromArray([1]), 1.5],
    ['add: operand 1 must be a tensor, got 1', add, x, 1],
    ['add: operand 0 must be a tensor, got a list', add, [1], x],
    ['total: operand 0 must be a tensor, got a list', total, [1]],
    ['shift: operand 0 must be a tensor, got 1', shift, 1, x],
    ["scale: the second argument must be a number, got '2'", scale, x, '2'],
    ['scale: the second argument must be a number, got undefined', scale, x],
    ["rearrange '[N] -> [N]': operand 0 must be a tensor, got a list", rearrange, '[N] -> [N]', [1]],
    ['zeros: the shape must be a list of whole numbers of at least 0, got [1.5]', zeros, [1.5]],
    ['zeros: the shape must be a list of whole numbers of at least 0, got [NaN]', zeros, [NaN]],
    ["the type of a tensor must be float32 or float64, got 'int32'", zeros, [2], 'int32'],
    ['sum: the axis must be from -2 to 1 for [2, 2], got 2', sum, x, [2]],
  ]
  for (const [says, f, ...args] of faults)
    it(says, () => {
      expect(() => call(f, ...args))
        .to.throw(UserError)
        .with.property('message', says)
    })
})
