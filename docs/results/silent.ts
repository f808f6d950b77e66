/**
 * What the network makes of inputs that are wrong, and what the app says of it: whole brains of validation and test patients as they are
 * and with everything of `measure/failures`, masks scored against the truth, with every warning and rating that a user would see:
 * `npx tsx docs/results/silent.ts --out docs/results/logs/silent.json [--part 0/4] [--sides test] [--kinds 'bias field;noise'] [--every 3]`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Warning } from '../../src/contract/results.js';
import { ratingsOf } from '../../src/contract/trust.js';
import { dice, overlapOf } from '../../src/masks/dice.js';
import { regionMask } from '../../src/masks/schemes.js';
import { rounded } from '../../src/measure/knowledge.js';
import { lookAtImages } from '../../src/pipeline/checkWarnings.js';
import { findingsOf } from '../../src/pipeline/findings.js';
import { imageWarnings } from '../../src/pipeline/warnings.js';
import { removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf, type MemberBits } from '../../src/segment/fusion.js';
import { layLattice } from '../../src/segment/lattice.js';
import { computeLogits, type LogitMap, type ModalityLogits } from '../../src/segment/logits.js';
import { combinationName, MODALITIES, type Modality, perRegion } from '../../src/terms.js';
import { randomStream } from '../../src/training/random.js';
import { voxelVolume } from '../../src/volume/affine.js';
import { brainsOf, readBrain, sidesBy } from './measure/brains.js';
import { openModel } from './measure/cases.js';
import { caseOf, type Subject } from './measure/changes.js';
import { FAILURES } from './measure/failures/index.js';
import { keptMask } from './measure/keptMasks.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    data: { type: 'string', default: '../shared/data' },
    sets: { type: 'string', default: 'brains,brains3,whole,raw' },
    split: { type: 'string', default: 'docs/results/split.json' },
    sides: { type: 'string', default: 'validation,test' },
    out: { type: 'string', default: 'docs/results/logs/silent.json' },
    threads: { type: 'string', default: '2' },
    /** `2/8`: every eighth brain, beginning with the third. */
    part: { type: 'string', default: '0/1' },
    /** Each failure is made of every so many-th brain, another one for each. */
    every: { type: 'string', default: '1' },
    /** Only these kinds of failures; all when absent. `sound` is always measured. */
    kinds: { type: 'string' },
    /** Where the network's masks are kept, so that changed checks are measured again without it. */
    keep: { type: 'string' },
  },
});

const { model, engine } = await openModel(options.model, Number(options.threads));
const { description } = model;
const known = new WeakMap<Float32Array, Map<Modality, LogitMap>>();
const sideOf = sidesBy(options.split);
const rows: object[] = [];
const [part, parts] = options.part.split('/').map(Number);
const sides = options.sides.split(',');
const all = options.sets.split(',').flatMap((set) => brainsOf(options.data, set));
const brains = all.filter((one) => sides.includes(sideOf(one)));
for (const [n, brain] of brains.entries()) {
  if (n % parts !== part) continue;
  const subject = await readBrain(brain);
  const lender = await readBrain(
    brains.filter((one) => one !== brain && one.set === brain.set)[0] ?? brains[0],
  );
  const about = { set: brain.set, name: brain.name, side: sideOf(brain) };
  const sound = { ...about, kind: 'sound', strength: 0, what: '' };
  rows.push({ ...sound, ...(await measure(subject, [brain.set, brain.name, 'sound'])) });
  for (const [f, { kind, strength, what, make, only: checks }] of FAILURES.entries()) {
    if ((n + f) % Number(options.every) !== 0) continue;
    if (checks === 'result' || (options.kinds && !options.kinds.split(';').includes(kind))) continue;
    const made = make(subject, randomStream(1, n, f), lender);
    if (!made) continue;
    for (const members of kind === 'no tumour' ? subsetsOf(made) : [MODALITIES])
      rows.push({
        ...about,
        kind,
        strength,
        what,
        ...(await measure(only(made, members), [brain.set, brain.name, kind, what, n, f])),
      });
    save();
  }
  process.stderr.write(`${brain.name}: ${rows.length} rows\n`);
  save();
}
await engine.dispose();

