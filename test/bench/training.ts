/**
 * What gradient decoupling costs, as ratios in one run: steps with 15, 5 sampled and 4 objectives against a mean-loss
 * step (four modalities, width 0.25, one sample of 32³), and the memory of steps at 64³. Steps of all kinds take
 * turns and the best of several rounds counts, so that other load on the machine touches all alike.
 *
 * Run by `npm run bench`.
 */
import { availableParallelism } from 'node:os';
import { WasmEngine } from '../../src/engine/wasm/engine.js';
import { PoolVectors } from '../../src/kernels/index.js';
import { initialiseParameters } from '../../src/network/initialise.js';
import { buildLayers } from '../../src/network/layers.js';
import { parameterSpecs } from '../../src/network/parameters.js';
import type { Decoupling } from '../../src/training/decouple.js';
import { chooseObjectives, type ObjectiveChoice } from '../../src/training/objectives.js';
import { type Random, randomStream } from '../../src/training/random.js';
import { gradientStep, type StepSample, Workspace } from '../../src/training/step.js';
import { parameterVector, setParameters } from '../../src/training/vector.js';

const WIDTH = 0.25;
const MODALITIES = 4;
const REGIONS = 3;
const ROUNDS = Number(process.argv[2] ?? 5);
/** Draws of five objectives that are averaged: what they cost depends on which are drawn. */
const DRAWS = 12;

interface Kind {
  readonly name: string;
  readonly choice: ObjectiveChoice;
  readonly decoupling: Decoupling;
  /** The most that it may cost, in mean-loss steps. */
  readonly bound: number;
  readonly draws: number;
}

const MEAN: Kind = {
  name: 'mean loss of all 15',
  choice: { kind: 'subsets' },
  decoupling: 'mean',
  bound: 1,
  draws: 1,
};
const KINDS: readonly Kind[] = [
  { name: '15 objectives', choice: { kind: 'subsets' }, decoupling: 'paper', bound: 6, draws: 1 },
  {
    name: '5 sampled, on average',
    choice: { kind: 'sampled', count: 5 },
    decoupling: 'paper',
    bound: 2.7,
    draws: DRAWS,
  },
  { name: '4 singles', choice: { kind: 'singles' }, decoupling: 'paper', bound: 1.2, draws: 1 },
];

const layers = buildLayers(WIDTH);
const engine = new WasmEngine({ layers, modalityCount: MODALITIES });
const memory = new PoolVectors(engine.pool);
const vector = parameterVector('dynamic', [engine], parameterSpecs(layers, MODALITIES), MODALITIES, REGIONS);
const parameters = initialiseParameters(layers, MODALITIES, 1);
await setParameters(vector, parameters);

await compareSteps(32);
await reportMemory(64);
await engine.dispose();

async function compareSteps(side: number): Promise<void> {
  const sample = sampleOf(side);
  const workspace = new Workspace(vector.length, memory);
  const best = new Map<Kind, number>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const kind of [MEAN, ...KINDS]) {
      const seconds = await averageSeconds(kind, sample, workspace);
      // The first round only warms up.
      if (round >= 0) best.set(kind, Math.min(seconds, best.get(kind) ?? Number.POSITIVE_INFINITY));
    }
  }
  workspace.release();
  const mean = best.get(MEAN)!;
  console.log(
    `\ntraining step, one sample of ${side}³, four modalities, width ${WIDTH}, ${availableParallelism()} threads`,
  );
  console.log(`  ${MEAN.name.padEnd(24)} ${mean.toFixed(3)} s`);
  for (const kind of KINDS) {
    const seconds = best.get(kind)!;
    const ratio = seconds / mean;
    const verdict = ratio <= kind.bound ? 'met' : 'MISSED';
    console.log(
      `  ${kind.name.padEnd(24)} ${seconds.toFixed(3)} s   ${ratio.toFixed(2)} × (≤ ${kind.bound} ${verdict})`,
    );
  }
}

/** Every draw is the same in every round. */
async function averageSeconds(kind: Kind, sample: StepSample, workspace: Workspace): Promise<number> {
  const started = performance.now();
  for (let draw = 0; draw < kind.draws; draw++) await step(kind, sample, workspace, randomStream(7, draw));
  return (performance.now() - started) / 1000 / kind.draws;
}

async function step(kind: Kind, sample: StepSample, workspace: Workspace, random: Random): Promise<void> {
  const objectives = chooseObjectives(kind.choice, MODALITIES, random);
  const settings = { objectives, decoupling: kind.decoupling, loss: 'dice+cross-entropy' as const };
  await gradientStep(vector, parameters, [sample], settings, workspace);
}

async function reportMemory(side: number): Promise<void> {
  const sample = sampleOf(side);
  const workspace = new Workspace(vector.length, memory);
  const started = performance.now();
  for (const kind of [MEAN, KINDS[0]]) await step(kind, sample, workspace, randomStream(7));
  const seconds = (performance.now() - started) / 1000;
  workspace.release();
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const peak = process.resourceUsage().maxRSS * 1024;
  const verdict = peak < 2e9 ? 'met' : 'MISSED';
  console.log(
    `\nmean-loss and 15-objective step at ${side}³, ${seconds.toFixed(1)} s: ` +
      `${mebibytes(engine.pool.memory.size)} of kernel memory, ${mebibytes(peak)} process peak (< 2 GB ${verdict})`,
  );
}

function sampleOf(side: number): StepSample {
  const voxels = side ** 3;
  const shape = [side, side, side] as const;
  const random = randomStream(3);
  const inputs = Array.from({ length: MODALITIES }, () => ({
    data: Float32Array.from({ length: voxels }, () => random.normal()),
    shape,
  }));
  const regions = Uint8Array.from({ length: REGIONS * voxels }, (_, i) => (i % voxels < voxels / 9 ? 1 : 0));
  return { inputs, target: { regions, known: null } };
}
