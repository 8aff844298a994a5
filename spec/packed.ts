/** The package as people get it: packed without any flag, and installed in projects of their own. */
import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(__dirname, '..')
export interface Manifest {
  readonly bin: { readonly cstransformer: string }
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}
export const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The file that `npm publish` would send, packed as a person packs it: built from `lib/` as it stands. */
export const pack = (folder: string): string => {
  const args = ['pack', '--offline', '--pack-destination', folder]
  const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  expect(npm.status, `npm pack said ${npm.stdout}${npm.stderr}`).to.equal(0)
  return join(
    folder,
    readdirSync(folder).find(name => name.endsWith('.tgz'))!,
  )
}

/** A project that has the package and its declared dependencies, and nothing else of ours; no registry is asked. */
export const install = (tarball: string, project: string): void => {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'cstransformer'), { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'cstransformer'), '--strip-components=1'])
  link(project, Object.keys(manifest.dependencies))
}

export const link = (project: string, packages: readonly string[]): void => {
  for (const name of packages) {
    const path = join(project, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), path, 'junction')
  }
}

/** What `npm install cstransformer` brings beside the package: its dependencies, and theirs. */
export const dependencies = (): readonly string[] => {
  const found = new Set<string>()
  const visit = (folder: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Partial<Manifest>
    for (const name of Object.keys(dependencies)) {
      const own = join(folder, 'node_modules', name)
      const path = [own, join(root, 'node_modules', name)].find(place => existsSync(join(place, 'package.json')))!
      if (found.has(path)) continue
      found.add(path)
      visit(path)
    }
  }
  visit(root)
  return [...found]
}

/** Bytes on disk of a folder's files, in blocks of 4 KiB, as `du` counts them. */
export const weightOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter(entry => entry.isFile() && !entry.parentPath.slice(folder.length).includes('node_modules'))
    .reduce((sum, { parentPath, name }) => sum + 4096 * Math.ceil(statSync(join(parentPath, name)).size / 4096), 0)
