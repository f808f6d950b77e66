/**
 * What a model finds when images are changed, come from another scanner, are mixed up, or show no tumour, and what the
 * app says: `npx tsx docs/results/robustness.ts --model MODEL --out docs/results/logs/robustness.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { lookAtImages } from '../../src/checks/checkWarnings.js';
import { imageWarnings } from '../../src/checks/imageWarnings.js';
import { describeWarning } from '../../src/contract/warnings.js';
import { byRegion } from '../../src/evaluate/scores.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { dice, overlapOf } from '../../src/masks/dice.js';
import { regionMask } from '../../src/masks/schemes.js';
import { rounded } from '../../src/measure/knowledge.js';
import { findingsOf } from '../../src/pipeline/findings.js';
import { prepareCase } from '../../src/prepare/case.js';
import { removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { computeLogits } from '../../src/segment/logits.js';
import { combinationName, MODALITIES, type Modality, type Region } from '../../src/terms.js';
import { randomStream } from '../../src/training/random.js';
import { voxelVolume } from '../../src/volume/affine.js';
import { readLabelMap } from '../../src/volume/read.js';
import { openModel } from './measure/cases.js';
import { CHANGES, caseOf, healthyHalves, type Subject } from './measure/changes.js';

/** Below this Dice of the whole tumour an unchanged case fails. */
const POOR_DICE = 0.7;
/** Dice of the whole tumour that is lost before a change counts as a failure, and false tumour in a brain without one. */
const LOST_DICE = 0.1;
const FALSE_ML = 5;

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    data: { type: 'string', default: '../shared/data' },
    healthy: { type: 'string', default: '/usr/share/mricron/templates/ch2bet.nii.gz' },
    out: { type: 'string', default: 'docs/results/logs/robustness.json' },
    threads: { type: 'string', default: '2' },
    /** Only the subjects whose name holds this. */
    only: { type: 'string', default: '' },
  },
});

interface Result {
  readonly subject: string;
  readonly change: string;
  readonly combination: string;
  /** Null where there is no tumour. */
  readonly dice: Record<Region, number> | null;
  readonly foundMl: Record<Region, number>;
  readonly falseMl: Record<Region, number>;
  readonly warnings: { readonly code: string; readonly text: string }[];
}

const { model, engine } = await openModel(options.model, Number(options.threads));
const { description } = model;
const results: Result[] = [];
const SUBJECTS = [
  { name: 'BraTS19_CBICA_ABM_1', folder: join(options.data, 'whole/BraTS19_CBICA_ABM_1') },
  {
    name: 'TCGA-FG-6692 (another scanner, 5.5 mm slices)',
    folder: join(options.data, 'raw/TCGA-FG-6692/stripped'),
  },
].filter(({ name }) => name.includes(options.only));
for (const { name, folder } of SUBJECTS) {
  const subject = await read(folder);
  const alone = MODALITIES.map((m): Modality[] => [m]);
  await measure(name, 'none', subject, [[...MODALITIES], ...alone]);
  for (const change of CHANGES) {
    await measure(name, change.name, change.apply(subject, randomStream(1)), [[...MODALITIES]]);
  }
  const healthy = healthyHalves(subject);
  if (healthy) await measure(name, 'tumour-free half, mirrored', healthy, [[...MODALITIES], ...alone]);
}
if (options.only === '') {
  const prepared = await prepareCase(await openStudy([options.healthy], { t1: options.healthy }), {
    force: true,
  });
  const truth = new Uint8Array(prepared.images.t1!.data.length);
  const colin = { grid: prepared.grid, images: { t1: prepared.images.t1!.data }, truth };
  await measure('Colin 27 (healthy, another scanner)', 'none', colin, [['t1']]);
}
await engine.dispose();
const known = results.filter((result) => isFailure(result) && result.warnings.length === 0);
const log = {
  kind: 'robustness',
  model: { name: description.name, version: description.version, hash: model.hash },
  failureMeans: { poorDice: POOR_DICE, lostDice: LOST_DICE, falseMlWithoutTumour: FALSE_ML },
  results,
  knownFailures: known.map(({ subject, change, combination }) => ({ subject, change, combination })),
};
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(log, null, 2)}\n`);

async function read(folder: string): Promise<Subject> {
  const study = await openStudy([folder]);
  const { grid, images } = await prepareCase(study, { force: true });
  const truth = await readLabelMap(study.masks[0].file);
  const data = MODALITIES.flatMap((m) => (images[m] ? [[m, images[m].data]] : []));
  return { grid, images: Object.fromEntries(data), truth: truth.data };
}

/** Masks of some combinations of a subject, scored, with what the app would say. */
async function measure(
  subject: string,
  change: string,
  changed: Subject,
  combinations: readonly Modality[][],
): Promise<void> {
  const prepared = caseOf(changed, subject);
  const logits = await computeLogits(prepared, model, engine);
  const present = logits.maps.map(({ modality }) => modality);
  const bits = combinations.map((members) => bitsOf(members, present));
  const { labels, patterns } = await combine(logits, prepared.grid, fusionOf(description, present), bits);
  const ml = voxelVolume(prepared.grid.affine) / 1000;
  for (const [i, members] of combinations.entries()) {
    const mask = labels.get(bits[i])!;
    const specks = removeSpecks(mask, prepared.grid, description.cleanUp);
    const found = { labels: mask, specks, members, patterns };
    const findings = findingsOf(found, present, prepared.grid, description);
    // As in the app: checks of the images belong to the case, and look at the mask of all its sequences.
    const images =
      members.length === present.length
        ? imageWarnings(prepared, await lookAtImages(prepared, description.normalisation), mask, description)
        : [];
    // Failures are counted by the whole tumour, so what is said of other regions does not warn of them.
    const warnings = [...images, ...findings.warnings].filter((warning) =>
      warning.code === 'REGION_NOT_SUPPORTED' ? warning.region === 'WT' : warning.code !== 'EMPTY_RESULT',
    );
    const overlaps = byRegion((region) =>
      overlapOf(
        regionMask({ data: mask, size: prepared.grid.size }, region, 'brats'),
        regionMask({ data: changed.truth, size: prepared.grid.size }, region, 'brats'),
      ),
    );
    const hasTumour = changed.truth.some((label) => label !== 0);
    results.push({
      subject,
      change,
      combination: combinationName(members),
      dice: hasTumour ? byRegion((region) => rounded(dice(overlaps[region]))) : null,
      foundMl: byRegion((region) => rounded(findings.volumes[region].ml)),
      falseMl: byRegion((region) => rounded(overlaps[region].falsePositives * ml)),
      warnings: warnings.map((warning) => ({ code: warning.code, text: describeWarning(warning) })),
    });
    const last = results[results.length - 1];
    console.log(
      subject,
      '|',
      change,
      '|',
      last.combination,
      JSON.stringify(last.dice ?? last.foundMl),
      warnings.map(({ code }) => code).join(' '),
    );
  }
}

/** Poor as it is, worse than the unchanged case by `LOST_DICE`, or false tumour where there is none. */
function isFailure({ subject, change, combination, dice: found, falseMl }: Result): boolean {
  if (!found) return falseMl.WT > FALSE_ML;
  if (change === 'none') return found.WT < POOR_DICE;
  const plain = results.find((one) => one.subject === subject && one.combination === combination);
  return plain?.dice !== null && plain !== undefined && plain.dice.WT - found.WT > LOST_DICE;
}
