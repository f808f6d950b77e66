/** The import table of docs/architecture.md, checked by `npm run check`: a folder may import itself and what is listed. */
const allowed = {
  files: [],
  volume: [],
  network: [],
  kernels: [],
  model: ['network'],
  intake: ['files', 'volume'],
  evaluate: ['volume'],
  engine: ['volume', 'network', 'kernels', 'model'],
  prepare: ['volume', 'intake', 'model', 'engine'],
  segment: ['volume', 'model', 'prepare', 'engine'],
  training: ['volume', 'network', 'kernels', 'model', 'engine', 'intake', 'prepare', 'segment', 'evaluate'],
  measure: ['volume', 'model', 'prepare', 'segment', 'training', 'evaluate'],
  export: ['files', 'volume', 'intake', 'prepare', 'segment'],
  pipeline: [
    'volume',
    'model',
    'intake',
    'evaluate',
    'engine',
    'prepare',
    'segment',
    'export',
    'services/contract',
  ],
  services: [
    'files',
    'pipeline',
    'volume',
    'network',
    'kernels',
    'model',
    'intake',
    'evaluate',
    'engine',
    'prepare',
    'segment',
    'training',
    'export',
  ],
  server: ['services', 'files'],
  // `quorum serve` starts the server.
  cli: ['services', 'server'],
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
      to: { path: '^src/', pathNot: '^src/(services/|errors|terms)' },
    },
    {
      name: 'renderer-imports',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(src/|electron/)', pathNot: '^src/(services/contract|errors|terms|numbers)' },
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
