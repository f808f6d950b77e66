/** Who may import whom (docs/architecture.md, “The rooms”), held by `npm run check`: a folder may import itself and what is listed. */
const allowed = {
  files: [],
  volume: ['files'],
  network: ['files'],
  kernels: ['files'],
  masks: ['volume'],
  model: ['files', 'network'],
  // DICOM headers, frames and their conversion.
  dicom: ['files', 'volume'],
  // Which sequence a name, a header or a brain shows.
  recognise: ['volume'],
  // Files and folders -> Study.
  intake: ['files', 'volume', 'dicom', 'recognise'],
  evaluate: ['files', 'volume', 'masks'],
  engine: ['files', 'volume', 'masks', 'network', 'kernels', 'model'],
  prepare: ['files', 'volume', 'masks', 'intake', 'model', 'engine'],
  segment: ['volume', 'masks', 'model', 'prepare', 'engine'],
  training: [
    ...['files', 'volume', 'masks', 'network', 'kernels', 'model', 'intake'],
    ...['engine', 'prepare', 'segment', 'evaluate'],
  ],
  measure: ['files', 'volume', 'masks', 'model', 'engine', 'prepare', 'segment', 'training', 'evaluate'],
  export: ['files', 'volume', 'masks', 'dicom', 'intake', 'prepare', 'segment'],
  // Shapes of requests, events and results, and the words for them: no Node, no other room.
  contract: [],
  // How a call of the contract crosses from a window to the services; no Node.
  wire: ['contract'],
  // Tables, figures and sentences that window, terminal and reports share; no Node.
  presentation: ['contract'],
  // Work that says how far it is: followed, lined up.
  jobs: ['contract'],
  // What lies in the user's profile.
  kept: ['contract', 'files', 'volume', 'masks', 'network', 'model', 'segment', 'export'],
  // What was given -> one examination's Study.
  open: ['contract', 'jobs', 'kept', 'files', 'volume', 'dicom', 'recognise', 'intake'],
  // What numbers taken from images and mask warn of.
  checks: ['contract', 'volume', 'model', 'prepare', 'recognise', 'segment'],
  // The only maker of results; knows no process.
  pipeline: [
    ...['contract', 'jobs', 'kept', 'open', 'checks', 'files', 'volume', 'masks', 'network', 'model'],
    ...['dicom', 'recognise', 'intake', 'evaluate', 'engine', 'prepare', 'segment', 'export'],
  ],
  // Many cases as one: found, run, kept, told in one table.
  cohort: [
    ...['contract', 'presentation', 'jobs', 'kept', 'open', 'pipeline', 'files', 'volume', 'masks', 'model'],
    ...['dicom', 'recognise', 'intake', 'prepare', 'segment', 'export', 'evaluate', 'engine'],
  ],
  // Training, evaluation and measuring as jobs; what they leave, read again.
  research: [
    ...['contract', 'jobs', 'pipeline', 'files', 'volume', 'masks', 'kernels', 'model', 'intake', 'engine'],
    ...['prepare', 'segment', 'training', 'evaluate', 'measure', 'export'],
  ],
  // Several examinations of one patient: what changed.
  followup: [
    ...[
      'contract',
      'presentation',
      'jobs',
      'pipeline',
      'files',
      'volume',
      'masks',
      'model',
      'prepare',
      'segment',
      'export',
    ],
  ],
  // What the command line alone asks for: several cases, folders.
  commands: [
    ...['contract', 'jobs', 'kept', 'open', 'pipeline', 'cohort', 'followup', 'files', 'volume', 'masks'],
    ...['checks', 'model', 'dicom', 'recognise', 'intake', 'engine', 'prepare', 'segment', 'export'],
  ],
  worker: ['contract', 'jobs', 'kept', 'open', 'pipeline', 'cohort', 'followup', 'research'],
  session: [
    ...['contract', 'wire', 'jobs', 'kept', 'open', 'pipeline', 'cohort'],
    ...['files', 'recognise', 'intake', 'volume', 'masks', 'model'],
  ],
  server: ['session', 'contract', 'wire', 'files'],
  cli: [
    'contract',
    'presentation',
    'jobs',
    'model',
    'pipeline',
    'cohort',
    'research',
    'commands',
    'session',
    'server',
  ],
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
      from: { path: '^src/(pipeline|open|jobs|cohort|followup)/' },
      to: {
        path: '^(node:)?(child_process|worker_threads|process|cluster)$|^src/(session|worker|commands|cli|server)/',
      },
    },
    {
      name: 'session-makes-no-results',
      severity: 'error',
      from: { path: '^src/session/' },
      to: {
        path: '^src/pipeline/(segment|segmentCase|prepare|export|exportCase|report|facts|formats?|resultStore|findings|plan|questions)(/|\\.ts$)',
      },
    },
    {
      // But for the weights of the classifier by voxels.
      name: 'recogniser-reads-no-files',
      severity: 'error',
      from: { path: '^src/recognise/', pathNot: '^src/recognise/sequenceByVoxels\\.ts$' },
      to: { path: '^(node:)?fs(/|$)|^src/volume/(read|fileBytes)\\.ts$' },
    },
    {
      name: 'contract-knows-no-node',
      severity: 'error',
      from: { path: '^src/(contract|wire|presentation)/' },
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
      to: { path: '^src/', pathNot: '^src/(session/|contract/|wire/|files/|errors|terms)' },
    },
    {
      name: 'renderer-imports',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(src/|electron/)', pathNot: '^src/(contract/|wire/|presentation/|errors|terms|numbers)' },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The second is made by the build.
    exclude: { path: '^src/kernels/assembly/|/\\.wuchale/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
