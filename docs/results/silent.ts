/**
 * What the network makes of inputs that are wrong: whole brains as they are and with everything of `measure/failures`, masks scored against
 * the truth, with the numbers from which every warning and rating follows. `failuresPage.ts` rates them, so that changed cut-offs need no
 * new run. As docs/results/logs/silent.json was made:
 *
 *     npx tsx docs/results/silent.ts --sets brains,brains3,whole,partial,raw --kinds sound
 *     npx tsx docs/results/silent.ts --merge --sets brains,whole,raw --sides test --every 3
 *     npx tsx docs/results/silent.ts --merge --sets brains,whole,raw --sides test --kinds 'resection cavity'
 *     npx tsx docs/results/silent.ts --merge --sets atlas --sides none
 *     npx tsx docs/results/silent.ts --merge --sets brains,whole,raw --sides validation,test --kinds stroke
 *     npx tsx docs/results/silent.ts --merge --sets brains,whole,raw --sides test --kinds stroke
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { lookAtImages } from '../../src/checks/checkWarnings.js';
import { imageFacts } from '../../src/checks/imageWarnings.js';
import { dice, overlapOf } from '../../src/masks/dice.js';
import { regionMask } from '../../src/masks/schemes.js';
import { rounded } from '../../src/measure/knowledge.js';
import { countEnhancingLesions, removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf, type MemberBits } from '../../src/segment/fusion.js';
import { agreementOf, aloneOf } from '../../src/segment/influence.js';
import { layLattice } from '../../src/segment/lattice.js';
import { computeLogits, type LogitMap, type ModalityLogits } from '../../src/segment/logits.js';
import { combinationName, MODALITIES, type Modality, perRegion } from '../../src/terms.js';
import { randomStream } from '../../src/training/random.js';
import { voxelVolume } from '../../src/volume/affine.js';
import { type Brain, brainsOf, readBrain, sidesBy } from './measure/brains.js';
import { openModel } from './measure/cases.js';
import { caseOf, type Subject } from './measure/changes.js';
import { FAILURES } from './measure/failures/index.js';
import { keptMask } from './measure/keptMasks.js';
import { shortened } from './measure/shortened.js';
import type { Measured, SilentRow } from './page/rating.js';

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
    /** Only these kinds of failures, e.g. `bias field;noise`, or `sound`; all when absent. */
    kinds: { type: 'string' },
    /** Where the network's masks are kept, so that changed checks are measured again without it. */
    keep: { type: 'string' },
    /** Rows of the log that are not measured again stay. */
    merge: { type: 'boolean', default: false },
  },
});

const { model, engine } = await openModel(options.model, Number(options.threads));
const { description } = model;
const known = new WeakMap<Float32Array, Map<Modality, LogitMap>>();
const sideOf = sidesBy(options.split);
const ATLAS = { kind: 'no tumour', strength: 1, what: 'the head of an atlas, T1 alone' };
const earlier = readEarlier();
const kinds = options.kinds?.split(';');
const wants = (kind: string) => !kinds || kinds.includes(kind);
const rows: SilentRow[] = [];
const [part, parts] = options.part.split('/').map(Number);
const sides = options.sides.split(',');
const all = options.sets.split(',').flatMap((set) => brainsOf(options.data, set));
const brains = all.filter((one) => sides.includes(sideOf(one)));
for (const [n, brain] of brains.entries()) {
  if (n % parts !== part) continue;
  const subject = await readBrain(brain);
  const about = { set: brain.set, name: brain.name, side: sideOf(brain) };
  const made = [brain.set, brain.name];
  // Heads that atlases were made of have no tumour.
  const sound = brain.set === 'atlas' ? ATLAS : { kind: 'sound', strength: 0, what: '' };
  if (wants(sound.kind)) rows.push({ ...about, ...sound, ...(await measure(subject, [...made, 'sound'])) });
  if (brain.set !== 'atlas') await measureFailures(brain, n, subject);
  process.stderr.write(`${brain.name}: ${rows.length} rows\n`);
  save();
}
await engine.dispose();

async function measureFailures(brain: Brain, n: number, subject: Subject): Promise<void> {
  const lender = brains.find((one) => one !== brain && one.set === brain.set) ?? brains[0];
  const other = await readBrain(lender);
  for (const [f, { kind, strength, what, make, only: checks }] of FAILURES.entries()) {
    if ((n + f) % Number(options.every) !== 0 || checks === 'result' || !wants(kind)) continue;
    const failed = make(subject, randomStream(1, n, f), other);
    if (!failed) continue;
    for (const members of kind === 'no tumour' ? subsetsOf(failed) : [MODALITIES])
      rows.push({
        ...{ set: brain.set, name: brain.name, side: sideOf(brain), kind, strength, what },
        ...(await measure(only(failed, members), [brain.set, brain.name, kind, what, n, f])),
      });
  }
}

/** The rows of this run, after those of an earlier one that were not measured again. */
function save(): void {
  const { name, version } = description;
  const log = { kind: 'silent', model: { name, version, hash: model.hash } };
  const key = (row: SilentRow) => [row.set, row.name, row.kind, row.what, row.combination].join('|');
  const anew = new Set(rows.map(key));
  const kept = earlier.filter((row) => !anew.has(key(row)));
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ ...log, rows: [...kept, ...rows] }, shortened)}\n`);
}

function readEarlier(): readonly SilentRow[] {
  if (!options.merge || !existsSync(options.out)) return [];
  const log = JSON.parse(readFileSync(options.out, 'utf8'));
  if (log.model.hash !== model.hash) throw new Error(`${options.out} is of another model`);
  return log.rows;
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
 * The mask of all of a subject's sequences, scored, with the numbers that all warnings and the rating follow from.
 *
 * @param made which subject this is, and what was done to it.
 */
async function measure(subject: Subject, made: readonly (string | number)[]): Promise<Measured> {
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
  removeSpecks(mask, subject.grid, description.cleanUp);
  const started = process.cpuUsage();
  const looked = await lookAtImages(prepared, description.normalisation);
  const before = process.cpuUsage(started);
  const facts = imageFacts(prepared, looked, mask, description);
  const both = process.cpuUsage(started);
  const [look, whole] = [before, both].map(({ user, system }) => rounded((user + system) / 1e6));
  const { size, affine } = subject.grid;
  const ml = voxelVolume(affine) / 1000;
  const regions = perRegion((_, region) => {
    const overlap = overlapOf(
      regionMask({ data: mask, size }, region, 'brats'),
      regionMask({ data: subject.truth, size }, region, 'brats'),
    );
    return {
      dice: overlap.truePositives + overlap.falseNegatives === 0 ? null : rounded(dice(overlap)),
      ml: rounded((overlap.truePositives + overlap.falsePositives) * ml),
      trueMl: rounded((overlap.truePositives + overlap.falseNegatives) * ml),
      falseMl: rounded(overlap.falsePositives * ml),
    };
  });
  return {
    combination: combinationName(present),
    regions,
    agreement: agreementOf(patterns, present, present),
    alone: aloneOf(patterns, present, present),
    enhancingLesions: countEnhancingLesions(mask, subject.grid, description.cleanUp.minimumMl.ET),
    facts,
    seconds: [look, rounded(whole - look)],
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
