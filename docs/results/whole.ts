/**
 * Measures a model on the whole brains of one side of the split, every combination that each has:
 * `npx tsx docs/results/whole.ts --model MODEL --side validation`. Writes docs/results/logs/whole-<side>.json; of the validation side
 * it also writes what follows into model.json with `--write`: support, gains, agreement flags, ranges, the expected Dice.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectedDiceOf } from '../../src/measure/expectedDice.js';
import { agreementFlagsOf, gainsOf, supportOf } from '../../src/measure/knowledge.js';
import { rangesOf } from '../../src/measure/ranges.js';
import { type BrainMeasure, measureBrain } from '../../src/measure/wholeBrains.js';
import { MODEL_FILE } from '../../src/model/model.js';
import { modelSchema } from '../../src/model/schema.js';
import { REGIONS } from '../../src/terms.js';
import { type DatasetCase, openDataset } from '../../src/training/dataset.js';
import { predictCase } from '../../src/training/predictCase.js';
import { readSplit, type Side } from '../../src/training/split.js';
import { verifyDataset } from '../../src/training/verify.js';
import { openModel } from './measure/cases.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    side: { type: 'string', default: 'validation' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string' },
    threads: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
    /** Takes the rows of an earlier log in place of measuring again. */
    again: { type: 'boolean', default: false },
  },
});
const side = options.side as Side;
const out = options.out ?? `docs/results/logs/whole-${side}.json`;
const rows: BrainMeasure[] = options.again ? JSON.parse(readFileSync(out, 'utf8')).rows : await measureSide();

if (options.write && side === 'validation') {
  const file = join(options.model, MODEL_FILE);
  const before = modelSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const combinations = supportOf(rows);
  const measured = {
    combinations,
    gains: gainsOf(rows),
    agreementFlags: agreementFlagsOf(rows).flags,
    volumeRanges: rangesOf(rows, combinations),
    expectedDice: expectedDiceOf(rows),
  };
  const after = modelSchema.parse({ ...before, knowledge: { ...before.knowledge, ...measured } });
  writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
}

/** Measures the whole side and writes its log. */
async function measureSide(): Promise<BrainMeasure[]> {
  const opened = await openModel(options.model, Number(options.threads));
  const measured: BrainMeasure[] = [];
  for (const name of ['brains', 'brains3', 'partial', 'whole'])
    await measureSet(opened, measured, name, join(options.data, name), (cases) =>
      readSplit(options.split, cases).then((sides) => sides[side]),
    );
  // Of no data set of the split: aligned and stripped by others, its truth a fusion of algorithms.
  if (side === 'test')
    await measureSet(
      opened,
      measured,
      'TCGA-FG-6692',
      join(options.data, 'raw/TCGA-FG-6692/stripped'),
      async (cases) => cases,
    );
  await opened.engine.dispose();
  const { model } = opened;
  const { name, version } = model.description;
  mkdirSync(dirname(out), { recursive: true });
  const about = { kind: 'whole', side, model: { name, version, hash: model.hash } };
  const shortened = JSON.stringify({ ...about, rows: measured }, (_, value) =>
    typeof value === 'number' ? Number(value.toFixed(4)) : value,
  );
  writeFileSync(out, `${shortened}\n`);
  return measured;
}

async function measureSet(
  { model, engine }: Awaited<ReturnType<typeof openModel>>,
  measured: BrainMeasure[],
  label: string,
  folder: string,
  choose: (cases: readonly DatasetCase[]) => Promise<readonly DatasetCase[]>,
): Promise<void> {
  const dataset = await openDataset(folder);
  // A patient counts once, with the first of the data sets that has him.
  const seen = new Set(measured.map(({ patient }) => patient));
  const cases = (await choose(dataset.cases)).filter(({ patient }) => !seen.has(patient));
  if (cases.length === 0) return;
  const verified = await verifyDataset({ ...dataset, cases });
  for (const one of cases) {
    const started = performance.now();
    const predicted = await predictCase(verified, one, model, engine, { force: true });
    measured.push(...(await measureBrain(predicted, model.description, label, REGIONS)));
    const all = measured.findLast(({ members }) => members.length === predicted.present.length)!.regions;
    const text = REGIONS.map((region) => all[region]?.dice?.toFixed(3) ?? '–').join(' / ');
    console.log(label, one.name, text, `${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
}
