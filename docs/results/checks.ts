/**
 * Fits the checks of the images on training cut-outs, takes cut-offs from validation, and writes them into model.json:
 * `npx tsx docs/results/checks.ts --model MODEL --out docs/results/logs/checks.json [--write]`. After `tune.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { regionMask } from '../../src/evaluate/labels.js';
import { crop } from '../../src/evaluate/mask.js';
import type { InputChecks } from '../../src/model/knowledgeSchema.js';
import { MODEL_FILE } from '../../src/model/model.js';
import { modelSchema } from '../../src/model/schema.js';
import type { Case } from '../../src/prepare/case.js';
import { countEnhancingLesions, removeSpecks } from '../../src/segment/cleanUp.js';
import { surfaceShare } from '../../src/segment/imageChecks.js';
import { bitAt } from '../../src/segment/tissue.js';
import { quantile } from '../../src/statistics.js';
import { combinationName, MODALITIES } from '../../src/terms.js';
import { plainSample } from '../../src/training/augmentation.js';
import { openDataset } from '../../src/training/dataset.js';
import { loadCase } from '../../src/training/loadCase.js';
import { randomStream } from '../../src/training/random.js';
import { readSplit, type Side } from '../../src/training/split.js';
import { openModel, type PredictedCase, predictedCases } from './measure/cases.js';
import { type CutOutImages, FALSE_ALARMS, fitSwapChecks, fitUptakeCheck } from './measure/checks.js';
import { type CutOutInputs, measureFeatures } from './measure/features.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/checks.json' },
    threads: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
/** A tumour that touches the surface widely does so with more of its own; half a ball on the surface has a third. */
const WIDELY = 0.15;

const cubes = join(options.data, 'brats2020-cubes');
const opened = await openModel(options.model, Number(options.threads));
const { model, engine } = opened;
const { description } = model;
const random = randomStream(1);
const train = await inputsOf('train');
const validation = await inputsOf('validation');
const swaps = fitSwapChecks(train.map(imagesOf), validation.map(imagesOf));
const uptake = fitUptakeCheck(validation.map(imagesOf), () => random.normal());
// Every second training cut-out is enough for a mean and a variance.
const seen = train.filter((_, i) => i % 2 === 0);
const features = await measureFeatures(engine, seen, validation, random);

const shares: number[] = [];
const lesions: number[] = [];
const folders = [cubes, join(options.data, 'partial')];
for await (const one of predictedCases(opened, folders, { file: options.split, side: 'validation' })) {
  const labels = (await one.masks(description, [one.present])).get(combinationName(one.present))!;
  removeSpecks(labels, one.grid, description.cleanUp);
  const share = shareOf(one, labels);
  if (share !== null) shares.push(share);
  if (one.present.includes('t1ce'))
    lesions.push(countEnhancingLesions(labels, one.grid, description.cleanUp.minimumMl.ET));
}
await engine.dispose();
const inputChecks: InputChecks = {
  swapped: swaps.shown,
  uptake,
  surface: {
    above: Number(Math.max(WIDELY, quantile(shares, 1 - FALSE_ALARMS)).toFixed(4)),
    cases: shares.length,
  },
  lesions: {
    atLeast: Math.max(3, Math.floor(quantile(lesions, 1 - FALSE_ALARMS)) + 1),
    cases: lesions.length,
  },
};
const log = {
  kind: 'checks',
  model: { name: description.name, version: description.version, hash: model.hash },
  trainCutOuts: train.length,
  validationCutOuts: validation.length,
  swapped: swaps.found,
  uptake,
  surface: inputChecks.surface,
  surfaceUsual: Number(quantile(shares, 1 - FALSE_ALARMS).toFixed(4)),
  lesions: inputChecks.lesions,
  lesionsFound: lesions,
  /** Not used: see the results page. */
  features,
};
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(log, null, 2)}\n`);
for (const [pair, check] of Object.entries(swaps.found))
  console.log(pair, check && { ...check, weights: undefined });
console.log('uptake', uptake, 'surface', inputChecks.surface, 'lesions', inputChecks.lesions);
console.log('features', JSON.stringify(features));

if (options.write) {
  const file = join(options.model, MODEL_FILE);
  const before = modelSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const after = modelSchema.parse({ ...before, knowledge: { ...before.knowledge, inputChecks } });
  writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
}

async function inputsOf(side: Side): Promise<CutOutInputs[]> {
  const dataset = await openDataset(cubes);
  const cases = (await readSplit(options.split, dataset.cases))[side];
  const inputs: CutOutInputs[] = [];
  for (const one of cases) {
    const known = { description: dataset.description, labels: 'brats' } as const;
    inputs.push(plainSample(await loadCase(known, one, description)).inputs);
  }
  return inputs;
}

function imagesOf(inputs: CutOutInputs): CutOutImages {
  return Object.fromEntries(MODALITIES.flatMap((m, i) => (inputs[i] ? [[m, inputs[i].data]] : [])));
}

/** Of a cut-out only what it shows: beyond it nothing is known. */
function shareOf({ logits, grid, known }: PredictedCase, labels: Uint8Array): number | null {
  const shown = new Uint8Array(labels.length);
  for (const { tissue } of logits.maps) for (let v = 0; v < shown.length; v++) shown[v] |= bitAt(tissue, v);
  const box = known ?? { start: [0, 0, 0], size: grid.size };
  const tissue = Float32Array.from(crop({ data: shown, size: grid.size }, box).data);
  const found = regionMask({ data: labels, size: grid.size }, 'WT', 'brats', box).data;
  const images = { t1: { data: tissue } } as unknown as Case['images'];
  return surfaceShare({ grid: { ...grid, size: box.size }, images }, found);
}
