/** The mean cross-entropy of logits `[B, K]` for labels: what a peer that has logits alone adds to them. */
export const crossEntropy = ({ data, dims: [, K] }, labels) => {
  const losses = [...labels].map((label, b) => {
    const z = data.subarray(b * K, (b + 1) * K)
    const most = Math.max(...z)
    return most + Math.log(z.reduce((sum, v) => sum + Math.exp(v - most), 0)) - z[label]
  })
  return losses.reduce((a, b) => a + b) / losses.length
}
