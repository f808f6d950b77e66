import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import type { z } from 'zod';
import type { Host } from '../commands/host.js';
import { checkRequest } from '../contract/index.js';
import { evaluateRequestSchema } from '../contract/training.js';
import { QuorumError } from '../errors.js';
import { type EvaluateResult, runEvaluateJob } from '../research/evaluateJob.js';
import { READING_NAMES, REGIONS } from '../terms.js';
import { follow } from './follow.js';
import { parseCount } from './numbers.js';

type EvaluateRequest = z.input<typeof evaluateRequestSchema>;

/** `quorum evaluate DATASET (--model MODEL | --predictions DIR) --out OUT`. */
export function evaluateCommand(host: Host): Command {
  return new Command('evaluate')
    .description('Score a model, or any method’s masks, on a folder of case folders with their truth')
    .argument('<dataset>', 'a folder of case folders with an optional dataset.json')
    .requiredOption('-o, --out <dir>', 'where results are written: a new or an empty folder')
    .option('-m, --model <dir>', 'model folder (default: the shipped model)')
    .option(
      '--predictions <dir>',
      'masks: <dir>/<case>/combinations/<t1+flair>.nii.gz or <dir>/<t1+flair>/<case>[_seg].nii.gz',
    )
    .option(
      '--labels <scheme>',
      `what the labels of --predictions mean: ${Object.keys(READING_NAMES).join(', ')}, or WT=1+2+3,TC=2+3,ET=3 (default: found out, and stopped in doubt)`,
    )
    .option('--split <file>', 'JSON with the patients of each side; only one side is scored')
    .addOption(
      new Option('--side <side>', 'which side of the split')
        .choices(['train', 'validation', 'test'])
        .default('test'),
    )
    .option(
      '--against <dir>',
      'results of an earlier evaluation: paired Wilcoxon tests with Holm’s correction',
    )
    .option('--force', 'accept whole cases that are not skull-stripped or not about 1 mm')
    .option('--device <id>', 'auto, cpu, or an id of `quorum inspect --devices`', 'auto')
    .option(
      '--threads <n>',
      `CPU threads (this machine has ${cpus().length}); never changes a score`,
      parseCount,
    )
    .option('--json', 'progress and result as JSON lines')
    .action(async (dataset: string, options: EvaluateOptions) => {
      const request = checkRequest(evaluateRequestSchema, requestOf(dataset, options));
      const result = await follow('evaluate', options.json === true, (context) =>
        runEvaluateJob(request, host.profileFolder, context),
      );
      if (!options.json) process.stdout.write(describeEvaluation(result));
    });
}

interface EvaluateOptions {
  out: string;
  model?: string;
  predictions?: string;
  labels?: string;
  split?: string;
  side: 'train' | 'validation' | 'test';
  against?: string;
  force?: true;
  device: string;
  threads?: number;
  json?: true;
}

function requestOf(dataset: string, options: EvaluateOptions): EvaluateRequest {
  const { model, predictions, labels, split, side } = options;
  if (model !== undefined && predictions !== undefined) {
    const expected = '--model or --predictions';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'predictions', expected, found: 'both' });
  }
  if (labels !== undefined && predictions === undefined) {
    const expected = '--labels with --predictions';
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'labels', expected, found: labels });
  }
  return {
    dataset,
    of: predictions === undefined ? { model: model ?? null } : { predictions, labels: labels ?? null },
    split: split === undefined ? null : { file: split, side },
    output: options.out,
    against: options.against ?? null,
    force: options.force ?? false,
    device: options.device,
    threads: options.threads ?? null,
  };
}

function describeEvaluation(result: EvaluateResult): string {
  const { scores, patients, complete, calibrationError, counterIntuitiveRate, comparison } = result;
  const perRegion = (values: Readonly<Record<string, number | null>>, digits: number) =>
    REGIONS.map((region) => `${region} ${values[region]?.toFixed(digits) ?? '–'}`).join(', ');
  const lines = [
    `${scores.cases} cases of ${patients} patients`,
    ...(result.labels === null ? [] : [result.labels]),
    '',
    result.table,
    complete === 0
      ? 'mean Dice over the combinations: none, since no patient has all of them'
      : `mean Dice over the combinations: ${perRegion(scores.mean, 3)} (n = ${REGIONS.map((region) => scores.patients.mean[region]).join(', ')})`,
    `adding a sequence lowers Dice (share of pairs): ${perRegion(counterIntuitiveRate, 3)}`,
  ];
  if (calibrationError) {
    lines.push(`expected calibration error, all four sequences: ${perRegion(calibrationError, 3)}`);
  }
  if (comparison !== null) {
    lines.push('', 'this result minus the other, paired Wilcoxon tests over patients:', comparison);
  }
  return `${lines.join('\n')}\nResults: ${result.output}\n`;
}