function save(): void {
  const { name, version } = description;
  mkdirSync(dirname(options.out), { recursive: true });
  const log = { kind: 'silent', model: { name, version, hash: model.hash }, rows };
  writeFileSync(options.out, `${JSON.stringify(log)}\n`);
}

/** All combinations of a subject's sequences. */
function subsetsOf({ images }: Subject): Modality[][] {
  const present = MODALITIES.filter((m) => images[m]);
  return Array.from({ length: (1 << present.length) - 1 }, (_, n) =>
    present.filter((_, m) => (n + 1) & (1 << m)),
  );
}

/** A subject with these of its sequences alone. */
function only(subject: Subject, members: readonly Modality[]): Subject {
  const kept = MODALITIES.filter((m) => members.includes(m) && subject.images[m]);
  return { ...subject, images: Object.fromEntries(kept.map((m) => [m, subject.images[m]])) };
}

/**
 * The mask of all of a subject's sequences, scored, with what the app says of it.
 *
 * @param made which subject this is, and what was done to it.
 */
async function measure(subject: Subject, made: readonly (string | number)[]) {
  const prepared = caseOf(subject, 'case');
  const present = MODALITIES.filter((m) => subject.images[m]);
  const all: MemberBits = bitsOf(present, present);
  // What a model knows of itself changes no mask; the rest names its weights by their hash.
  const maker = JSON.stringify({ ...description, knowledge: null });
  const key = [maker, ...made, combinationName(present)];
  const { labels: mask, patterns } = await keptMask(options.keep, key, async () => {
    const fusion = fusionOf(description, present);
    const { labels, patterns } = await combine(await logitsOf(subject), subject.grid, fusion, [all]);
    return { labels: labels.get(all)!, patterns };
  });
  const specks = removeSpecks(mask, subject.grid, description.cleanUp);
  const findings = findingsOf(
    { labels: mask, specks, members: present, patterns },
    present,
    subject.grid,
    description,
  );
  const started = performance.now();
  const looked = await lookAtImages(prepared, description.normalisation);
  const middle = performance.now();
  const images = imageWarnings(prepared, looked, mask, description);
  const seconds = [middle - started, performance.now() - middle].map((ms) => rounded(ms / 1000));
  const warnings: Warning[] = [...images, ...findings.warnings];
  const ratings = ratingsOf(findings, images);
  const { size, affine } = subject.grid;
  const ml = voxelVolume(affine) / 1000;
  const regions = perRegion((_, region) => {
    const { supported, expected, ml: found } = findings.volumes[region];
    const overlap = overlapOf(
      regionMask({ data: mask, size }, region, 'brats'),
      regionMask({ data: subject.truth, size }, region, 'brats'),
    );
    const trueMl = (overlap.truePositives + overlap.falseNegatives) * ml;
    return {
      supported,
      dice: trueMl === 0 ? null : rounded(dice(overlap)),
      ml: rounded(found),
      trueMl: rounded(trueMl),
      falseMl: rounded(overlap.falsePositives * ml),
      expected: expected && rounded(expected.dice),
      agreement: findings.agreement[region],
      rating: ratings[region]?.rating ?? 'unknown',
    };
  });
  return {
    combination: combinationName(present),
    regions,
    warnings: warnings.map((warning) => {
      const { code } = warning;
      return 'check' in warning
        ? `${code} ${warning.check}`
        : 'region' in warning
          ? `${code} ${warning.region}`
          : code;
    }),
    /** Of the checks beside the network, and of those after it. */
    seconds,
  };
}

/** Each image goes through the network once under each name. */
async function logitsOf(subject: Subject): Promise<ModalityLogits> {
  const maps: LogitMap[] = [];
  for (const m of MODALITIES) {
    const data = subject.images[m];
    if (!data) continue;
    const byName = known.get(data) ?? new Map<Modality, LogitMap>();
    known.set(data, byName);
    if (!byName.has(m)) {
      const alone = await computeLogits(caseOf(only(subject, [m]), 'case'), model, engine);
      byName.set(m, alone.maps[0]);
    }
    maps.push(byName.get(m)!);
  }
  const lattice = layLattice(subject.grid, description.grid);
  return { lattice, outsideLogit: description.patch.outsideLogit, maps, passSeconds: [] };
}
