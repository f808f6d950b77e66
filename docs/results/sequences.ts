/**
 * Fits and measures the classifier of the four sequences by whole-brain features (`src/recognise/sequenceByVoxels.ts`):
 * `npx tsx docs/results/sequences.ts --data DATA [--out resources/sequences/weights.json]`.
 * Fitted on training patients and changed copies of their images, its strength of regularisation and the margin chosen by five-fold
 * cross-validation over them; nothing is chosen on validation or test images.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { brainFeatures, FEATURES } from '../../src/recognise/brainFeatures.js';
import {
  type LogProbabilities,
  logProbabilities,
  misnamed,
  type SequenceWeights,
} from '../../src/recognise/sequenceByVoxels.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { randomStream } from '../../src/training/random.js';
import { changedCopy, coarseImage, type FoundImage, imagesOf, readImage } from './measure/sequenceImages.js';
import { fitSoftmax } from './measure/softmax.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    split: { type: 'string', default: 'docs/results/split.json' },
    /** Changed copies of each image. */
    copies: { type: 'string', default: '3' },
    /** Features are kept here while this is being worked on; not committed. */
    cache: { type: 'string', default: 'out/sequences-features.json' },
    /** `0/2`: every second image, beginning with the first; only fills the cache. */
    part: { type: 'string' },
    out: { type: 'string', default: 'resources/sequences/weights.json' },
  },
});

interface Row extends Omit<FoundImage, 'file'> {
  /** 0: as it is. */
  readonly copy: number;
  readonly features: readonly number[] | null;
}

const split = JSON.parse(readFileSync(options.split, 'utf8')) as Record<string, string[]>;
const [part, parts] = (options.part ?? '0/1').split('/').map(Number);
const cache = options.part ? `${options.cache}.${part}` : options.cache;
mkdirSync(dirname(cache), { recursive: true });

async function measured(): Promise<Row[]> {
  if (existsSync(cache)) return (JSON.parse(readFileSync(cache, 'utf8')) as { rows: Row[] }).rows;
  const rows: Row[] = [];
  for (const [n, found] of imagesOf(options.data, split).entries()) {
    if (n % parts !== part) continue;
    const { file: _, ...about } = found;
    const image = await readImage(found);
    rows.push({ ...about, copy: 0, features: brainFeatures(image) });
    const coarse = coarseImage(image);
    for (let copy = 1; copy <= Number(options.copies); copy++)
      rows.push({ ...about, copy, features: brainFeatures(changedCopy(coarse, randomStream(1, n, copy))) });
    process.stderr.write(`${found.name} ${found.sequence}: ${rows.length} rows\n`);
  }
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify({ features: FEATURES, rows }));
  return rows;
}

interface Judged extends Omit<Row, 'features'> {
  readonly probabilities: LogProbabilities | null;
}

const FOLDS = 5;
const PENALTIES = [1e-3, 3e-3, 1e-2];
/** False alarms among rightly named training images, each patient judged by a fit on others, that the margin allows. */
const FALSE_ALARMS = 0.01;

const known = (rows: readonly Row[]) =>
  rows.flatMap((row) => (row.features ? [{ ...row, features: row.features }] : []));

function judge(rows: readonly Row[], weights: SequenceWeights): Judged[] {
  return rows.map(({ features, ...about }) => ({
    ...about,
    probabilities: features && logProbabilities(features, weights),
  }));
}

