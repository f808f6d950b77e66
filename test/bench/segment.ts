/**
 * What a whole segmentation costs, as ratios in one run: all 15 combinations with every file written against one segmentation of
 * the same case, and both against the four bare network passes.
 *
 * Run by `npm run bench`. The case is the simulated sample patient (240×240×155, four sequences), or the folder given.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxEngine } from '../../src/engine/onnx/onnxEngine.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { openModel } from '../../src/model/model.js';
import { SAMPLE_PATIENT } from '../../src/pipeline/sample.js';
import { prepareCase } from '../../src/prepare/case.js';
import { computeLogits } from '../../src/segment/logits.js';
import { quorum } from '../cli/run.js';

const ROUNDS = 3;
const input = process.argv[2] ?? SAMPLE_PATIENT;

const bare: number[] = [];
const one: Run[] = [];
const all: Run[] = [];
for (let round = 0; round < ROUNDS; round++) {
  bare.push(await barePasses());
  one.push(await segment());
  all.push(await segment('--all-combinations'));
}
const [passes, single, every] = [
  median(bare),
  median(one.map(({ seconds }) => seconds)),
  median(all.map(({ seconds }) => seconds)),
];
console.log(`segment: ${cpus().length} × ${cpus()[0].model}, medians of ${ROUNDS} rounds`);
console.log(`  four bare network passes                      ${passes.toFixed(2)} s`);
console.log(
  `  one segmentation, from the files to the mask  ${single.toFixed(2)} s   ${(single / passes).toFixed(2)} × the passes   ${peak(one)} MB`,
);
console.log(
  `  all 15 combinations, every file written       ${every.toFixed(2)} s   ${(every / passes).toFixed(2)} × the passes   ${peak(all)} MB`,
);
console.log(`  all 15 against one                            ${(every / single).toFixed(2)} ×`);

interface Run {
  readonly seconds: number;
  readonly memoryMb: number;
}

/** The network alone, on the inputs of the same case. */
async function barePasses(): Promise<number> {
  const model = await openModel();
  const engine = await createOnnxEngine({
    parameters: model.parameters,
    layers: model.layers,
    modalityCount: 4,
  });
  const { passSeconds } = await computeLogits(await prepareCase(await openStudy([input])), model, engine);
  await engine.dispose();
  return passSeconds.reduce((sum, seconds) => sum + seconds, 0);
}

/** The command as a user runs it: whole process, its own peak memory. */
async function segment(...options: string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'quorum-bench-'));
  const started = performance.now();
  const { code, stdout, stderr } = await quorum(
    'segment',
    input,
    '--out',
    join(folder, 'out'),
    '--device',
    'cpu',
    '--json',
    ...options,
  );
  const seconds = (performance.now() - started) / 1000;
  rmSync(folder, { recursive: true });
  if (code !== 0) throw new Error(stderr);
  return { seconds, memoryMb: JSON.parse(stdout.trim().split('\n').at(-1)!).result.peakMemoryMb };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function peak(runs: readonly Run[]): number {
  return Math.max(...runs.map(({ memoryMb }) => memoryMb));
}
