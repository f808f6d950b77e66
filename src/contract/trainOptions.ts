import { type TrainRequest, trainRequestSchema } from './training.js';

/**
 * The options of a training: the one list behind `quorum train`, its configuration files and the form in the window. Names are those of
 * the command line without the dashes; values are text as it is typed there.
 */

/** How an option's text is read. */
export type OptionKind =
  | 'text'
  | 'file'
  | 'folder'
  | 'flag'
  | 'count'
  | 'whole'
  | 'number'
  | 'share'
  | 'choice'
  | 'channels'
  | 'objectives'
  | 'weights';

/** Where an option stands: beside the data, in the network, in the steps, or on this machine. */
export type OptionGroup = 'data' | 'network' | 'steps' | 'machine';

export interface TrainOption {
  readonly name: string;
  /** What the help calls its value; absent for a flag. */
  readonly argument?: string;
  /** The field of the request, where there is exactly one. */
  readonly field: keyof TrainRequest | null;
  readonly kind: OptionKind;
  readonly group: OptionGroup;
  readonly text: string;
  readonly choices?: readonly string[];
  /** What holds when it is absent, as text; null: said in `text`, or nothing. */
  readonly standard: string | null;
}

/** The request's defaults. */
export const TRAIN_DEFAULTS = trainRequestSchema.parse({ datasets: [{ folder: '.' }], output: '.' });

const data: readonly TrainOption[] = [
  plain('out', '<dir>', 'output', 'folder', 'data', 'the model folder to make'),
  plain(
    'run',
    '<dir>',
    'runFolder',
    'folder',
    'data',
    'where checkpoints and log.jsonl are kept (default: <out>.run)',
  ),
  plain('name', '<name>', 'name', 'text', 'data', 'the model’s name (default: the output folder’s)'),
  plain(
    'split',
    '<file>',
    null,
    'file',
    'data',
    'JSON with the patients to train on, to validate on and to leave for a test',
  ),
  plain(
    'folds',
    '<n>',
    null,
    'count',
    'data',
    'folds of the patients: with --fold one of them validates, else each in turn',
  ),
  plain('fold', '<k>', null, 'whole', 'data', 'which fold validates, from 0'),
  plain(
    'weights',
    '<list>',
    null,
    'weights',
    'data',
    'how often each data set is drawn, e.g. 1,3 (default: alike)',
  ),
];

const network: readonly TrainOption[] = [
  plain(
    'initial',
    '<dir>',
    'initial',
    'folder',
    'network',
    'a model folder, or an earlier run’s folder, to start from',
  ),
  choice('width', '<w>', 'width', 'network', 'channels are 32w to 512w', ['0.25', '0.5', '1']),
  {
    ...plain(
      'channels',
      '<list>',
      'channels',
      'channels',
      'network',
      'of the five levels, e.g. 8,16,64,128,256',
    ),
    standard: 'the width’s',
  },
  {
    ...plain(
      'objectives',
      '<kind>',
      null,
      'objectives',
      'network',
      'subsets15, singles4, sampled:k, singles+k (the singles and k larger ones), or mean (one mean loss)',
    ),
    standard: objectivesText(TRAIN_DEFAULTS.objectives),
  },
  choice('decoupling', '<kind>', 'decoupling', 'network', 'what becomes of conflicting gradients', [
    ...['paper', 'pcgrad', 'mean'],
  ]),
  choice(
    'loss',
    '<name>',
    'loss',
    'network',
    'what is minimised; batch: Dice of sums over the step’s samples',
    ['dice', 'dice+cross-entropy', 'batch-dice+cross-entropy'],
  ),
  choice('sharing', '<kind>', 'sharing', 'network', 'what the modalities share', [
    ...['dynamic', 'shared-norms', 'separate', 'early-fusion'],
  ]),
  choice('region-weights', '<kind>', 'regionWeights', 'network', 'weights and biases of the fusion', [
    ...['none', 'learned', 'fitted'],
  ]),
];