/** Each patient judged by a fit on the others. */
function crossValidated(rows: readonly Row[], penalty: number): Judged[] {
  const patients = [...new Set(rows.map(({ name }) => name))].sort();
  const order = randomStream(2).permutation(patients.length);
  const fold = new Map(patients.map((name, n) => [name, order[n] % FOLDS]));
  return Array.from({ length: FOLDS }).flatMap((_, f) => {
    const weights = fitSoftmax(known(rows.filter(({ name }) => fold.get(name) !== f)), penalty);
    return judge(
      rows.filter(({ name }) => fold.get(name) === f),
      { ...weights, farthest: Number.POSITIVE_INFINITY },
    );
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How much more probable the best other name of an image is than the one it is given. */
function against({ probabilities }: Judged, name: Modality): number {
  return Math.max(...MODALITIES.map((m) => probabilities![m])) - probabilities![name];
}

/** Alarms over every image under its own name, and under each of the three wrong ones. */
function alarms(judged: readonly Judged[], margin: number) {
  const seen = judged.filter(({ probabilities }) => probabilities);
  const rightly = seen.filter((one) => misnamed({ [one.sequence]: one.probabilities! }, margin).length > 0);
  const pairs = MODALITIES.flatMap((is) =>
    MODALITIES.flatMap((named) => {
      const of = seen.filter(({ sequence }) => sequence === is && is !== named);
      const found = of.filter((one) => misnamed({ [named]: one.probabilities! }, margin).length > 0);
      return of.length > 0 ? [{ is, named, of: of.length, found: found.length }] : [];
    }),
  );
  return {
    images: judged.length,
    notKnown: judged.length - seen.length,
    falseAlarms: rightly.map(
      ({ set, name, sequence, copy }) => `${set}/${name} ${sequence}${copy ? ` copy ${copy}` : ''}`,
    ),
    pairs,
  };
}

function confusion(judged: readonly Judged[]) {
  return Object.fromEntries(
    MODALITIES.map((is) => [
      is,
      Object.fromEntries(
        [...MODALITIES, 'not known' as const].map((looks) => [
          looks,
          judged.filter(({ sequence, probabilities: p }) => {
            const best = p ? MODALITIES.reduce((a, b) => (p[b] > p[a] ? b : a)) : 'not known';
            return sequence === is && best === looks;
          }).length,
        ]),
      ),
    ]),
  );
}

function print(title: string, judged: readonly Judged[], margin: number): void {
  const { images, notKnown, falseAlarms, pairs } = alarms(judged, margin);
  process.stdout.write(
    `\n${title}: ${images} images, ${notKnown} not known, ${falseAlarms.length} false alarms\n`,
  );
  process.stdout.write(`${falseAlarms.slice(0, 12).join('; ')}\n`);
  console.table(confusion(judged));
  for (const { is, named, of, found } of pairs)
    process.stdout.write(`${is} called ${named}: ${found} of ${of}\n`);
  const [found, of] = [
    pairs.reduce((sum, one) => sum + one.found, 0),
    pairs.reduce((sum, one) => sum + one.of, 0),
  ];
  process.stdout.write(`found ${found} of ${of} (${((100 * found) / of).toFixed(1)} %)\n`);
}

const rows = await measured();
if (!options.part) {
  const train = rows.filter(({ side, features }) => side === 'train' && features);
  const tried = PENALTIES.map((penalty) => {
    const judged = crossValidated(train, penalty);
    const own = judged.filter(({ copy }) => copy === 0);
    return {
      penalty,
      judged,
      loss: mean(judged.map(({ probabilities: p, sequence }) => -p![sequence])),
      own: mean(own.map(({ probabilities: p, sequence }) => -p![sequence])),
    };
  });
  for (const { penalty, loss, own } of tried)
    process.stderr.write(`${penalty}: ${loss.toFixed(3)} ${own.toFixed(3)}\n`);
  const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
  const own = best.judged.filter(({ copy }) => copy === 0);
  const sorted = own.map((one) => against(one, one.sequence)).sort((a, b) => b - a);
  const margin = Number(sorted[Math.floor(FALSE_ALARMS * sorted.length)].toFixed(2));
  const fitted = fitSoftmax(known(train), best.penalty);
  const weights: SequenceWeights = {
    ...fitted,
    farthest: Number((1.1 * fitted.farthest).toFixed(2)),
    margin,
  };
  process.stdout.write(`penalty ${best.penalty}, margin ${margin}, farthest ${weights.farthest}\n`);
  print('training, each judged by others', own, margin);
  print(
    'changed copies of them',
    best.judged.filter(({ copy }) => copy > 0),
    margin,
  );
  for (const side of ['validation', 'test'] as const) {
    const of = judge(
      rows.filter((row) => row.side === side),
      weights,
    );
    print(
      side,
      of.filter(({ copy }) => copy === 0),
      margin,
    );
    print(
      `${side}, changed copies`,
      of.filter(({ copy }) => copy > 0),
      margin,
    );
  }
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(weights)}\n`);
}
