/** A peer that is asked for runs: its name, what it can do, and times and losses of so many runs.
 *  @param runs functions that end by reading their loss, `forward` and `step` or one of them */
export const contender = (name, runs) => ({
  name,
  what: Object.keys(runs),
  run: async (what, count) => {
    const [ms, losses] = [[], []]
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      losses.push(await runs[what]())
      ms.push(performance.now() - start)
    }
    return { ms, losses }
  },
})
