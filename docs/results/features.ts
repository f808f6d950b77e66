/**
 * Whether the network's own features tell strange images: `npx tsx docs/results/features.ts --model MODEL`. They rarely do, so the app
 * does not use them; the page says so from docs/results/logs/features.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { plainSample } from '../../src/training/augmentation.js';
import { openDataset } from '../../src/training/dataset.js';
import { loadCase } from '../../src/training/loadCase.js';
import { randomStream } from '../../src/training/random.js';
import { readSplit, type Side } from '../../src/training/split.js';
import { openModel } from './measure/cases.js';
import { type CutOutInputs, measureFeatures } from './measure/features.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/features.json' },
    threads: { type: 'string', default: '2' },
  },
});
const { model, engine } = await openModel(options.model, Number(options.threads));
const train = await inputsOf('train');
// Every second training cut-out is enough for a mean and a variance.
const seen = train.filter((_, i) => i % 2 === 0);
const features = await measureFeatures(engine, seen, await inputsOf('validation'), randomStream(1));
await engine.dispose();
const { name, version } = model.description;
mkdirSync(dirname(options.out), { recursive: true });
const log = { kind: 'features', model: { name, version, hash: model.hash }, features };
writeFileSync(options.out, `${JSON.stringify(log, null, 2)}\n`);

async function inputsOf(side: Side): Promise<CutOutInputs[]> {
  const dataset = await openDataset(join(options.data, 'brats2020-cubes'));
  const cases = (await readSplit(options.split, dataset.cases))[side];
  const inputs: CutOutInputs[] = [];
  for (const one of cases) {
    const known = { description: dataset.description, labels: 'brats' } as const;
    inputs.push(plainSample(await loadCase(known, one, model.description)).inputs);
  }
  return inputs;
}
