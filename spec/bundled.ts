/** What a page imports, bundled as for browsers. */
import { resolve } from 'node:path'
import { build, type Rollup } from 'vite'

export const root = resolve(__dirname, '..')

export interface Bundled {
  readonly code: string
  /** What the bundler complained of, but for derivatives, which are written in primitives that need each other. */
  readonly warnings: readonly string[]
  /** What is asked for and not in it. */
  readonly imports: readonly string[]
  readonly modules: readonly string[]
  /** Files that import modules of Node, or those modules. */
  readonly foreign: readonly string[]
}

/** Mediabunny's own stand-in for its files on disk: browsers have an empty one. */
const standIn = /\/mediabunny\/dist\/modules\/src\/(source|target)\.js$/

/** A script with all that the text of a module imports. */
export const bundle = async (entry: string): Promise<Bundled> => {
  const warnings: string[] = []
  const note = (message: string): void => void warnings.push(message)
  const foreign: string[] = []
  const made = (await build({
    root,
    configFile: false,
    customLogger: {
      info: () => undefined,
      warn: note,
      warnOnce: note,
      error: note,
      clearScreen: () => undefined,
      hasErrorLogged: () => false,
      hasWarned: false,
    },
    build: {
      write: false,
      minify: false,
      rollupOptions: { input: 'entry', output: { format: 'iife', inlineDynamicImports: true } },
    },
    plugins: [
      {
        name: 'entry',
        resolveId: id => (id === 'entry' ? '\0entry' : undefined),
        load: id => (id === '\0entry' ? entry : undefined),
        generateBundle() {
          for (const id of this.getModuleIds()) {
            if (!/__vite-browser-external|^node:/.test(id)) continue
            const { importers = [], dynamicImporters = [] } = this.getModuleInfo(id) ?? {}
            foreign.push(...[...importers, ...dynamicImporters].filter(from => !standIn.test(from)))
          }
        },
      },
    ],
  })) as Rollup.RollupOutput
  const { code, imports, dynamicImports, moduleIds } = made.output[0]
  return {
    code,
    warnings: warnings.filter(text => !text.startsWith('Circular dependency: lib/primitives/')),
    imports: [...imports, ...dynamicImports],
    modules: moduleIds,
    foreign,
  }
}
