#!/usr/bin/env node
/** The command `cstransformer`. */
import { run } from './program'

// Whoever reads our output may close it early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

void run(process.argv.slice(2), { out: process.stdout, err: process.stderr }).then(code => {
  process.exitCode = code
})
