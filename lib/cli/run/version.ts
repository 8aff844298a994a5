import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { here } from '../here'

/** The version in package.json, which is two folders up both from `lib/cli` and from `dist/cli`. */
export const version = (): string =>
  (JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')) as { version: string }).version
