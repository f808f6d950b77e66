/**
 * Writes the results page, its figures and the model card from the logs: `npx tsx docs/results/page.ts --model MODEL`.
 * Numbers come from the logs alone.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_FILE, readModel, WEIGHTS_FILE } from '../../src/model/model.js';
import { ablation } from './page/ablation.js';
import { data, NOT_REPEATED, REPRODUCE, training } from './page/about.js';
import { reached } from './page/aims.js';
import { gains, supported, wholeBrains } from './page/brains.js';
import { modelCard } from './page/card.js';
import { diceFigure } from './page/figures.js';
import { agreement, checks, ranges, robustness, stability } from './page/limits.js';
import { modelHashes, readLogs } from './page/logs.js';
import { cutOuts } from './page/scores.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    results: { type: 'string', default: 'docs/results' },
    /** Also write the model card into the model's folder. */
    card: { type: 'boolean', default: false },
  },
});
const { description, hash } = await readModel(options.model);
const logs = readLogs(options.results, description.knowledge);
const same = [hash, hashWithoutPopulation(options.model)];
const strangers = modelHashes(logs).filter((other) => !same.includes(other));
const warning =
  strangers.length > 0
    ? '> **These numbers are not all of the model that lies in the model folder**: some logs were made with another one.'
    : '';
const page = [
  `# Results of ${description.name} ${description.version}`,
  'Research use only. Not a medical device. This page is generated (`docs/results/page.ts`) from the logs in `docs/results/logs`; nothing on it is written by hand except the sentences.',
  ...(warning ? [warning] : []),
  wholeBrains(logs),
  reached(logs),
  supported(logs),
  gains(logs),
  agreement(logs),
  ranges(logs),
  cutOuts(logs),
  NOT_REPEATED,
  ablation(logs),
  checks(logs),
  stability(logs),
  robustness(logs),
  data(logs),
  training(logs),
  REPRODUCE,
];
const figures = join(options.results, 'figures');
mkdirSync(figures, { recursive: true });
if (logs.testCutOuts) writeFileSync(join(figures, 'dice.svg'), await diceFigure(logs.testCutOuts.summary));
writeFileSync(join(options.results, 'README.md'), `${page.join('\n\n')}\n`);
if (options.card) writeFileSync(join(options.model, 'CARD.md'), modelCard(description, logs));

/** The model's hash before it said whom it was trained on, which changes no number: these logs are older than that. */
function hashWithoutPopulation(folder: string): string {
  const parsed = JSON.parse(readFileSync(join(folder, MODEL_FILE), 'utf8'));
  const { population: _, ...knowledge } = parsed.knowledge;
  const text = `${JSON.stringify({ ...parsed, knowledge }, null, 2)}\n`;
  const weights = readFileSync(join(folder, WEIGHTS_FILE));
  return createHash('sha256').update(text).update(weights).digest('hex');
}
