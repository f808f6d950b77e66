import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { TrainRequest } from '../contract/training.js';
import { trainValues } from '../contract/trainOrder.js';
import { QuorumError } from '../errors.js';
import { refuseOutputInsideInput } from '../export/output.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import { type JobContext, partOf } from '../jobs/context.js';
import { type DatasetCase, openDataset } from '../training/dataset.js';
import { foldSplit, readSplit, type Side } from '../training/split.js';
import { configOf, writeConfig } from './config.js';
import { type RunDice, readDice } from './dice.js';
import { type FoldsSummary, foldsTable, summariseFolds } from './foldsSummary.js';
import { runTrainJob } from './trainJob.js';

/** Cross-validation: one training a fold, each fold validating once. */
export interface FoldsOrder {
  /** A split file in it names a test side, which is in no fold. */
  readonly request: TrainRequest;
  readonly folds: number;
}

export interface FoldsResult {
  readonly kind: 'folds';
  readonly folder: string;
  readonly summary: FoldsSummary;
  /** The table as Markdown. */
  readonly table: string;
  /** Names of the files with the summary. */
  readonly files: readonly string[];
}

type SplitNames = Readonly<Record<Side, readonly string[]>>;

/**
 * Trains every fold, one after the other, into `<output>/fold-<k>` and `fold-<k>.run`, and puts their validations together. Patients are
 * dealt out as `foldSplit` does it and written as split files. Called again, it goes on: finished folds are passed over, the one that was
 * under way continues from its checkpoint.
 *
 * @throws QuorumError REQUEST_INVALID for a folder of runs of one's own; OUTPUT_EXISTS for a folder of something else;
 * CHECKPOINT_INVALID for one with other folds or another plan; SPLIT_INVALID; what `runTrainJob` throws.
 */
export async function runFoldsJob(
  { request, folds }: FoldsOrder,
  verdictFolder: string,
  context: JobContext,
): Promise<FoldsResult> {
  const folder = resolve(request.output);
  if (request.runFolder !== null) {
    const expected = 'none: each fold has its own, beside its model';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'run', expected, found: request.runFolder });
  }
  await refuseOutputInsideInput(
    folder,
    request.datasets.map((dataset) => resolve(dataset.folder)),
  );
  const splits = await splitsOf(request, folds);
  await begin(folder, { request, folds }, splits);
  const dice: RunDice[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const report = partOf(context.report, fold / folds, (fold + 1) / folds);
    dice.push(
      await foldDice(folder, fold, request, verdictFolder, {
        signal: context.signal,
        report: (stage, share, details) => report(`fold ${fold} of ${folds}: ${stage}`, share, details),
      }),
    );
  }
  const summary = summariseFolds(dice);
  const table = foldsTable(summary);
  await writeText(join(folder, 'folds.json'), `${JSON.stringify({ kind: 'folds', ...summary }, null, 2)}\n`);
  await writeText(join(folder, 'folds.md'), table);
  return { kind: 'folds', folder, summary, table, files: ['folds.json', 'folds.md'] };
}

/** Trains one fold, unless it is finished, and reads its Dice. */
async function foldDice(
  folder: string,
  fold: number,
  request: TrainRequest,
  verdictFolder: string,
  context: JobContext,
): Promise<RunDice> {
  const output = join(folder, `fold-${fold}`);
  const own: TrainRequest = {
    ...request,
    split: { file: splitFile(folder, fold) },
    output,
    runFolder: null,
    name: `${request.name ?? basename(folder)}-fold-${fold}`,
  };
  const finished = await readDice(`${output}.run`);
  if (finished) return finished;
  await runTrainJob(own, verdictFolder, context);
  const dice = await readDice(`${output}.run`);
  if (!dice) throw new QuorumError({ code: 'FILE_NOT_FOUND', file: `${output}.run`, expected: 'dice.json' });
  const score = dice.validation?.score;
  context.report(`finished${score == null ? '' : `: mean Dice ${score.toFixed(3)}`}`, 1);
  return dice;
}

async function splitsOf({ datasets, split, seed }: TrainRequest, folds: number): Promise<SplitNames[]> {
  const cases: DatasetCase[] = [];
  for (const { folder } of datasets) cases.push(...(await openDataset(resolve(folder))).cases);
  const sides = split && 'file' in split ? await readSplit(split.file, cases) : null;
  const dealt = sides ? [...sides.train, ...sides.validation] : cases;
  const patients = (side: readonly DatasetCase[]) => [...new Set(side.map(({ patient }) => patient))].sort();
  return Array.from({ length: folds }, (_, fold) => {
    const { train, validation } = foldSplit(dealt, folds, fold, seed);
    return { train: patients(train), validation: patients(validation), test: patients(sides?.test ?? []) };
  });
}

const splitFile = (folder: string, fold: number) => join(folder, 'splits', `fold-${fold}.json`);

/** Makes the folder with its split files and configuration; or sees that it is there with the same. */
async function begin(folder: string, order: FoldsOrder, splits: readonly SplitNames[]): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const texts = splits.map((split) => `${JSON.stringify(split, null, 2)}\n`);
  if (names.length > 0) {
    const earlier = await configOf(folder);
    if (!earlier)
      throw new QuorumError({ code: 'OUTPUT_EXISTS', file: folder, found: `${names.length} files` });
    const there = await Promise.all(
      texts.map((_, fold) => readFile(splitFile(folder, fold), 'utf8').catch(() => null)),
    );
    const isWritten = there.some((text) => text !== null);
    if (planOf(earlier.order) !== planOf(order) || (isWritten && there.some((text, k) => text !== texts[k])))
      throw new QuorumError({
        code: 'CHECKPOINT_INVALID',
        field: 'folds',
        file: folder,
        expected: 'the data, folds and plan that it was begun with',
        found: 'others',
      });
  }
  await mkdir(join(folder, 'splits'), { recursive: true }).catch((error) => {
    throw writeProblem(error, folder);
  });
  await writeConfig(folder, order);
  for (const [fold, text] of texts.entries()) await writeText(splitFile(folder, fold), text);
}

/** What decides the numbers, as text. */
function planOf({ request, folds }: { request: TrainRequest; folds: number | null }): string {
  const same = { ...request, threads: null, caseMemoryMb: 1, output: '.' };
  const paths = request.datasets.map(({ folder, weight }) => ({ folder: resolve(folder), weight }));
  return JSON.stringify(trainValues({ request: { ...same, datasets: paths }, folds }));
}

async function writeText(file: string, text: string): Promise<void> {
  await writeFileAtomically(file, [new TextEncoder().encode(text)]);
}
