/**
 * Would a second pass tell which masks are poor? Whole brains of validation and test patients through the network once more, mirrored left to
 * right and moved by 0.3 mm; how far the masks agree with the first, beside how good those are:
 * `npx tsx docs/results/mirrored.ts [--keep FOLDER]`. Writes docs/results/logs/mirrored.json; `failuresPage.ts` reads it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { dice, overlapOf } from '../../src/masks/dice.js';
import { regionMask } from '../../src/masks/schemes.js';
import { rounded } from '../../src/measure/knowledge.js';
import { removeSpecks } from '../../src/segment/cleanUp.js';
import { combine } from '../../src/segment/combine.js';
import { bitsOf, fusionOf } from '../../src/segment/fusion.js';
import { computeLogits } from '../../src/segment/logits.js';
import { combinationName, MODALITIES, perRegion } from '../../src/terms.js';
import { affineOf } from '../../src/volume/tuples.js';
import { brainsOf, readBrain, sidesBy } from './measure/brains.js';
import { openModel } from './measure/cases.js';
import { caseOf, mirrored, type Subject } from './measure/changes.js';
import { keptMask } from './measure/keptMasks.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/model' },
    data: { type: 'string', default: '../shared/data' },
    sets: { type: 'string', default: 'brains,whole,raw' },
    split: { type: 'string', default: 'docs/results/split.json' },
    out: { type: 'string', default: 'docs/results/logs/mirrored.json' },
    threads: { type: 'string', default: '2' },
    /** Where the network's masks are kept. */
    keep: { type: 'string' },
  },
});
const SHIFT_MM = 0.3;

const { model, engine } = await openModel(options.model, Number(options.threads));
const { description } = model;
const sideOf = sidesBy(options.split);
const rows: object[] = [];
for (const brain of options.sets.split(',').flatMap((set) => brainsOf(options.data, set))) {
  const side = sideOf(brain);
  if (side !== 'validation' && side !== 'test') continue;
  const subject = await readBrain(brain);
  const about = [brain.set, brain.name];
  const own = await maskOf(subject, [...about, 'sound']);
  const others = {
    mirrored: mirrored(
      await maskOf(flipped(subject), [...about, 'flipped for stability']),
      subject.grid.size,
    ),
    shifted: await maskOf(shifted(subject), [...about, 'shifted for stability']),
  };
  const { size } = subject.grid;
  const alike = (a: Uint8Array, b: Uint8Array) =>
    perRegion((_, region) =>
      rounded(
        dice(
          overlapOf(
            regionMask({ data: a, size }, region, 'brats'),
            regionMask({ data: b, size }, region, 'brats'),
          ),
        ),
      ),
    );
  rows.push({
    ...{ name: brain.name, side, dice: alike(own, subject.truth) },
    ...{ mirrored: alike(own, others.mirrored), shifted: alike(own, others.shifted) },
  });
  save();
  process.stderr.write(`${brain.name}\n`);
}
await engine.dispose();
function save(): void {
  const { name, version } = description;
  const log = { kind: 'mirrored', model: { name, version, hash: model.hash }, rows };
  writeFileSync(options.out, `${JSON.stringify(log)}\n`);
}

function flipped(subject: Subject): Subject {
  const images = Object.entries(subject.images).map(([m, data]) => [m, mirrored(data, subject.grid.size)]);
  return { ...subject, images: Object.fromEntries(images) };
}

/** The head elsewhere on the model's lattice: the voxels stay. */
function shifted(subject: Subject): Subject {
  const affine = Array.from(subject.grid.affine);
  for (const row of [12, 13, 14]) affine[row] += SHIFT_MM;
  return { ...subject, grid: { ...subject.grid, affine: affineOf(affine) } };
}

async function maskOf(subject: Subject, made: readonly string[]): Promise<Uint8Array> {
  const present = MODALITIES.filter((m) => subject.images[m]);
  const maker = JSON.stringify({ ...description, knowledge: null });
  const { labels } = await keptMask(options.keep, [maker, ...made, combinationName(present)], async () => {
    const logits = await computeLogits(caseOf(subject, 'case'), model, engine);
    const all = bitsOf(present, present);
    const { labels: masks, patterns } = await combine(logits, subject.grid, fusionOf(description, present), [
      all,
    ]);
    return { labels: masks.get(all)!, patterns };
  });
  removeSpecks(labels, subject.grid, description.cleanUp);
  return labels;
}
