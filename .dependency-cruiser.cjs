/** What each layer of `lib/` may import, besides itself: only layers below it, and not all of them. `lib/index.ts` stands above
 *  them all; `lib/host.ts`, `lib/bytes.ts`, `lib/disk.ts`, `lib/folders.ts` and `lib/lock.ts` are the ground floor. */
const order = [
  'tensor',
  'trace',
  'primitives',
  'transforms',
  'engines',
  'paper',
  'systems',
  'video',
  'training',
  'format',
  'ablation',
  'cli',
]
const apart = {
  paper: ['engines', 'transforms'],
  format: order.filter(layer => layer !== 'tensor'),
  systems: ['engines'],
}
const layers = Object.fromEntries(
  order.map((layer, i) => [layer, order.slice(0, i).filter(below => !apart[layer]?.includes(below))]),
)

const names = Object.keys(layers)

const layerRules = names.map(layer => ({
  name: `${layer}-imports-downward`,
  comment: `lib/${layer} may import ${layers[layer].map(below => `lib/${below}`).join(', ') || 'no other layer'}.`,
  severity: 'error',
  from: { path: `^lib/${layer}/` },
  to: {
    path: '^lib/',
    pathNot: `^lib/((host|bytes|refusals|disk|folders|lock)\\.ts$|(${[layer, ...layers[layer]].join('|')})/)`,
  },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-is-known',
      comment: 'A new folder in lib/ needs its place among the layers in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: `^lib/(${names.join('|')})/` },
      to: {},
    },
    {
      name: 'lib-stands-alone',
      comment: 'The library imports nothing of its tests, examples, fixtures or documentation.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(spec|examples|fixtures|docs)/' },
    },
    {
      // Transposes of each other may: the derivative of a join is in parts and that of a part in joins, as of sums and repeats; the sine's is the cosine.
      name: 'no-cycle-of-files',
      comment: 'Of two files that need each other, a third holds what they share.',
      severity: 'error',
      from: { pathNot: '^lib/primitives/(concat|pad|slice|sum|broadcast-to|sin|cos|support/unbroadcast)\\.ts$' },
      to: { circular: true },
    },
    {
      name: 'no-cycle-of-folders',
      comment: 'Of two folders that need each other, one is below the other.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-needs-declared-packages',
      comment:
        'What the library imports when it runs is in `dependencies` (or an optional peer), or users would not have it. The command is built with its packages in it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(cli/|ablation/(picture|runs)\\.ts$)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'import-resolves',
      comment: 'The imported module exists.',
      severity: 'error',
      from: {},
      // The bundler makes what begins with virtual.
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '^(dist|esm|runs|examples/playground/dist|docs/site/dist|spec/bench/peers|spec/mutation/node_modules)/',
    },
    // Imports of types count: a layer that names a type of a layer above it depends on that layer.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
  },
}
