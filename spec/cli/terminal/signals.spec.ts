import { expect } from 'chai'
import { setTimeout as pass } from 'node:timers/promises'
import { exitCodeOf, listen } from '../../../lib/cli/terminal/signals'

describe('signals', () => {
  const exit = process.exit
  const exits: unknown[] = []
  beforeEach(() => {
    exits.length = 0
    process.exit = ((code: unknown) => void exits.push(code)) as typeof process.exit
  })
  afterEach(() => {
    process.exit = exit
  })
  const send = (signal: NodeJS.Signals): boolean => process.emit(signal, signal)

  it('are the exit codes of a shell', () => {
    expect((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(exitCodeOf)).to.deep.equal([130, 143, 129])
  })

  it('ask to stop at first; what a runner passes on at once is the same press; a later one ends the program', async () => {
    const heard: string[] = []
    const stop = listen(signal => heard.push(signal))
    try {
      expect(stop.asked()).to.equal(undefined)
      send('SIGINT')
      send('SIGINT')
      expect([stop.asked(), heard, exits]).to.deep.equal(['SIGINT', ['SIGINT'], []])
      await pass(600)
      send('SIGTERM')
      expect([stop.asked(), heard, exits]).to.deep.equal(['SIGINT', ['SIGINT'], [143]])
    } finally {
      stop.end()
    }
  })

  it('are left to the system once nobody listens', () => {
    const before = process.listenerCount('SIGINT')
    const stop = listen(() => undefined)
    expect(process.listenerCount('SIGINT')).to.equal(before + 1)
    stop.end()
    expect(process.listenerCount('SIGINT')).to.equal(before)
  })
})
