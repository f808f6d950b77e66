import { Command } from 'commander';
import type { Host } from '../commands/host.js';
import { type PrepareResult, prepareInputs } from '../commands/prepareFolder.js';
import { prepareRequestSchema } from '../contract/commands.js';
import { checkRequest } from '../contract/index.js';
import { describeProblem } from '../contract/messages.js';
import type { Modality } from '../terms.js';
import { follow } from './follow.js';
import { parseModalities } from './modalities.js';
import { notUsed } from './results.js';
import {
  type InputOptions,
  inputOptions,
  inputsOf,
  type PreparationFlags,
  preparationOf,
  preparationOptions,
} from './segment.js';
import { table } from './table.js';

interface PrepareOptions extends InputOptions, PreparationFlags {
  out: string;
  use?: Modality[];
  neutralNames?: true;
  overwrite?: true;
  json?: true;
}

/** `quorum prepare DIR|FILES… --out CASE`. */
export function prepareCommand(host: Host): Command {
  const command = new Command('prepare')
    .description(
      'Make a BraTS-style case of raw images: align, place on the BraTS grid, strip the skull, resample to 1 mm',
    )
    .argument(
      '[inputs...]',
      'a folder or zip of one patient (image files or DICOM of any mixture), or its files',
    )
    .requiredOption(
      '-o, --out <dir>',
      'a new or empty folder for the case, or an earlier case to --overwrite',
    )
    .option('--use <list>', 'only these sequences, e.g. t1,flair', parseModalities)
    .option('--neutral-names', 'no name of a folder or file of yours in what is written: “case” instead')
    .option('--overwrite', 'replace an earlier case of Quorum that is unchanged since')
    .option('--json', 'progress and result as JSON lines');
  preparationOptions(command);
  inputOptions(command);
  return command.action(async (inputs: string[], options: PrepareOptions) => {
    const request = checkRequest(prepareRequestSchema, {
      ...inputsOf(inputs, options),
      output: options.out,
      use: options.use ?? null,
      ...preparationOf(options),
      neutralNames: options.neutralNames ?? false,
      overwrite: options.overwrite ?? false,
    });
    const result = await follow('prepare', options.json === true, (context) =>
      prepareInputs(request, host, context),
    );
    if (!options.json) process.stdout.write(`${describePrepared(result, options.out)}\n`);
  });
}

function describePrepared(
  { case: name, preparation, seconds, setAside, warnings, notice }: PrepareResult,
  folder: string,
): string {
  const said = [...warnings.map(({ text }) => `warning: ${text}`), ...notUsed(setAside)];
  if (!preparation)
    return [
      `${name}: the images were prepared already and are written as they are`,
      ...said,
      `Results: ${folder}`,
      notice,
    ].join('\n');
  const rows = preparation.steps.map(({ step, reason, verdict, seconds: taken }) => [
    step,
    verdict,
    `${taken.toFixed(1)} s`,
    reason,
  ]);
  const doubts = preparation.steps.flatMap(({ problem }) => (problem ? [describeProblem(problem)] : []));
  return [
    `${name}: prepared in ${seconds.toFixed(1)} s; brain ${preparation.brainMask.ml.toFixed(0)} ml`,
    ...said,
    '',
    table([['step', 'check', 'time', 'what was done'], ...rows]),
    '',
    ...doubts,
    `Look at the pictures in ${folder}/checks before you trust the result.`,
    `Results: ${folder}`,
    notice,
  ].join('\n');
}
