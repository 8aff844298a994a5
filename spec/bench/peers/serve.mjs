/** A peer's side of a benchmark: it says what it is, then answers lines `forward N` and `step N` with times and losses. */
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'

export const serve = async (hello, runs) => {
  process.stdout.write(`${JSON.stringify(hello)}\n`)
  for await (const line of createInterface({ input: process.stdin })) {
    const [what, count] = line.split(' ')
    const [ms, losses] = [[], []]
    for (let i = 0; i < Number(count); i++) {
      const start = performance.now()
      losses.push(await runs[what]())
      ms.push(performance.now() - start)
    }
    process.stdout.write(`${JSON.stringify({ ms, losses, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`)
  }
}
