import { checkLabels } from './labels'
import { exp, log, max, mul, oneHot, scale, sub, sum, total } from '../primitives'
import { equation } from '../trace'

/** The mean cross-entropy of class labels under the softmax of logits:
 *  $$loss = \frac{1}{B} \sum_{b} \left( \ln \sum_k e^{z_{bk}} - z_{b, label_b} \right)$$
 *  The largest logit is subtracted first, so that logits of any size give a finite loss.
 *  @param logits z: K classes for each of B clips
 *  @param labels class indices 0 … K−1, as numbers; UserError for others, where they are known */
export const crossEntropy = equation(
  'Cross-entropy',
  'logits[B, K], labels[B] -> loss[]',
  (logits, labels, { B, K }) => {
    checkLabels(labels, K, 'Cross-entropy: ')
    const z = sub(logits, max(logits, [1]))
    const picked = sum(mul(oneHot(labels, K), z), [1])
    return scale(total(sub(log(sum(exp(z), [1])), picked)), 1 / B)
  },
)

/** The mean cross-entropy of distributions over the classes under the softmax of logits:
 *  $$loss = -\frac{1}{B} \sum_{b,k} t_{bk} \ln softmax(z_b)_k$$
 *  Of one-hot targets it is that of their labels.
 *  @param logits z: K classes for each of B clips
 *  @param targets t: how much each class counts for each clip, as `targetsOf` makes them */
export const targetCrossEntropy = equation(
  'Cross-entropy of targets',
  'logits[B, K], targets[B, K] -> loss[]',
  (logits, targets, { B }) => {
    const z = sub(logits, max(logits, [1]))
    const logZ = log(sum(exp(z), [1])) // [B, 1]
    return scale(total(mul(targets, sub(z, logZ))), -1 / B)
  },
)
