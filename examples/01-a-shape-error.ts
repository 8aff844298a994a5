/** 1. A wrong shape, caught twice: by the editor while it is typed, and again when it runs.
 *
 *  Every equation has a signature. That of `scores`, Eq. (14), is
 *
 *      Q[N, h, S, d], K[N, h, S, d] -> A[N, h, S, S]
 *
 *  for N sequences, h heads, S tokens and d channels of a head. To leave tokens and heads in the wrong order is an easy
 *  mistake, and where both have one size nothing but their labels tells them apart.
 *
 *  In all examples, what follows an arrow is what has been printed by then. A program of your own imports 'cstransformer'
 *  where they import '../lib'. */
import { scores, ShapeError, type Tensor, zeros } from '../lib'

const Q: Tensor<['N', 'h', 'S', 'd']> = zeros([2, 3, 17, 8])
const K: Tensor<['N', 'h', 'S', 'd']> = zeros([2, 3, 17, 8])
const A = scores(Q, K) // a Tensor<['N', 'h', 'S', 'S']>: hover over it
console.log(A.shape)
// → [ 2, 3, 17, 17 ]

// The keys as a linear layer makes them, tokens first.
const tokensFirst: Tensor<['N', 'S', 'h', 'd']> = zeros([2, 17, 3, 8])
try {
  // @ts-expect-error: "shape error: K[N, h, S, d] was given [N, S, h, d]: a dimension must be h, got S"
  scores(Q, tokensFirst)
} catch (error) {
  if (error instanceof ShapeError) console.log(error.message)
}
// → Scores, App. A.1, Eq. (14): K[N, h, S, d] was given [2, 17, 3, 8]: dimension 1, h, must be 3 (from dimension 1 of Q), got 17; bound: N = 2, h = 3, S = 17, d = 8 by Q

// A tensor without labels is checked when it runs, and a plain ndarray is such a tensor.
const unlabelled: Tensor = zeros([2, 3, 17])
try {
  scores(Q, unlabelled)
} catch (error) {
  if (error instanceof ShapeError) console.log(error.message)
}
// → Scores, App. A.1, Eq. (14): K[N, h, S, d] was given [2, 3, 17]: its rank must be 4, got 3
