/**
 * Fits the fusion on training cases, and chooses mirroring, fusion, threshold and clean-up on validation cases; writes a new Model
 * folder: `npx tsx docs/results/tune.ts --model TRAINED --to MODEL --out docs/results/logs/tuning.json [--fp16]`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_FILE, WEIGHTS_FILE, writeModel } from '../../src/model/model.js';
import { readSafetensors } from '../../src/network/safetensors.js';
import { serialiseSafetensors } from '../../src/network/safetensorsWriter.js';
import { openDataset } from '../../src/training/dataset.js';
import { loadCase, type TrainingVolume } from '../../src/training/loadCase.js';
import { readSplit } from '../../src/training/split.js';
import { type OpenedModel, openModel, type PredictedCase, predictedCases } from './measure/cases.js';
import {
  chooseMirroring,
  chooseSettings,
  fittedFusion,
  PLAIN_FUSION,
  type Settings,
} from './measure/tuning.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    to: { type: 'string' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/tuning.json' },
    threads: { type: 'string', default: '2' },
    /** Every n-th training cut-out takes part in the fit; whole cases always do. */
    every: { type: 'string', default: '4' },
    /** 0: no fit, for a network that learned its region weights itself. */
    rounds: { type: 'string', default: '20' },
    fp16: { type: 'boolean', default: false },
    /** How the network was trained, all stages; what `quorum train` wrote of the last one when absent. */
    description: { type: 'string' },
  },
});
if (!options.model || !options.to) throw new Error('--model TRAINED --to MODEL');
if (existsSync(options.to)) throw new Error(`${options.to} is there already`);
const folders = ['brats2020-cubes', 'partial'].map((name) => join(options.data, name));
const opened = await openModel(options.model, Number(options.threads));
const { model, engine } = opened;
const fitting = { rounds: Number(options.rounds), learningRate: 0.05 };
const fusions: Record<string, Settings['fusion']> = {};
const learned = model.description.fusion;
if (JSON.stringify(learned) !== JSON.stringify(PLAIN_FUSION))
  fusions['weights and biases learned with the network'] = learned;
if (fitting.rounds > 0)
  fusions['weights and biases fitted to the finished network'] = await fittedFusion(
    model,
    engine,
    trainingVolumes(),
    fitting,
  );
const { description: own } = model;
const patch = { ...own.patch, mirrored: true };
const plain = await validationCases(opened);
const both = await validationCases({ engine, model: { ...model, description: { ...own, patch } } });
await engine.dispose();
const mirroring = await chooseMirroring(plain, both, own);
const chosen = await chooseSettings(mirroring.taken ? both : plain, own, fusions);
const { settings } = chosen;
const trials = [mirroring, ...chosen.trials];
for (const { what, scores, taken } of trials) console.log(taken ? '*' : ' ', what, JSON.stringify(scores));

const { weightsSha256: _, ...trained } = model.description;
const description = options.description ? { ...trained, description: options.description } : trained;
const weights = readFileSync(join(options.model, WEIGHTS_FILE));
const bytes = options.fp16
  ? serialiseSafetensors((await readSafetensors(weights)).tensors, {}, { dtype: 'F16' })
  : weights;
const inputs = mirroring.taken ? { patch } : {};
await writeModel(options.to, { ...description, ...inputs, ...settings }, bytes, textsOf(options.model));
const { name, version } = model.description;
const log = {
  kind: 'tuning',
  model: { name, version, hash: model.hash },
  fitting,
  fusions,
  ...settings,
  trials,
};
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(log, null, 2)}\n`);

async function validationCases(from: OpenedModel): Promise<PredictedCase[]> {
  const cases: PredictedCase[] = [];
  const split = { file: options.split, side: 'validation' } as const;
  for await (const one of predictedCases(from, folders, split)) cases.push(one);
  return cases;
}

async function* trainingVolumes(): AsyncGenerator<TrainingVolume> {
  for (const folder of folders) {
    const dataset = await openDataset(folder);
    const { train } = await readSplit(options.split, dataset.cases);
    const cutOuts = dataset.description.known === 'nonzero-box';
    const step = cutOuts ? Number(options.every) : 1;
    const labels = dataset.description.labels ?? 'brats';
    for (const one of train.filter((__, i) => i % step === 0))
      yield await loadCase({ description: dataset.description, labels }, one, model.description);
  }
}

/** Licence and card; the card of the finished model is written later. */
function textsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((file) => file !== MODEL_FILE && file !== WEIGHTS_FILE);
  const texts = names.filter((file) => ['', '.md', '.txt'].includes(extname(file)));
  return Object.fromEntries(texts.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}
