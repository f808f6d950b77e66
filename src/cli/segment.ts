import { cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { segmentInputs } from '../commands/batch.js';
import type { Host } from '../commands/host.js';
import { timed } from '../commands/timing.js';
import { segmentRequestSchema } from '../contract/commands.js';
import { checkRequest, FORMATS, type FormatId } from '../contract/index.js';
import { type Combination, combinationName, type Modality } from '../terms.js';
import { EXIT, exitCodeOf } from './failure.js';
import { follow } from './follow.js';
import {
  type InputOptions,
  inputOptions,
  inputsOf,
  type PreparationFlags,
  preparationOf,
  preparationOptions,
} from './inputs.js';
import { parseModalities } from './modalities.js';
import { parseCount, parseShare } from './numbers.js';
import { describeBatch, describeCase } from './results.js';
import { describeTiming } from './timing.js';

/** `quorum segment DIR|FILES… --out OUT`. */
export function segmentCommand(host: Host): Command {
  const command = new Command('segment')
    .description(
      'Segment a case (a folder, DICOM or a zip, or its files), or every case in a folder of case folders',
    )
    .argument(
      '[inputs...]',
      'a folder or zip of one patient (image files or DICOM of any mixture), a folder of case folders, or the files of one case',
    )
    .requiredOption('-o, --out <dir>', 'where results are written; must not lie inside the input')
    .option('-m, --model <dir>', 'model folder (default: the shipped model)')
    .option('--use <list>', 'only these sequences, e.g. t1,flair', parseModalities)
    .option('--every-examination', 'take each of several examinations as a case, also of DICOM and archives')
    .option('--all-combinations', 'also write the mask of every combination of the sequences')
    .option(
      '--combinations <list>',
      'also write the masks of these combinations, e.g. flair,t1+flair',
      parseCombinations,
    )
    .option(
      '--threshold <p>',
      'probability above which a voxel belongs to a region (default: the model’s)',
      parseProbability,
    )
    .option(
      '--unsupported',
      'give numbers and files of regions that the sequences do not support, as guesses',
    )
    .option('--neutral-names', 'no name of a folder or file of yours in the results: “case” instead')
    .addOption(
      new Option('--labels <scheme>', 'brats: 1, 2, 4; consecutive: 1, 2, 3')
        .choices(['brats', 'consecutive'])
        .default('brats'),
    )
    .option('--keep-specks', 'keep parts of a region that are below the model’s minimum volume')
    .option(
      '--force',
      'take images as they are although they are not skull-stripped, not about 1 mm or not on one grid; the report says so',
    )
    .option(
      '--no-prepare',
      'refuse raw images (skull, several grids, thick slices) instead of preparing them',
    )
    .option('--overwrite', 'replace earlier results of Quorum that are unchanged since')
    .option('--device <id>', 'auto, cpu, or an id of `quorum inspect --devices`', 'auto')
    .option(
      '--threads <n>',
      `CPU threads (this machine has ${cpus().length}); never changes a mask`,
      parseCount,
    )
    .option('--memory <mb>', 'how much label maps may take at once; never changes a mask', parseCount)
    .option('--timing', 'also show where the time went, stage by stage; with --json as a last line')
    .option(
      '--at-once <n>',
      'cases of a folder side by side (default: by cores and free memory); never changes a mask',
      parseCount,
    )
    .option('--json', 'progress and result as JSON lines');
  formatOptions(command);
  preparationOptions(command);
  inputOptions(command);
  return command.action(async (inputs: string[], options: SegmentOptions) => {
    const request = checkRequest(segmentRequestSchema, requestOf(inputs, options));
    const atOnce = options.atOnce === undefined ? host : { ...host, sideBySide: options.atOnce };
    const run = () =>
      follow('segment', options.json === true, (context) => segmentInputs(request, atOnce, context));
    const { result, timing } = options.timing ? await timed(run) : { result: await run(), timing: null };
    if (!options.json)
      process.stdout.write(
        `${result.kind === 'batch' ? describeBatch(result, options.out) : describeCase(result, options.out)}\n`,
      );
    if (timing)
      process.stdout.write(`${options.json ? JSON.stringify({ timing }) : describeTiming(timing)}\n`);
    process.exitCode = result.kind === 'case' ? EXIT.done : exitCodeOf(result.cases);
  });
}

interface SegmentOptions extends InputOptions, PreparationFlags, Partial<Record<FormatId, boolean>> {
  out: string;
  model?: string;
  use?: Modality[];
  everyExamination?: true;
  allCombinations?: true;
  combinations?: Combination[];
  threshold?: number;
  unsupported?: true;
  neutralNames?: true;
  labels: 'brats' | 'consecutive';
  keepSpecks?: true;
  force?: true;
  prepare: boolean;
  overwrite?: true;
  device: string;
  threads?: number;
  memory?: number;
  timing?: true;
  atOnce?: number;
  json?: true;
}

function requestOf(inputs: string[], options: SegmentOptions): z.input<typeof segmentRequestSchema> {
  return {
    ...inputsOf(inputs, options),
    output: options.out,
    model: options.model ?? null,
    use: options.use ?? null,
    everyExamination: options.everyExamination ?? false,
    allCombinations: options.allCombinations ?? false,
    combinations: options.combinations ?? [],
    threshold: options.threshold ?? null,
    unsupported: options.unsupported ?? false,
    ...formatsOf(options),
    neutralNames: options.neutralNames ?? false,
    labels: options.labels,
    keepSpecks: options.keepSpecks ?? false,
    force: options.force ?? false,
    prepare: options.prepare,
    ...preparationOf(options),
    overwrite: options.overwrite ?? false,
    device: options.device,
    threads: options.threads ?? null,
    ...(options.memory === undefined ? {} : { memoryMb: options.memory }),
  };
}

/** An option for every format. */
export function formatOptions(command: Command): void {
  for (const { option, help, byDefault } of FORMATS)
    command.option(
      byDefault.terminal ? `--no-${option}` : `--${option}`,
      byDefault.terminal ? `do not write ${help}` : `also write ${help}`,
    );
}

/** Commander names an option's value as the format is named: `--dicom-seg` is `dicomSeg`. */
export function formatsOf(options: object): Partial<Record<FormatId, boolean>> {
  const values = new Map<string, boolean | undefined>(Object.entries(options));
  return Object.fromEntries(
    FORMATS.map(({ id, option, byDefault }) => {
      return [id, values.get(camelCase(option)) ?? byDefault.terminal];
    }),
  );
}

const camelCase = (option: string) => option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function parseCombinations(text: string): Combination[] {
  return text.split(',').map((one) => combinationName(parseModalities(one.replaceAll('+', ','))));
}

function parseProbability(text: string): number {
  const share = parseShare(text);
  if (share > 0 && share < 1) return share;
  throw new InvalidArgumentError('Expected a number between 0 and 1.');
}
