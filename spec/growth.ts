/** By how much the memory of a program grows. In a process of its own: what other tests leave to be collected is as large as a leak. */
import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a program that prints, as JSON, by how many bytes it grew in each half of its work.
 *  @param program its file, and its arguments
 *  @returns the less of the two: garbage is in one half at most, a leak in both */
export const growthOf = async (...program: readonly string[]): Promise<number> => {
  const flags = ['--expose-gc', '-r', 'ts-node/register/transpile-only']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...program])
  const growth = JSON.parse(stdout) as number[]
  expect(growth).to.have.length(2)
  return Math.min(...growth)
}
