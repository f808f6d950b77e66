/**
 * Measures a model on the validation patients and writes what follows into its model.json:
 * `npx tsx docs/results/knowledge.ts --model MODEL --out docs/results/logs/validation.json [--write]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { addOverlaps, dice } from '../../src/evaluate/dice.js';
import { byRegion } from '../../src/evaluate/scores.js';
import { mean } from '../../src/evaluate/statistics.js';
import { MODEL_FILE } from '../../src/model/model.js';
import { modelSchema } from '../../src/model/schema.js';
import { REGIONS, type Region } from '../../src/terms.js';
import { openDataset } from '../../src/training/dataset.js';
import { predictCase } from '../../src/training/predictCase.js';
import { verifyDataset } from '../../src/training/verify.js';
import { type CaseRecord, measureCase, openModel, predictedCases } from './measure/cases.js';
import {
  agreementFlagsOf,
  combinationsOf,
  gainsOf,
  rangesOf,
  rounded,
  withdrawnBy,
  withoutSupport,
} from './measure/knowledge.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    split: { type: 'string', default: 'docs/results/split.json' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'docs/results/logs/validation.json' },
    threads: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const opened = await openModel(options.model, Number(options.threads));
const { description, hash } = opened.model;
const records: CaseRecord[] = [];
const folders = ['brats2020-cubes', 'partial'].map((name) => join(options.data, name));
for await (const predicted of predictedCases(opened, folders, { file: options.split, side: 'validation' })) {
  records.push(...(await measureCase(predicted, description)));
}
const others: CaseRecord[] = [];
const test = { file: options.split, side: 'test' } as const;
for await (const predicted of predictedCases(opened, [join(options.data, 'whole')], test)) {
  others.push(...(await measureCase(predicted, description)));
}
const elsewhere = await verifyDataset(await openDataset(join(options.data, 'raw/TCGA-FG-6692/stripped')));
for (const one of elsewhere.cases) {
  const records = await measureCase(
    await predictCase(elsewhere, one, opened.model, opened.engine, { force: true }),
    description,
  );
  others.push(...records.map((record) => ({ ...record, name: 'TCGA-FG-6692' })));
}
await opened.engine.dispose();

const validated = combinationsOf(records);
const withdrawn = withdrawnBy(others, validated);
const combinations = withoutSupport(validated, withdrawn);
const ranges = rangesOf(records, combinations);
const flags = agreementFlagsOf(records);
const knowledge = {
  combinations,
  volumeRanges: ranges.ranges,
  gains: gainsOf(records),
  agreementFlags: flags.flags,
};
const patients = (kind: CaseRecord['kind']) =>
  new Set(records.filter((record) => record.kind === kind).map(({ patient }) => patient)).size;
const seenWhole = (region: Region) => {
  const own = records.filter(({ kind, members }) => kind === 'cut-out' && members.length === 1);
  const cut = new Set(own.filter(({ regions }) => regions[region].cut).map(({ patient }) => patient));
  return patients('cut-out') - cut.size;
};
const log = {
  kind: 'validation',
  model: { name: description.name, version: description.version, hash },
  patients: { cutOuts: patients('cut-out'), wholeCases: patients('whole') },
  /** Patients none of whose cut-outs cuts the region. */
  seenWhole: byRegion((region) => seenWhole(region)),
  meanDice: byRegion((region) => rounded(mean(Object.values(combinations).map((c) => c[region].dice!.mean)))),
  ...knowledge,
  withdrawn,
  rangesOnWholeCases: { coverage: ranges.wholeCases, dropped: ranges.dropped },
  agreement: flags.found,
  wholeCases: records
    .filter(({ kind }) => kind === 'whole')
    .map(({ name, combination, regions }) => ({
      name,
      combination,
      dice: byRegion((region) => rounded(dice(addOverlaps([regions[region].overlap])))),
      falseMl: byRegion((region) => {
        const { overlap, foundMl } = regions[region];
        const found = overlap.truePositives + overlap.falsePositives;
        return found === 0 ? 0 : rounded((overlap.falsePositives * foundMl) / found);
      }),
    })),
};
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(log, null, 2)}\n`);
console.log(
  `mean of the combinations, cut-outs: ${REGIONS.map((r) => `${r} ${log.meanDice[r]}`).join(', ')}`,
);

if (options.write) {
  const file = join(options.model, MODEL_FILE);
  const before = modelSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const after = modelSchema.parse({ ...before, knowledge: { ...before.knowledge, ...knowledge } });
  writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
}
