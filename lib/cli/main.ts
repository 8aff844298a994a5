#!/usr/bin/env node
/** The command `cstransformer`. */
import { run } from './program'

/** The reader of our output may close it early, as `head` does, and a terminal may go away: that ends no training. */
const READER_LEFT = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!READER_LEFT.includes(error.code ?? '')) throw error
  })

void run(process.argv.slice(2), { out: process.stdout, err: process.stderr }).then(code => {
  process.exitCode = code
})
