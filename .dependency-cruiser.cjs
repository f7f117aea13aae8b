/** The import graph between rooms. Biome says the same per file while you type; this checks the whole graph. */
module.exports = {
  forbidden: [
    {
      name: 'core-stands-alone',
      comment: 'core knows no HTTP framework, no adapter and no process',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: '^(adapters|src|test|bench)/|node_modules/(hono|@hono|pino|commander)/' },
    },
    {
      name: 'redis-client-in-one-room',
      severity: 'error',
      from: { path: '^(core|adapters|src)/', pathNot: '^core/stores/redis/' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'adapters-see-one-door',
      comment: 'adapters import core/index.ts and adapters/shared only',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^(core|adapters|src|test)/', pathNot: '^core/index\\.ts$|^adapters/shared/|^adapters/$1/' },
    },
    {
      name: 'shared-names-no-vendor',
      severity: 'error',
      from: { path: '^adapters/shared/' },
      to: { path: '^adapters/(?!shared/)' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { path: '^(core|adapters|src)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
