import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import all from './vitest.config.js';

/**
 * `npm run test:quick`: under 90 s on two cores. Left out is what starts a browser, Electron, or the built `quorum` as a process,
 * what trains or registers, what segments whole heads, and what runs on software GPUs. `npm test` runs everything.
 */
export default mergeConfig(
  all,
  defineConfig({
    test: {
      exclude: [
        ...configDefaults.exclude,
        'test/e2e/**',
        'test/cli/**',
        'test/sample/sample.test.ts',
        // Whole heads, real or simulated.
        'test/prepare/*Study.test.ts',
        'test/{segment,volume}/realData.test.ts',
        'test/segment/{logits,oracle}.test.ts',
        'test/session/{results,rawCase,followUps}.test.ts',
        'test/followup/followUp.test.ts',
        // Processes that are started, killed and waited for.
        'test/session/{worker,forget,edits,application}.test.ts',
        'test/pipeline/{roads,faces,openings}.test.ts',
        'test/ways.test.ts',
        'test/commands/bids/bidsApp.test.ts',
        'test/commands/training/measureJob.test.ts',
        'test/engine/devices/{selfTest,selectEngine}.test.ts',
        // Training, and engines beside the one that is used by default.
        'test/training/{run,parity,torch,trainer}.test.ts',
        'test/engine/tensorflow/**',
        'test/engine/wasm/{parity,engine}.test.ts',
        'test/engine/onnx/webgpu.test.ts',
        // Thousands of hostile files.
        'test/{intake,volume}/hostile.test.ts',
        'test/dicom/{orientations,convert}.test.ts',
        'test/recognise/voxelSequence.test.ts',
        'test/export/dicom/**',
        'test/pipeline/dicomFormats.test.ts',
      ],
    },
  }),
);
