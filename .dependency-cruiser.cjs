/** The import table of docs/architecture.md, checked by `npm run check`: a folder may import itself and what is listed. */
const allowed = {
  files: [],
  volume: ['files'],
  network: ['files'],
  kernels: ['files'],
  masks: ['volume'],
  model: ['files', 'network'],
  intake: ['files', 'volume'],
  evaluate: ['files', 'volume', 'masks'],
  engine: ['files', 'volume', 'network', 'kernels', 'model'],
  prepare: ['files', 'volume', 'masks', 'intake', 'model', 'engine'],
  segment: ['volume', 'masks', 'model', 'prepare', 'engine'],
  training: [
    ...['files', 'volume', 'masks', 'network', 'kernels', 'model', 'intake'],
    ...['engine', 'prepare', 'segment', 'evaluate'],
  ],
  measure: ['files', 'volume', 'masks', 'model', 'engine', 'prepare', 'segment', 'training', 'evaluate'],
  export: ['files', 'volume', 'masks', 'intake', 'prepare', 'segment'],
  // Shapes of requests, events and results, and the words for them: no Node, no other room.
  contract: [],
  pipeline: [
    ...['contract', 'files', 'volume', 'masks', 'network', 'kernels', 'model', 'intake', 'evaluate'],
    ...['engine', 'prepare', 'segment', 'training', 'measure', 'export'],
  ],
  worker: ['contract', 'pipeline', 'engine', 'volume', 'segment', 'masks'],
  session: [
    ...['contract', 'files', 'pipeline', 'intake', 'volume', 'masks'],
    ...['model', 'prepare', 'segment', 'export'],
  ],
  server: ['session', 'contract', 'files'],
  // `quorum serve` starts the server.
  cli: ['contract', 'pipeline', 'session', 'server'],
};
const layers = Object.entries(allowed).map(([folder, imports]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/[^/]+/', pathNot: `^src/(${[folder, ...imports].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'pipeline-knows-no-process',
      severity: 'error',
      from: { path: '^src/pipeline/' },
      to: { path: '^(node:)?(child_process|worker_threads|process|cluster)$' },
    },
    {
      name: 'contract-knows-no-node',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cli-runs-no-session',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: '^src/cli/serve\\.ts$' },
      to: { path: '^src/(session|server)/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-electron-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^electron/|^renderer/|node_modules/electron/)' },
    },
    {
      name: 'electron-imports',
      severity: 'error',
      from: { path: '^electron/' },
      to: { path: '^src/', pathNot: '^src/(session/|contract/|files/|errors|terms)' },
    },
    {
      name: 'renderer-imports',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(src/|electron/)', pathNot: '^src/(contract/|errors|terms|numbers)' },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/kernels/assembly/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
