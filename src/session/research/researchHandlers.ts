import { basename, join } from 'node:path';
import type { RunSummary, researchContract } from '../../contract/research.js';
import { evaluateRequestSchema } from '../../contract/training.js';
import { TRAIN_OPTIONS } from '../../contract/trainOptions.js';
import { type TrainValues, trainOrder } from '../../contract/trainOrder.js';
import { QuorumError } from '../../errors.js';
import { mayFollow } from '../../files/within.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';

type Handlers = JsonHandlers<keyof typeof researchContract>;
type Other = JsonHandlers<'cases.open' | 'masks.open' | 'cases.get'>;

/** A training that is asked to stop ends its step and writes a checkpoint: that may take so long. */
const STOP_PATIENCE_MS = 15 * 60_000;
/** One that reads or scores stops between two cases. */
const SCORE_PATIENCE_MS = 120_000;

/** Data sets, training and evaluation in a window. */
export function researchHandlers(context: WindowContext, others: Other): Handlers {
  return { ...dataHandlers(context), ...runHandlers(context), ...evaluationHandlers(context, others) };
}

function dataHandlers(
  context: WindowContext,
): Pick<Handlers, 'research.verify' | 'research.split' | 'research.find' | 'research.forget'> {
  const { results, scoring, reader } = context.research;
  return {
    'research.verify': async ({ folders }) => ({
      job: scoring.start(
        ({ signal, report }) =>
          reader.run('verify', { folders }, { signal, onProgress: report, patienceMs: SCORE_PATIENCE_MS }),
        { kind: 'verify', title: folders.map((folder) => basename(folder)).join(', ') },
      ),
    }),
    'research.split': (asked) => reader.run('splitPatients', asked),
    'research.find': async ({ folder }) => {
      const { runs, evaluations } = await reader.run('findResults', { folder });
      await results.add('runs', runs);
      await results.add('evaluations', evaluations);
      return { runs: runs.length, evaluations: evaluations.length };
    },
    'research.forget': async ({ folder }) => {
      await results.forget(folder);
      return {};
    },
  };
}

function runHandlers(
  context: WindowContext,
): Pick<
  Handlers,
  'research.estimate' | 'research.train' | 'research.resume' | 'research.runs' | 'research.curves'
> {
  const { results, trained, training, scoring, trainer, reader } = context.research;
  const verdictFolder = context.profileFolder;
  const start = async (values: TrainValues): Promise<{ job: string; run: string }> => {
    const { request, folds } = trainOrder(values);
    const run = request.runFolder ?? (folds === null ? `${request.output}.run` : request.output);
    const folders =
      folds === null ? [run] : Array.from({ length: folds }, (_, k) => join(run, `fold-${k}.run`));
    const states = await reader.run('runs', { folders });
    const isBusy = (folder: string) => {
      const job = trained.get(folder);
      return (
        job || (job === undefined && states.some((one) => one.folder === folder && one.state === 'active'))
      );
    };
    if (folders.some(isBusy)) throw new QuorumError({ code: 'RUN_BUSY', file: run });
    await results.add('runs', folders);
    const job = training.start(
      async ({ signal, report }) => {
        try {
          const options = { signal, onProgress: report, patienceMs: STOP_PATIENCE_MS };
          return await trainer.run('train', { values, verdictFolder }, options);
        } finally {
          for (const folder of folders) trained.set(folder, null);
        }
      },
      { kind: 'train', title: basename(request.output) },
    );
    for (const folder of folders) trained.set(folder, job);
    return { job, run };
  };
  return {
    'research.estimate': async ({ folders, values }) => {
      const orders = values.map((one) => ({
        ...withoutPaths(one),
        datasets: folders,
        out: join(folders[0], 'x'),
      }));
      for (const order of orders) trainOrder(order);
      const job = scoring.start(
        ({ signal, report }) =>
          reader.run(
            'estimateTraining',
            { orders, verdictFolder },
            { signal, onProgress: report, patienceMs: SCORE_PATIENCE_MS },
          ),
        { kind: 'estimate' },
      );
      return { job };
    },
    'research.train': ({ folders, output, split, initial, run, values }) =>
      start({
        ...withoutPaths(values),
        ...{ datasets: folders, out: output },
        ...(split === null ? {} : { split }),
        ...(initial === null ? {} : { initial }),
        ...(run === null ? {} : { run }),
      }),
    'research.resume': async ({ run }) => {
      const { values } = await reader.run('runConfig', { run });
      if (!values) throw new QuorumError({ code: 'CONFIG_INVALID', file: join(run, 'config.yaml') });
      await mayUse(context, values);
      return { job: (await start(values)).job };
    },
    'research.runs': async () => {
      const { runs } = await results.get();
      const list = await reader.run('runs', { folders: runs });
      const told = list.map((one): RunSummary => {
        const job = trained.get(one.folder);
        // Of a run by itself the model is written behind its Dice; of several folds some are finished while others train.
        const isAlone = [...trained.values()].filter((other) => other === job).length === 1;
        if (job && (one.state !== 'finished' || isAlone)) return { ...one, job, state: 'active' };
        if (one.state === 'finished') return { ...one, job: null };
        // A log that just stopped growing still looks active.
        return { ...one, job: null, state: job === null ? 'stopped' : one.state };
      });
      return told.sort((a, b) => b.changedAt.localeCompare(a.changedAt));
    },
    'research.curves': (asked) => reader.run('curves', asked),
  };
}

