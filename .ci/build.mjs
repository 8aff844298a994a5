/** Builds the package: the library as CommonJS in dist and as ES modules in esm, and the command as one file, with the packages
 *  that it alone needs. Those are development dependencies: who installs the library is not sent them. */
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')
const run = (program, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', program), ...args], { cwd: root, stdio: 'inherit' })

for (const folder of ['dist', 'esm']) rmSync(join(root, folder), { recursive: true, force: true })
run('typescript/bin/tsc', '-p', 'tsconfig.build.json')

// ---- ES modules: the same declarations, and code that says that it is of modules and knows its folder --------------------

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
for (const entry of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith('.d.ts')) continue
  const path = relative(join(root, 'dist'), join(entry.parentPath, entry.name)).replace(/\.d\.ts$/, '')
  const source = readFileSync(join(root, 'lib', `${path}.ts`), 'utf8')
  const { outputText } = ts.transpileModule(source, { compilerOptions })
  const code = outputText
    .replace(/^import \{\s*\} from .*\n/gm, '') // of imports that are of types alone
    // Equations and operations that nobody uses are left out of a page.
    .replace(/^((?:export )?const \w+ = )(?=[a-z]\w*\()/gm, '$1/* @__PURE__ */ ')
    .replace(
      /(?<=[([{:,] ?)(?=(?:choice|either|exactly|holding|kind|listOf|optional|recordOf|strict|typed|word)\()/g,
      '/* @__PURE__ */ ',
    )
  const place = join(root, 'esm', path)
  mkdirSync(dirname(place), { recursive: true })
  copyFileSync(join(root, 'dist', `${path}.d.ts`), `${place}.d.ts`)
  writeFileSync(`${place}.js`, /\b__dirname\b/.test(code) ? `const __dirname = import.meta.dirname\n${code}` : code)
}
writeFileSync(join(root, 'esm/package.json'), '{ "type": "module", "sideEffects": false }\n')
run('tsc-alias/dist/bin/index.js', '-p', 'tsconfig.esm.json')

// ---- files that need each other: operations whose derivative is the other one, which bundlers warn of ---------------------

const modules = readdirSync(join(root, 'esm'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.js'))
  .map(name => join(root, 'esm', name))
const importsOf = new Map(
  modules.map(file => {
    const imports = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) .*?'(\.[^']+)';$/gm)]
    return [file, imports.map(([, path]) => resolve(dirname(file), path))]
  }),
)
const reached = file => {
  const seen = new Set()
  const visit = from =>
    importsOf.get(from).forEach(to => {
      if (!seen.has(to)) visit((seen.add(to), to))
    })
  visit(file)
  return seen
}
const reachedFrom = new Map(modules.map(file => [file, reached(file)]))
const circles = modules.map(file => [...reachedFrom.get(file)].filter(other => reachedFrom.get(other).has(file)).sort())
for (const circle of new Map(circles.filter(files => files.length > 1).map(files => [files.join(), files])).values()) {
  // They become one file, which each of them takes its names from.
  const folder = dirname(circle[0])
  const name = `${circle.map(file => basename(file, '.js')).join('-and-')}.js`
  const pathFrom = (from, to) => relative(from, to).replace(/^(?!\.)/, './')
  const names = await Promise.all(circle.map(async file => Object.keys(await import(pathToFileURL(file)))))
  const outside = {
    name: 'outside',
    setup: ({ onResolve }) =>
      onResolve({ filter: /./ }, ({ path, resolveDir, kind }) => {
        const file = resolve(resolveDir, path)
        if (kind === 'entry-point' || circle.includes(file)) return undefined
        return { path: path.startsWith('.') ? pathFrom(folder, file) : path, external: true }
      }),
  }
  await build({
    stdin: { contents: circle.map(file => `export * from '${pathFrom(folder, file)}'`).join('\n'), resolveDir: folder },
    outfile: join(folder, name),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    plugins: [outside],
    logLevel: 'warning',
  })
  circle.forEach((file, i) =>
    writeFileSync(file, `export { ${names[i].join(', ')} } from '${pathFrom(dirname(file), join(folder, name))}'\n`),
  )
}

// ---- the command -------------------------------------------------------------------------------------------------------

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const licences = new Map()

for (const entry of ['main', 'run/batches-worker']) {
  const outfile = join(root, 'dist/cli', `${entry}.js`)
  /** What the library has compiled already is there once. */
  const library = {
    name: 'library',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
        if (!importer.startsWith(join(root, 'lib'))) return undefined
        const source = resolve(dirname(importer), path)
        const compiled = [`${source}.js`, join(source, 'index.js')]
          .map(file => join(root, 'dist', relative(join(root, 'lib'), file)))
          .find(existsSync)
        return compiled && { path: `./${relative(dirname(outfile), compiled)}`, external: true }
      }),
  }
  const { metafile } = await build({
    entryPoints: [join(root, 'lib/cli', `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    external: [...Object.keys(dependencies), 'ts-node'],
    plugins: [library],
    metafile: true,
    absWorkingDir: root,
    logLevel: 'warning',
  })
  for (const input of Object.keys(metafile.inputs)) {
    const [folder, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? []
    if (folder) licences.set(name, join(root, folder))
  }
}
/** The text of a package's licence; where it comes without one, what its manifest says. */
const licenceOf = folder => {
  const file = readdirSync(folder).find(name => /^licen[cs]e/i.test(name))
  if (file) return readFileSync(join(folder, file), 'utf8')
  const { license, author, homepage } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return `${license}, ${author}, ${homepage}`
}
writeFileSync(
  join(root, 'dist/cli/LICENCES.txt'),
  `The command holds these packages.\n\n${[...licences]
    .sort()
    .map(([name, folder]) => `${name}\n\n${licenceOf(folder)}`)
    .join('\n\n')}`,
)
