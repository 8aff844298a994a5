/** Files for tests of datasets, in a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { Dataset } from '../../../lib/video/node'

export interface Files {
  readonly at: (path: string) => string
  readonly write: (path: string, text?: string | Uint8Array) => string
  /** Empty files. */
  readonly touch: (...paths: readonly string[]) => void
  /** `class: path` of each video. */
  readonly named: (dataset: Dataset) => readonly string[]
}

/** A folder that is there while the tests of a `describe` run. */
export const temporaryFiles = (): Files => {
  const root = mkdtempSync(join(tmpdir(), 'dataset-'))
  after(() => rmSync(root, { recursive: true, force: true }))
  const at = (path: string): string => join(root, path)
  const write = (path: string, text: string | Uint8Array = ''): string => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
    return at(path)
  }
  return {
    at,
    write,
    touch: (...paths) => paths.forEach(path => write(path)),
    named: ({ classes, videos }) => videos.map(({ path, label }) => `${classes[label]}: ${relative(root, path)}`),
  }
}
