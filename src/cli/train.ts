import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Host } from '../commands/host.js';
import type { JobEvent } from '../contract/index.js';
import { TRAIN_OPTIONS, type TrainOption } from '../contract/trainOptions.js';
import { fieldsOf, type TrainOrder, type TrainValues, trainOrder } from '../contract/trainOrder.js';
import { problemOf, QuorumError } from '../errors.js';
import type { JobContext } from '../jobs/context.js';
import { absolute, readConfig } from '../research/config.js';
import type { FoldsResult } from '../research/foldsJob.js';
import type { TrainResult } from '../research/trainJob.js';
import { follow } from './follow.js';

/** `quorum train DATASET… --out MODEL`. */
export function trainCommand(host: Host): Command {
  const command = new Command('train')
    .description('Train a model on folders of case folders; goes on from its last checkpoint when run again')
    .argument('[datasets...]', 'folders of case folders, each with an optional dataset.json')
    .option(
      '-c, --config <file>',
      'YAML with these options by name, and `datasets`; what is given beside it wins',
    );
  for (const option of TRAIN_OPTIONS) command.addOption(optionOf(option));
  return command
    .option('--json', 'progress and result as JSON lines')
    .action(async (datasets: string[], options: Record<string, unknown>) => {
      const order = await orderOf(datasets, options);
      await train(host, order, options.json === true);
    });
}

/** An option whose default is the contract's: it is shown here and filled in there. */
function optionOf(about: TrainOption): Option {
  const { name, argument, text, choices, kind } = about;
  const standard = name === 'threads' ? `all ${cpus().length}` : about.standard;
  const flags = `${name === 'out' ? '-o, ' : ''}--${name}${argument ? ` ${argument}` : ''}`;
  const option = new Option(flags, standard === null ? text : `${text} (default: ${standard})`);
  if (kind === 'flag') return option;
  if (choices) return option.choices(choices);
  return option.argParser((typed) => {
    try {
      fieldsOf(about, typed);
    } catch (error) {
      throw new InvalidArgumentError(`Expected ${problemOf(error).expected}.`);
    }
    return typed;
  });
}

/** @throws QuorumError what `readConfig` and `trainOrder` throw. */
async function orderOf(datasets: string[], options: Record<string, unknown>): Promise<TrainOrder> {
  const { config, json: _, ...given } = options;
  const typed: TrainValues = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [dashed(key), value as string]),
  );
  if (datasets.length > 0) typed.datasets = datasets;
  const fromFile = config === undefined ? {} : await readConfig(String(config));
  const values = { ...fromFile, ...absolute(typed, process.cwd()) };
  // What is typed wins over the file, also where the two exclude each other.
  if ('split' in typed && !('fold' in typed)) delete values.fold;
  if ('fold' in typed && !('split' in typed)) delete values.split;
  if (values.out === undefined) {
    const expected = '--out <dir>, or out: in the configuration';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'out', expected, found: 'nothing' });
  }
  return trainOrder(values);
}

/** `regionWeights` → `region-weights`. */
function dashed(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function train({ profileFolder }: Host, order: TrainOrder, json: boolean): Promise<void> {
  const { request, folds } = order;
  // Loaded once the options are right.
  const work = async (context: JobContext) =>
    folds === null
      ? (await import('../research/trainJob.js')).runTrainJob(request, profileFolder, context)
      : (await import('../research/foldsJob.js')).runFoldsJob({ request, folds }, profileFolder, context);
  const result = await follow<TrainResult | FoldsResult>(
    'train',
    json,
    work,
    json ? undefined : milestones(),
  ).catch((error) => {
    if (problemOf(error).code === 'CANCELLED' && !json) {
      const where = folds === null ? (request.runFolder ?? `${request.output}.run`) : request.output;
      process.stderr.write(`The checkpoint is in ${resolve(where)}; the same command goes on from it.\n`);
    }
    throw error;
  });
  if (json) return;
  process.stdout.write(`${result.kind === 'folds' ? describeFolds(result) : describeResult(result)}\n`);
}

/** Prints what is worth keeping on the screen, once each: the estimate, validations and damaged checkpoints. */
function milestones(): (event: JobEvent) => void {
  let last = '';
  return ({ stage }) => {
    if (stage === last || !/^(fold \d+ of \d+: )?(estimate|split|validation|damaged|finished)/.test(stage))
      return;
    last = stage;
    process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${stage}\n`);
  };
}

function describeResult({ model, runFolder, steps, stoppedEarly, best }: TrainResult): string {
  const validated = best
    ? `best validation after step ${best.step}: mean Dice ${best.score.toFixed(3)}`
    : 'no validation';
  return [
    `${steps} steps${stoppedEarly ? ' (stopped early)' : ''}, ${validated}`,
    model === null
      ? 'No model folder: it holds one network that sees one sequence a pass. The parameters are with the checkpoints.'
      : `Model: ${model}`,
    `Checkpoints, log and Dice: ${runFolder}`,
    'For research only; not a medical device.',
  ].join('\n');
}

function describeFolds({ folder, table, files }: FoldsResult): string {
  return [
    table,
    `Models, runs and split files: ${folder}`,
    `Summary: ${files.join(', ')}`,
    'For research only; not a medical device.',
  ].join('\n');
}
