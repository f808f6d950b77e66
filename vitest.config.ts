import { svelte } from '@sveltejs/vite-plugin-svelte';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * What `npm run test:quick` leaves out: what starts a browser, Electron, or the built `quorum` as a process, what trains or registers,
 * what segments whole heads, and what runs on software GPUs.
 */
const SLOW = [
  'test/e2e/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/sample/sample.test.ts',
  // Whole heads, real or simulated.
  'test/prepare/*Study.test.ts',
  'test/{segment,volume}/realData.test.ts',
  'test/segment/{logits,oracle}.test.ts',
  'test/session/{results,rawCase,shownBeforeSaved,followUps,followUpDicom}.test.ts',
  'test/followup/followUp.test.ts',
  // Processes that are started, killed and waited for.
  'test/session/{worker,forget,edits,application,cohorts}.test.ts',
  'test/pipeline/{roads,faces,export,openings,selfTestRoads}.test.ts',
  'test/ways.test.ts',
  'test/commands/bids/bidsApp.test.ts',
  'test/engine/devices/{selfTest,selectEngine}.test.ts',
  // Training, and engines beside the one that is used by default.
  'test/{session/research,research/measureJob}.test.ts',
  'test/training/{run,parity,torch,trainer,howTo}.test.ts',
  'test/engine/tensorflow/**/*.test.ts',
  'test/engine/wasm/{parity,engine}.test.ts',
  'test/engine/onnx/webgpu.test.ts',
  // Thousands of hostile files.
  'test/{intake,volume}/hostile.test.ts',
  'test/dicom/{orientations,convert}.test.ts',
  'test/recognise/voxelSequence.test.ts',
  'test/export/dicom/**/*.test.ts',
  'test/pipeline/dicomFormats.test.ts',
];

/** Windows of one process hear each other, so these keep a process a file. */
const WINDOWS = ['test/renderer/state/**/*.test.ts'];

/** These count what runs in their process, change it, or load a GPU's driver into it. */
const APART = [
  'test/ways.test.ts',
  'test/pipeline/export.test.ts',
  'test/cli/dicomFolder.test.ts',
  'test/session/worker.test.ts',
  'test/training/trainer.test.ts',
  'test/engine/devices/{selfTest,selectEngine}.test.ts',
  'test/engine/{onnx,tensorflow}/webgpu.test.ts',
];

export default defineConfig({
  // The state of a window is plain classes with runes.
  plugins: [svelte({ configFile: false })],
  test: {
    globalSetup: ['test/support/transpiledSources.ts'],
    reporters: ['default', './test/support/skippedReporter.ts'],
    // Nothing here is late before it hangs: a busy machine takes several times as long as a quiet one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...SLOW, ...WINDOWS],
          // Files share what they import; loading it anew for each took as long as the tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'quick-apart', include: WINDOWS } },
      {
        extends: true,
        test: {
          name: 'slow',
          include: SLOW,
          exclude: [...configDefaults.exclude, ...APART],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: APART } },
    ],
  },
});