const steps: readonly TrainOption[] = [
  value('steps', '<n>', 'steps', 'count', 'training steps'),
  value('lr', '<rate>', 'learningRate', 'number', 'first learning rate of Adam'),
  choice('schedule', '<kind>', 'schedule', 'steps', 'how the learning rate falls', [
    ...['cosine', 'polynomial', 'constant'],
  ]),
  value('weight-decay', '<x>', 'weightDecay', 'number', 'L2 penalty, or AdamW’s decay'),
  choice(
    'optimiser',
    '<name>',
    'optimiser',
    'steps',
    'adamw: the decay acts beside the step, on convolution weights alone',
    ['adam', 'adamw'],
  ),
  value('warm-up', '<steps>', 'warmUp', 'whole', 'over which the learning rate rises'),
  value('clip', '<norm>', 'clip', 'number', 'largest norm of a gradient; 0: any'),
  value(
    'average',
    '<decay>',
    'averageDecay',
    'share',
    'running mean of the parameters, validated and written in their place, e.g. 0.999; 0: none',
  ),
  value('batch', '<n>', 'batch', 'count', 'samples a step'),
  value('crop', '<side>', 'crop', 'count', 'voxels a side of crops from whole cases, 16 × n'),
  {
    ...value(
      'tumour-share',
      '<x>',
      'tumourShare',
      'share',
      'share of these crops that are centred on tumour, the others anywhere in the brain',
    ),
    standard: TRAIN_DEFAULTS.tumourShare.toFixed(2),
  },
  value('margin', '<planes>', 'margin', 'whole', 'air added at each face of whole cases, at random up to'),
  choice(
    'augmentation',
    '<kind>',
    'augmentation',
    'steps',
    'full (flips, rotation, scale, values), flips, or none',
    ['full', 'flips', 'none'],
  ),
  value('seed', '<n>', 'seed', 'whole', 'decides first parameters, samples, changes and folds'),
  value('checkpoint-every', '<steps>', 'checkpointEvery', 'count', 'how often to write one'),
  value(
    'validate-every',
    '<steps>',
    'validateEvery',
    'whole',
    'how often the validation patients are scored; 0: never',
  ),
  {
    ...{ name: 'score-test', field: 'scoreTest', kind: 'flag', group: 'steps', standard: null },
    text: 'at the end score the split’s test side too, into dice.json',
  },
  value(
    'early-stop',
    '<n>',
    'patience',
    'whole',
    'stop after so many validations without a better one; 0: never',
  ),
  value(
    'indicators-every',
    '<steps>',
    'indicatorsEvery',
    'whole',
    'with the mean loss: log gradient norms and cosines this often; 0: never',
  ),
];

const machine: readonly TrainOption[] = [
  {
    ...value(
      'device',
      '<id>',
      'device',
      'text',
      'cpu, or a GPU of `quorum inspect --devices` that tensorflow drives',
    ),
    group: 'machine',
  },
  {
    ...plain('threads', '<n>', 'threads', 'count', 'machine', 'CPU threads; never changes a number'),
    standard: 'all',
  },
  {
    ...value(
      'case-memory',
      '<mb>',
      'caseMemoryMb',
      'count',
      'how much memory cases may take; never changes a number',
    ),
    group: 'machine',
  },
];

/** In the order of the help and of a configuration file. */
export const TRAIN_OPTIONS: readonly TrainOption[] = [...data, ...network, ...steps, ...machine];

/** @throws RangeError for a name that is none. */
export function trainOption(name: string): TrainOption {
  const option = TRAIN_OPTIONS.find((one) => one.name === name);
  if (!option) throw new RangeError(`no option ${name}`);
  return option;
}

/** As it is typed: `subsets15`, `sampled:5`, `singles+3`. */
export function objectivesText(objectives: TrainRequest['objectives']): string {
  if (objectives.kind === 'sampled') return `sampled:${objectives.count}`;
  if (objectives.kind === 'singles+sampled') return `singles+${objectives.count}`;
  return objectives.kind === 'subsets' ? 'subsets15' : 'singles4';
}

function plain(
  name: string,
  argument: string,
  field: keyof TrainRequest | null,
  kind: OptionKind,
  group: OptionGroup,
  text: string,
): TrainOption {
  return { name, argument, field, kind, group, text, standard: null };
}

/** An option of the steps whose default is the request's. */
function value(
  name: string,
  argument: string,
  field: keyof TrainRequest,
  kind: OptionKind,
  text: string,
): TrainOption {
  return { ...plain(name, argument, field, kind, 'steps', text), standard: String(TRAIN_DEFAULTS[field]) };
}

function choice(
  name: string,
  argument: string,
  field: keyof TrainRequest,
  group: OptionGroup,
  text: string,
  choices: readonly string[],
): TrainOption {
  return {
    ...plain(name, argument, field, 'choice', group, text),
    choices,
    standard: String(TRAIN_DEFAULTS[field]),
  };
}
