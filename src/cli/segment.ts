import { cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import type { Host } from '../commands/host.js';
import { segmentRequestSchema } from '../contract/commands.js';
import { checkRequest, FORMATS, type FormatId, type PrepareRequest } from '../contract/index.js';
import {
  type Combination,
  combinationName,
  MODALITIES,
  MODALITY_TITLES,
  type Modality,
  OPTIONAL_STEPS,
  type OptionalStep,
} from '../terms.js';
import { EXIT, exitCodeOf } from './failure.js';
import { follow } from './follow.js';
import { parseModalities } from './modalities.js';
import { parseCount, parseShare } from './numbers.js';
import { describeBatch, describeCase } from './results.js';
import { describeTiming } from './timing.js';

/** `quorum segment DIR|FILES… --out OUT`. What works is loaded when it is called: other commands take options from here. */
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
    const [{ segmentInputs }, { timed }] = await Promise.all([
      import('../commands/batch.js'),
      import('../commands/timing.js'),
    ]);
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

/** Options that say what is read. */
export interface InputOptions extends Partial<Record<Modality, string>> {
  study?: string;
  onePatient?: true;
  acceptGaps?: true;
}

/** Adds the options that say what is read. */
export function inputOptions(command: Command): void {
  command
    .option(
      '--study <number>',
      'which of several examinations: its number in `quorum inspect`, its id, or its Study Instance UID',
    )
    .option(
      '--one-patient',
      'take images for one patient’s one examination although headers leave it in doubt; look at them first',
    );
  command.option(
    '--accept-gaps',
    'use a DICOM series with one missing slice, or with slices that are not evenly spaced, by interpolation, where no whole one serves; results say so',
  );
  for (const modality of MODALITIES)
    command.option(
      `--${modality} <file>`,
      `the ${MODALITY_TITLES[modality]} image; of DICOM a file, folder, series number or id of its series`,
    );
}

/** Options that say how raw images are prepared. */
export interface PreparationFlags {
  reference?: Modality;
  skip?: OptionalStep[];
  brainMask?: string;
  stripper?: string;
}

/** Adds the options that say how raw images are prepared. */
export function preparationOptions(command: Command): void {
  command
    .addOption(
      new Option('--reference <sequence>', 'the sequence to align the others to').choices(MODALITIES),
    )
    .addOption(new Option('--skip <step...>', 'steps of the preparation to turn off').choices(OPTIONAL_STEPS))
    .option('--brain-mask <file>', 'a brain mask on the prepared case’s grid, e.g. one corrected by hand')
    .option(
      '--stripper <file>',
      'brainchop’s mindgrab.onnx: strips more precisely and slower than the atlas',
    );
}

/** The part of a request that says how raw images are prepared. */
export function preparationOf({ reference, skip, brainMask, stripper }: PreparationFlags) {
  return {
    reference: reference ?? null,
    skip: skip ?? [],
    brainMask: brainMask ?? null,
    stripper: stripper ?? null,
  };
}

/** The part of a request that says what is read. */
export function inputsOf(
  inputs: string[],
  options: InputOptions,
): Pick<PrepareRequest, 'inputs' | 'overrides' | 'study' | 'onePatient' | 'acceptGaps'> {
  const overrides = Object.fromEntries(MODALITIES.flatMap((m) => (options[m] ? [[m, options[m]]] : [])));
  const { study = null, onePatient = false, acceptGaps = false } = options;
  return { inputs, overrides, study, onePatient, acceptGaps };
}
