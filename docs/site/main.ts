/** The site: `npm run site:build` writes docs/site/dist, files that any host can serve; `npm run site` serves them. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { version as typescript } from 'typescript'
import { type Plugin, type Rollup } from 'vite'
import { read, root } from '../generator/source'
import { fontFace, mathFont } from './font'
import { loadModel } from './figures/load'
import { modelFile } from './model'
import { frameOf, rendered } from './render'
import { declarations, replPage } from './repl'
import { serviceWorker } from './offline'

export const dist = join(root, 'docs/site/dist')
const own = join(root, 'docs/site/client')
const base = './'
/** With these, a page may share memory between threads: the playground's WebAssembly does. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Writes the pages beside the script that makes them live. */
const pages = (): Plugin => ({
  name: 'pages',
  // After the style sheet, which is made last.
  enforce: 'post',
  async generateBundle(_, bundle) {
    const bytes = modelFile()
    const all = rendered(loadModel(bytes))
    const texts = new Map([...all, ['repl', { title: 'Try the code', main: replPage() }] as const])
    const asset = (name: string, source: string | Uint8Array): string => {
      const reference = this.emitFile({ type: 'asset', name, source })
      return this.getFileName(reference)
    }
    const model = asset('digits.safetensors', bytes)
    const types = asset('declarations.json', JSON.stringify(declarations()))
    const font = asset('math.woff2', await mathFont([...texts.values()].map(({ main }) => main)))
    const face = asset('math.css', fontFace(font.replace(/^assets\//, '')))
    const entry = Object.values(bundle).find((chunk): chunk is Rollup.OutputChunk => chunk.type === 'chunk' && chunk.isEntry)! // prettier-ignore
    const sheets = Object.keys(bundle).filter(name => name.endsWith('.css') && name !== face)
    for (const [name, { title, main }] of texts) {
      const page = frameOf(name, title, main, { script: entry.fileName, styles: [face, ...sheets] })
      const data = `data-page="${name}" data-model="${model}" data-types="${types}"`
      this.emitFile({ type: 'asset', fileName: `${name}.html`, source: page.replace(`data-page="${name}"`, data) })
    }
  },
})

/** The whole library for programs of the REPL, by the rooms that the package exports. */
const library = (): Plugin => ({
  name: 'library',
  resolveId: id => (id === 'virtual:library' ? id : undefined),
  load: id => {
    if (id !== 'virtual:library') return undefined
    const { exports } = JSON.parse(read('package.json')) as { readonly exports: object }
    const rooms = Object.keys(exports).flatMap(name => (/^\.(\/\w+)?$/.test(name) ? [name.slice(2)] : []))
    const imports = rooms.map(
      (room, i) => `import * as r${i} from ${JSON.stringify(join(root, 'lib', room, 'index.ts'))}`,
    )
    return `${imports.join('\n')}\nexport default { ${rooms.map((room, i) => `'${room}': r${i}`).join(', ')} }`
  },
})

/** The compiler of the REPL: TypeScript is one large module already, so it is made small and not bundled. */
const COMPILER = `typescript-${typescript}.js`
const compiler = (): Plugin => ({
  name: 'compiler',
  async generateBundle() {
    const { transformWithEsbuild } = await import('vite')
    const text = `${read('node_modules/typescript/lib/typescript.js')}\nexport default ts`
    const { code } = await transformWithEsbuild(text, COMPILER, { minify: true, target: 'es2022', sourcemap: false, legalComments: 'none' }) // prettier-ignore
    this.emitFile({ type: 'asset', fileName: `assets/${COMPILER}`, source: code })
  },
})

export const build = async (out = dist): Promise<void> => {
  const vite = await import('vite')
  const logLevel = 'error'
  rmSync(out, { recursive: true, force: true })
  await vite.build({
    root: own,
    base,
    configFile: false,
    resolve: { alias: { 'csv-parse/sync': 'csv-parse/browser/esm/sync' } },
    logLevel,
    plugins: [pages(), compiler()],
    // What the library asks of Node is not there, and said when it is used.
    worker: { format: 'es', plugins: () => [library()], rollupOptions: { shimMissingExports: true, external: ['typescript'], output: { paths: { typescript: `./${COMPILER}` } } } },
    build: { outDir: out, emptyOutDir: false, target: 'es2022', modulePreload: false, cssCodeSplit: false, chunkSizeWarningLimit: 12000, rollupOptions: { input: join(own, 'main.ts'), output: { entryFileNames: 'assets/[name]-[hash].js' } } },
  }) // prettier-ignore
  await vite.build({
    configFile: join(root, 'examples/playground/vite.config.mts'),
    logLevel,
    build: { outDir: join(out, 'playground') },
  })
  serviceWorker(out)
}

const serve = async (port: number): Promise<void> => {
  const vite = await import('vite')
  const server = await vite.preview({
    root: own,
    base: '/',
    configFile: false,
    build: { outDir: dist },
    preview: { headers, port },
  })
  server.printUrls()
}

if (require.main === module) {
  const run = async (): Promise<void> => {
    console.log('Building the site: pages, figures, playground …')
    await build()
    console.log(`Written to ${dist.replace(`${root}/`, '')}`)
    if (process.argv.includes('--serve')) await serve(4173)
  }
  run().catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