function evaluationHandlers(
  context: WindowContext,
  others: Other,
): Pick<
  Handlers,
  'research.evaluate' | 'research.evaluations' | 'research.evaluation' | 'research.openCase'
> {
  const { results, scoring, reader } = context.research;
  const verdictFolder = context.profileFolder;
  return {
    'research.evaluate': async ({ dataset, model, predictions, labels, split, side, output, force }) => {
      const { device } = await context.settings.get();
      const request = evaluateRequestSchema.parse({
        ...{ dataset, output, force, device },
        of: predictions === null ? { model } : { predictions, labels },
        split: split === null ? null : { file: split, side },
      });
      const job = scoring.start(
        async ({ signal, report }) => {
          const made = await reader.run(
            'evaluate',
            { request, verdictFolder },
            { signal, onProgress: report, patienceMs: SCORE_PATIENCE_MS },
          );
          await results.add('evaluations', [output]);
          return made;
        },
        { kind: 'evaluate', title: basename(output) },
      );
      return { job, evaluation: output };
    },
    'research.evaluations': async () => {
      const { evaluations } = await results.get();
      const list = await reader.run('evaluations', { folders: evaluations });
      return list
        .map((one) => ({ ...one, name: basename(one.folder) }))
        .sort((a, b) => b.finishedAt.localeCompare(a.finishedAt));
    },
    'research.evaluation': (asked) => reader.run('evaluation', asked),
    'research.openCase': async ({ folder, case: name, combination }) => {
      const into = await context.working.create();
      try {
        const asked = { evaluation: folder, name, combination, into, verdictFolder };
        const scored = await reader.run('scoredCase', asked);
        if (!(await mayFollow(scored.folder, context.links.scope)))
          throw new QuorumError({ code: 'CASE_UNKNOWN', found: name, file: folder });
        const opened = await others['cases.open']({
          ...{ paths: [scored.folder], study: null, confirmed: false, remember: false, opening: null },
        });
        if (opened.kind !== 'case')
          throw new QuorumError({ code: 'CASE_UNKNOWN', found: name, file: folder });
        const { id } = opened.case;
        const open = (file: string, role: 'truth' | 'earlier', scheme: typeof scored.truthLabels) =>
          others['masks.open']({ case: id, file, role, scheme });
        const truth = await open(scored.truth, 'truth', scored.truthLabels);
        const mask = await open(scored.mask, 'earlier', 'brats');
        return { case: await others['cases.get']({ case: id }), truth: truth.id, scored: mask.id };
      } finally {
        await context.working.remove(into);
      }
    },
  };
}

const PATH_OPTIONS = new Set(
  TRAIN_OPTIONS.filter(({ kind }) => kind === 'file' || kind === 'folder').map(({ name }) => name),
);

/** @throws QuorumError REQUEST_INVALID for a value that names a file: those have fields of their own, which a server checks. */
function withoutPaths(values: TrainValues): TrainValues {
  const named = ['datasets', ...PATH_OPTIONS].find((name) => name in values);
  if (named === undefined) return values;
  throw new QuorumError({
    code: 'REQUEST_INVALID',
    field: named,
    expected: 'no file or folder among the values',
  });
}

/** @throws QuorumError CONFIG_INVALID for files that this window may not open: a configuration may come from anywhere. */
async function mayUse({ links }: WindowContext, values: TrainValues): Promise<void> {
  const { datasets, ...rest } = values;
  const given = Object.entries(rest).filter(([name]) => PATH_OPTIONS.has(name));
  const paths = [...(Array.isArray(datasets) ? datasets : [datasets]), ...given.map(([, value]) => value)];
  for (const path of paths.map(String)) {
    if (await mayFollow(path, links.scope)) continue;
    // What is to be made is not there yet: its folder counts.
    if (await mayFollow(join(path, '..'), links.scope)) continue;
    throw new QuorumError({ code: 'CONFIG_INVALID', field: 'path', found: path });
  }
}
