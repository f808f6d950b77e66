/**
 * Chooses mirroring and clean-up of a finished network on whole validation brains; writes a new Model folder:
 * `npx tsx docs/results/tune.ts --model IMPORTED --to MODEL --out docs/results/logs/tuning.json [--fp16]`.
 * Region weights and biases stay as the training learned them; the log tells the volume ratio that they give.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_FILE, WEIGHTS_FILE, writeModel } from '../../src/model/model.js';
import { readSafetensors } from '../../src/network/safetensors.js';
import { serialiseSafetensors } from '../../src/network/safetensorsWriter.js';
import type { PredictedCase } from '../../src/training/predictCase.js';
import { type OpenedModel, openModel, predictedCases } from './measure/cases.js';
import { chooseCleanUp, chooseMirroring, type Trial } from './measure/tuning.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    to: { type: 'string' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/tuning.json' },
    threads: { type: 'string', default: '2' },
    name: { type: 'string', default: 'Quorum' },
    version: { type: 'string', default: '2' },
    fp16: { type: 'boolean', default: false },
    /** Leaves mirroring out of the trials: it doubles their time. */
    alone: { type: 'boolean', default: false },
    description: { type: 'string' },
    'training-data': { type: 'string' },
  },
});
if (!options.model || !options.to) throw new Error('--model IMPORTED --to MODEL');
if (existsSync(options.to)) throw new Error(`${options.to} is there already`);
const folders = ['brains', 'brains3'].map((name) => join(options.data, name));
const opened = await openModel(options.model, Number(options.threads));
const { model, engine } = opened;
const own = model.description;
const plain = await validationCases(opened);
const trials: Trial[] = [];
const { patch } = own;
if (!options.alone) {
  const mirrored = { ...own.patch, mirrored: true };
  const both = await validationCases({
    engine,
    model: { ...model, description: { ...own, patch: mirrored } },
  });
  trials.push(...(await chooseMirroring(plain, both, own)));
  if (trials.at(-1)!.taken) throw new Error('mirroring gains: measure the clean-up with it');
}
await engine.dispose();
const chosen = await chooseCleanUp(plain, own);
trials.push(...chosen.trials);
for (const { what, scores, taken } of trials) console.log(taken ? '*' : ' ', what, JSON.stringify(scores));

const { weightsSha256: _, ...trained } = own;
const weights = readFileSync(join(options.model, WEIGHTS_FILE));
const bytes = options.fp16
  ? serialiseSafetensors((await readSafetensors(weights)).tensors, {}, { dtype: 'F16' })
  : weights;
const about = {
  name: options.name,
  version: options.version,
  description: options.description ?? trained.description,
};
const trainingData = options['training-data'] ?? trained.knowledge.trainingData;
await writeModel(
  options.to,
  { ...trained, ...about, patch, ...chosen.settings, knowledge: { ...trained.knowledge, trainingData } },
  bytes,
  textsOf(options.model),
);
const log = {
  kind: 'tuning',
  model: { name: about.name, version: about.version },
  ...chosen.settings,
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

/** Licence and card; the card of the finished model is written later. */
function textsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((file) => file !== MODEL_FILE && file !== WEIGHTS_FILE);
  const texts = names.filter((file) => ['', '.md', '.txt'].includes(extname(file)));
  return Object.fromEntries(texts.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}
