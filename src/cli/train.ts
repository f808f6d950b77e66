import { cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import type { Host } from '../commands/host.js';
import { runTrainJob, type TrainResult } from '../commands/training/trainJob.js';
import { checkRequest, type JobEvent } from '../contract/index.js';
import { trainRequestSchema } from '../contract/training.js';
import { problemOf, QuorumError } from '../errors.js';
import type { JobContext } from '../jobs/context.js';
import { follow } from './follow.js';
import { parseCount, parseNumber, parseShare, parseWhole } from './numbers.js';

type TrainRequest = z.input<typeof trainRequestSchema>;
type Channels = NonNullable<TrainRequest['channels']>;
type Objectives = NonNullable<TrainRequest['objectives']>;

/** The contract's defaults, for the help. */
const DEFAULTS = trainRequestSchema.parse({ datasets: [{ folder: '.' }], output: '.' });

/** `quorum train DATASET… --out MODEL`. */
export function trainCommand(host: Host): Command {
  const command = new Command('train')
    .description('Train a model on folders of case folders; goes on from its last checkpoint when run again')
    .argument('<datasets...>', 'folders of case folders, each with an optional dataset.json')
    .requiredOption('-o, --out <dir>', 'the model folder to make')
    .option('--run <dir>', 'where checkpoints and log.jsonl are kept (default: <out>.run)')
    .option('--name <name>', 'the model’s name (default: the output folder’s)')
    .option('--split <file>', 'JSON with the patients to train on, to validate on and to leave for a test')
    .option('--folds <n>', 'validate on one of n folds of the patients', parseCount)
    .option('--fold <k>', 'which fold validates, from 0', parseWhole)
    .option('--weights <list>', 'how often each data set is drawn, e.g. 1,3 (default: alike)', parseWeights);
  for (const option of [...networkOptions(), ...stepOptions(), ...machineOptions()])
    command.addOption(option);
  return command
    .option('--json', 'progress and result as JSON lines')
    .action(async (datasets: string[], options: TrainOptions) => {
      await train(host, requestOf(datasets, options), options.json === true);
    });
}

function networkOptions(): Option[] {
  return [
    new Option('--initial <dir>', 'a model folder, or an earlier run’s folder, to start from'),
    choice('--width <w>', 'channels are 32w to 512w', ['0.25', '0.5', '1'], DEFAULTS.width),
    option('--channels <list>', 'of the five levels, e.g. 8,16,64,128,256', parseChannels, 'the width’s'),
    option(
      '--objectives <kind>',
      'subsets15, singles4, sampled:k, singles+k (the singles and k larger ones), or mean (one mean loss)',
      parseObjectives,
      nameOfObjectives(DEFAULTS.objectives),
    ),
    choice(
      '--decoupling <kind>',
      'what becomes of conflicting gradients',
      ['paper', 'pcgrad', 'mean'],
      DEFAULTS.decoupling,
    ),
    choice(
      '--loss <name>',
      'what is minimised; batch: Dice of sums over the step’s samples',
      ['dice', 'dice+cross-entropy', 'batch-dice+cross-entropy'],
      DEFAULTS.loss,
    ),
    choice(
      '--sharing <kind>',
      'what the modalities share',
      ['dynamic', 'shared-norms', 'separate', 'early-fusion'],
      DEFAULTS.sharing,
    ),
    choice(
      '--region-weights <kind>',
      'weights and biases of the fusion',
      ['none', 'learned', 'fitted'],
      DEFAULTS.regionWeights,
    ),
  ];
}

function stepOptions(): Option[] {
  return [
    option('--steps <n>', 'training steps', parseCount, DEFAULTS.steps),
    option('--lr <rate>', 'first learning rate of Adam', parseNumber, DEFAULTS.learningRate),
    choice(
      '--schedule <kind>',
      'how the learning rate falls',
      ['cosine', 'polynomial', 'constant'],
      DEFAULTS.schedule,
    ),
    option('--weight-decay <x>', 'L2 penalty, or AdamW’s decay', parseNumber, DEFAULTS.weightDecay),
    choice(
      '--optimiser <name>',
      'adamw: the decay acts beside the step, on convolution weights alone',
      ['adam', 'adamw'],
      DEFAULTS.optimiser,
    ),
    option('--warm-up <steps>', 'over which the learning rate rises', parseWhole, DEFAULTS.warmUp),
    option('--clip <norm>', 'largest norm of a gradient; 0: any', parseNumber, DEFAULTS.clip),
    option(
      '--average <decay>',
      'running mean of the parameters, validated and written in their place, e.g. 0.999; 0: none',
      parseShare,
      DEFAULTS.averageDecay,
    ),
    option('--batch <n>', 'samples a step', parseCount, DEFAULTS.batch),
    option('--crop <side>', 'voxels a side of crops from whole cases, 16 × n', parseCount, DEFAULTS.crop),
    option(
      '--tumour-share <x>',
      'share of these crops that are centred on tumour, the others anywhere in the brain',
      parseShare,
      DEFAULTS.tumourShare.toFixed(2),
    ),
    option(
      '--margin <planes>',
      'air added at each face of whole cases, at random up to',
      parseWhole,
      DEFAULTS.margin,
    ),
    choice(
      '--augmentation <kind>',
      'full (flips, rotation, scale, values), flips, or none',
      ['full', 'flips', 'none'],
      DEFAULTS.augmentation,
    ),
    option('--seed <n>', 'decides first parameters, samples, changes and folds', parseWhole, DEFAULTS.seed),
    option('--checkpoint-every <steps>', 'how often to write one', parseCount, DEFAULTS.checkpointEvery),
    option(
      '--validate-every <steps>',
      'how often the validation patients are scored; 0: never',
      parseWhole,
      DEFAULTS.validateEvery,
    ),
    new Option('--score-test', 'at the end score the split’s test side too, into dice.json'),
    option(
      '--patience <n>',
      'stop after so many validations without a better one; 0: never',
      parseWhole,
      DEFAULTS.patience,
    ),
    option(
      '--indicators-every <steps>',
      'with the mean loss: log gradient norms and cosines this often; 0: never',
      parseWhole,
      DEFAULTS.indicatorsEvery,
    ),
  ];
}

function machineOptions(): Option[] {
  const device = 'cpu, or a GPU of `quorum inspect --devices` that tensorflow drives';
  return [
    option('--device <id>', device, String, DEFAULTS.device),
    option('--threads <n>', 'CPU threads; never changes a number', parseCount, `all ${cpus().length}`),
    option(
      '--case-memory <mb>',
      'how much memory cases may take; never changes a number',
      parseCount,
      DEFAULTS.caseMemoryMb,
    ),
  ];
}

/** An option whose default is the contract's: it is shown here and filled in there. */
function option<T>(flags: string, text: string, parse: (text: string) => T, standard: unknown): Option {
  return new Option(flags, `${text} (default: ${standard})`).argParser(parse);
}

function choice(flags: string, text: string, choices: readonly string[], standard: unknown): Option {
  return new Option(flags, `${text} (default: ${standard})`).choices(choices);
}

function nameOfObjectives(objectives: Objectives): string {
  if (objectives.kind === 'sampled') return `sampled:${objectives.count}`;
  if (objectives.kind === 'singles+sampled') return `singles+${objectives.count}`;
  return objectives.kind === 'subsets' ? 'subsets15' : 'singles4';
}

interface TrainOptions {
  out: string;
  run?: string;
  name?: string;
  split?: string;
  folds?: number;
  fold?: number;
  weights?: number[];
  initial?: string;
  width?: '0.25' | '0.5' | '1';
  channels?: Channels;
  objectives?: Objectives | 'mean';
  decoupling?: TrainRequest['decoupling'];
  loss?: TrainRequest['loss'];
  sharing?: TrainRequest['sharing'];
  regionWeights?: TrainRequest['regionWeights'];
  steps?: number;
  lr?: number;
  schedule?: TrainRequest['schedule'];
  weightDecay?: number;
  optimiser?: TrainRequest['optimiser'];
  warmUp?: number;
  clip?: number;
  average?: number;
  margin?: number;
  batch?: number;
  crop?: number;
  tumourShare?: number;
  augmentation?: TrainRequest['augmentation'];
  seed?: number;
  checkpointEvery?: number;
  validateEvery?: number;
  scoreTest?: true;
  patience?: number;
  indicatorsEvery?: number;
  device?: string;
  threads?: number;
  caseMemory?: number;
  json?: true;
}

async function train({ profileFolder }: Host, asked: TrainRequest, json: boolean): Promise<void> {
  const request = checkRequest(trainRequestSchema, asked);
  const work = (context: JobContext) => runTrainJob(request, profileFolder, context);
  const result = await follow('train', json, work, json ? undefined : milestones()).catch((error) => {
    const run = request.runFolder ?? `${request.output}.run`;
    if (problemOf(error).code === 'CANCELLED' && !json) {
      process.stderr.write(`The checkpoint is in ${run}; the same command goes on from it.\n`);
    }
    throw error;
  });
  if (!json) process.stdout.write(`${describeResult(result)}\n`);
}

/** Prints what is worth keeping on the screen, once each: the estimate, validations and damaged checkpoints. */
function milestones(): (event: JobEvent) => void {
  let last = '';
  return ({ stage }) => {
    if (stage === last || !/^(estimate|split|validation|damaged)/.test(stage)) return;
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

function requestOf(datasets: string[], options: TrainOptions): TrainRequest {
  const { objectives, weights, width } = options;
  if (weights && weights.length !== datasets.length) {
    throw wrongOption('weights', `${datasets.length} numbers, one per data set`, weights.join());
  }
  const mean = objectives === 'mean';
  return {
    datasets: datasets.map((folder, i) => ({ folder, weight: weights?.[i] ?? 1 })),
    split: splitOf(options),
    output: options.out,
    ...given({
      runFolder: options.run,
      name: options.name,
      initial: options.initial,
      width: width === undefined ? undefined : (Number(width) as 0.25 | 0.5 | 1),
      channels: options.channels,
      objectives: mean ? ({ kind: 'subsets' } as const) : (objectives as Objectives | undefined),
      decoupling: mean ? ('mean' as const) : options.decoupling,
      loss: options.loss,
      augmentation: options.augmentation,
      sharing: options.sharing,
      regionWeights: options.regionWeights,
      steps: options.steps,
      learningRate: options.lr,
      schedule: options.schedule,
      weightDecay: options.weightDecay,
      optimiser: options.optimiser,
      warmUp: options.warmUp,
      clip: options.clip,
      averageDecay: options.average,
      margin: options.margin,
      batch: options.batch,
      crop: options.crop,
      tumourShare: options.tumourShare,
      seed: options.seed,
      checkpointEvery: options.checkpointEvery,
      validateEvery: options.validateEvery,
      scoreTest: options.scoreTest,
      patience: options.patience,
      indicatorsEvery: options.indicatorsEvery,
      device: options.device,
      threads: options.threads,
      caseMemoryMb: options.caseMemory,
    }),
  };
}

function splitOf({ split, folds, fold }: TrainOptions): NonNullable<TrainRequest['split']> | null {
  if ((folds === undefined) !== (fold === undefined)) {
    throw wrongOption('folds', '--folds and --fold together', 'only one of them');
  }
  if (split !== undefined && folds !== undefined) {
    throw wrongOption('split', '--split or --folds', 'both');
  }
  if (split !== undefined) return { file: split };
  return folds === undefined || fold === undefined ? null : { folds, fold };
}

function wrongOption(field: string, expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'REQUEST_INVALID', field, expected, found });
}

/** Only what was given, so that the contract's defaults fill in the rest. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function parseObjectives(text: string): Objectives | 'mean' {
  if (text === 'subsets15') return { kind: 'subsets' };
  if (text === 'singles4') return { kind: 'singles' };
  if (text === 'mean') return 'mean';
  const larger = Number(/^singles\+(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (larger >= 1 && larger <= 11) return { kind: 'singles+sampled', count: larger };
  const count = Number(/^sampled:(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (count >= 1 && count <= 15) return { kind: 'sampled', count };
  throw new InvalidArgumentError(
    'Expected subsets15, singles4, sampled:1 to sampled:15, singles+1 to singles+11, or mean.',
  );
}

function parseChannels(text: string): Channels {
  const channels = text.split(',').map(Number);
  const fit = channels.every((count) => Number.isInteger(count) && count > 0 && count % 8 === 0);
  const [c0, c1, c2, c3, bottleneck] = channels;
  if (channels.length === 5 && fit) return [c0, c1, c2, c3, bottleneck];
  throw new InvalidArgumentError('Expected five multiples of 8, e.g. 8,16,64,128,256.');
}

function parseWeights(text: string): number[] {
  return text.split(',').map((part) => {
    const weight = parseNumber(part);
    if (weight === 0) throw new InvalidArgumentError('Expected positive numbers such as 1,3.');
    return weight;
  });
}
