import { cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Client, Request } from '../services/contract.js';
import type { SegmentResult } from '../services/services.js';
import type { Modality } from '../terms.js';
import { EXIT } from './failure.js';
import { followJob } from './follow.js';
import { type InputOptions, inputOptions, inputsOf } from './inputs.js';
import { parseModalities } from './modalities.js';
import { describeBatch, describeCase } from './results.js';

/** `quorum segment DIR|FILES… --out OUT`. */
export function segmentCommand(services: Client): Command {
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
    .option('--all-combinations', 'also write the mask of every subset of the sequences')
    .option(
      '--probabilities',
      'also write probability maps, and the spread of the sequences’ own probabilities, per region',
    )
    .option('--picture', 'also write an overview picture (PNG)')
    .option('--stl', 'also write a surface of each region (STL, LPS mm)')
    .option('--dicom-seg', 'also write DICOM-SEG; needs DICOM input, carries the patient’s identity')
    .option(
      '--secondary-capture',
      'also write DICOM pictures with outlines and volumes; needs DICOM input, carries the patient’s identity',
    )
    .option('--stripped-images', 'also write the skull-stripped images without header text (NIfTI)')
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
    .option('--json', 'progress and result as JSON lines');
  inputOptions(command);
  return command.action(async (inputs: string[], options: SegmentOptions) => {
    const request = requestOf(inputs, options);
    const result = (await followJob(
      services,
      () => services.call('segment.start', request),
      options.json === true,
    )) as SegmentResult;
    if (!options.json)
      process.stdout.write(
        `${result.kind === 'batch' ? describeBatch(result, options.out) : describeCase(result, options.out)}\n`,
      );
    process.exitCode = exitCodeOf(result);
  });
}

interface SegmentOptions extends InputOptions {
  out: string;
  model?: string;
  use?: Modality[];
  allCombinations?: true;
  probabilities?: true;
  picture?: true;
  stl?: true;
  dicomSeg?: true;
  secondaryCapture?: true;
  strippedImages?: true;
  neutralNames?: true;
  labels: 'brats' | 'consecutive';
  keepSpecks?: true;
  force?: true;
  prepare: boolean;
  overwrite?: true;
  device: string;
  threads?: number;
  memory?: number;
  json?: true;
}

function requestOf(inputs: string[], options: SegmentOptions): Request<'segment.start'> {
  return {
    ...inputsOf(inputs, options),
    output: options.out,
    model: options.model ?? null,
    use: options.use ?? null,
    allCombinations: options.allCombinations ?? false,
    probabilities: options.probabilities ?? false,
    picture: options.picture ?? false,
    stl: options.stl ?? false,
    dicomSeg: options.dicomSeg ?? false,
    secondaryCapture: options.secondaryCapture ?? false,
    strippedImages: options.strippedImages ?? false,
    neutralNames: options.neutralNames ?? false,
    labels: options.labels,
    keepSpecks: options.keepSpecks ?? false,
    force: options.force ?? false,
    prepare: options.prepare,
    overwrite: options.overwrite ?? false,
    device: options.device,
    threads: options.threads ?? null,
    ...(options.memory === undefined ? {} : { memoryMb: options.memory }),
  };
}

function exitCodeOf(result: SegmentResult): number {
  if (result.kind === 'case') return EXIT.done;
  const failed = result.cases.filter(({ state }) => state === 'failed').length;
  if (failed === 0) return EXIT.done;
  return failed === result.cases.length ? EXIT.failed : EXIT.someFailed;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return count;
}
