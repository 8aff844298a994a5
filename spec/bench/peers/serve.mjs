/** A peer's side of a benchmark: it says what it is, then answers lines `forward N` and `step N` with times and losses. */
import { createInterface } from 'node:readline'

export const serve = async ({ name, what, run }) => {
  process.stdout.write(`${JSON.stringify({ name, what })}\n`)
  for await (const line of createInterface({ input: process.stdin })) {
    const [asked, count] = line.split(' ')
    const made = await run(asked, Number(count))
    process.stdout.write(`${JSON.stringify({ ...made, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`)
  }
}
