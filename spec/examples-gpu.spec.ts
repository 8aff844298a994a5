/** The examples for a GPU, in short: they say what they ran on, and check what they computed. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '..')
const run = (name: string, ...flags: string[]) => {
  const args = ['-r', 'ts-node/register/transpile-only', join('examples', 'gpu', name), ...flags]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { out: stdout.trimEnd().split('\n'), err: stderr.trimEnd(), status }
}

describe('The examples for a GPU', () => {
  it('train-digits says its device, its losses, what it gets right and its steps per second', () => {
    const { out, err, status } = run(
      ...([
        'train-digits.ts',
        '--mode',
        'webasm',
        '--steps',
        '3',
        '--every',
        '2',
        '--clips',
        '8',
        '--batch',
        '4',
      ] as const),
    )
    expect(err).to.equal('')
    expect(status).to.equal(0)
    const [device, ...lines] = out
    expect(device).to.match(/^Device: gpu\.js on webasm, /)
    expect(lines).to.have.length(3)
    for (const [i, step] of [2, 3].entries())
      expect(lines[i]).to.match(
        new RegExp(`^step ${step}: loss \\d\\.\\d{3}, \\d+\\.\\d % of 8 held-out clips, \\d+\\.\\d\\d steps/s$`),
      )
    expect(lines[2]).to.match(/^(Reached 95 %|Not yet 95 %: more --steps)$/)
  })

  it('matmul-and-softmax times both kernels, and finds them to be the reference’s', () => {
    const { out, err, status } = run('matmul-and-softmax.ts', '--mode', 'webasm', '--size', '67', '--times', '2')
    expect(err).to.equal('')
    expect(status).to.equal(0)
    expect(out[0]).to.match(/^Device: gpu\.js on webasm, /)
    expect(out[1]).to.match(
      /^matmul \[67, 67\]: \d+\.\d\d ms, \d+\.\d\d GFLOP\/s; agrees with the reference \(by .*\)$/,
    )
    expect(out[2]).to.match(/^softmax \[67, 67\]: \d+\.\d\d ms, \d+\.\d\d GB\/s; agrees with the reference \(by .*\)$/)
  })

  it('say in a line what a flag should be', () => {
    const { err, status } = run('matmul-and-softmax.ts', '--size', 'large')
    expect(status).to.equal(1)
    expect(err).to.equal("--size should be a whole number of at least 1, but is 'large'")
  })
})
