import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { followUpInputs } from '../commands/followUp.js';
import type { Host } from '../commands/host.js';
import { followUpRequestSchema } from '../contract/commands.js';
import {
  checkRequest,
  FOLLOW_UP_BY,
  type FollowUpBy,
  type FollowUpReport,
  RANO_REGIONS,
  titles,
} from '../contract/index.js';
import { mlText } from '../numbers.js';
import { changeText, percentText, RANO_NOTICE, RANO_TITLES, shortSuggestion } from '../presentation/index.js';
import { type Modality, membersOf, REGIONS } from '../terms.js';
import { follow } from './follow.js';
import { parseModalities } from './modalities.js';
import { parseCount } from './numbers.js';
import {
  formatOptions,
  formatsOf,
  type PreparationFlags,
  preparationOf,
  preparationOptions,
} from './segment.js';
import { table } from './table.js';

/** `quorum followup FOLDER… --out OUT`. */
export function followUpCommand(host: Host): Command {
  const command = new Command('followup')
    .description(
      'Segment and compare several examinations of one patient: volumes over time, what is new, gone and grown, and measurements by the limits of RANO 2.0 (by size alone)',
    )
    .argument(
      '<inputs...>',
      'a folder for each examination, or folders and archives that hold the examinations of one patient',
    )
    .requiredOption('-o, --out <dir>', 'where results are written; must not lie inside the input')
    .option(
      '--dates <list>',
      'dates of the examinations in the order in which they are given, e.g. 2024-03-12,2024-09-05; by default those of the headers',
      parseDates,
    )
    .addOption(
      new Option(
        '--by <what>',
        'all: by all sequences that each has; common: by those that all have (default: common where they differ)',
      ).choices(FOLLOW_UP_BY),
    )
    .option('-m, --model <dir>', 'model folder (default: the shipped model)')
    .option('--use <list>', 'only these sequences, e.g. t1,flair', parseModalities)
    .option(
      '--one-patient',
      'take the examinations for one patient’s although headers leave it in doubt; look at them first',
    )
    .option(
      '--accept-gaps',
      'use DICOM series with a missing slice or uneven slices by interpolation; results say so',
    )
    .option('--neutral-names', 'no name of a folder or file of yours in the results')
    .option(
      '--force',
      'take images as they are although they are not skull-stripped, not about 1 mm or not on one grid',
    )
    .option('--no-prepare', 'refuse raw images instead of preparing them')
    .option('--overwrite', 'replace earlier results of Quorum that are unchanged since')
    .option('--device <id>', 'auto, cpu, or an id of `quorum inspect --devices`', 'auto')
    .option('--threads <n>', 'CPU threads; never changes a mask', parseCount)
    .option('--json', 'progress and result as JSON lines');
  formatOptions(command);
  preparationOptions(command);
  return command.action(async (inputs: string[], options: FollowUpOptions) => {
    const request = checkRequest(followUpRequestSchema, requestOf(inputs, options));
    const report = await follow('followup', options.json === true, (context) =>
      followUpInputs(request, host, context),
    );
    if (!options.json) process.stdout.write(`${describeFollowUp(report, options.out)}\n`);
  });
}

interface FollowUpOptions extends PreparationFlags {
  out: string;
  dates?: string[];
  by?: FollowUpBy;
  model?: string;
  use?: Modality[];
  onePatient?: true;
  acceptGaps?: true;
  neutralNames?: true;
  force?: true;
  prepare: boolean;
  overwrite?: true;
  device: string;
  threads?: number;
  json?: true;
}

function requestOf(inputs: string[], options: FollowUpOptions): z.input<typeof followUpRequestSchema> {
  return {
    inputs,
    output: options.out,
    dates: options.dates ?? [],
    by: options.by ?? null,
    model: options.model ?? null,
    use: options.use ?? null,
    onePatient: options.onePatient ?? false,
    acceptGaps: options.acceptGaps ?? false,
    neutralNames: options.neutralNames ?? false,
    force: options.force ?? false,
    prepare: options.prepare,
    overwrite: options.overwrite ?? false,
    device: options.device,
    threads: options.threads ?? null,
    ...formatsOf(options),
    ...preparationOf(options),
  };
}

function parseDates(text: string): string[] {
  const dates = text.split(',').map((one) => one.trim());
  if (dates.every((date) => /^\d{4}-\d\d-\d\d$/.test(date))) return dates;
  throw new InvalidArgumentError('Expected dates such as 2024-03-12,2024-09-05.');
}

/** What a follow-up says, for a terminal. */
function describeFollowUp(report: FollowUpReport, folder: string): string {
  const { points, by } = report;
  const name = (n: number) => points[n].date ?? points[n].title;
  const volumes = points.flatMap((point, n) =>
    REGIONS.map((region) => {
      const { ml, fromBaseline, fromNadir } = (by === 'common' ? point.common! : point.all)[region];
      return [
        name(n),
        titles(membersOf(point.used)),
        region,
        ml === null ? '–' : mlText(ml),
        changeText(fromBaseline),
        changeText(fromNadir),
      ];
    }),
  );
  const measured = points.flatMap(({ rano }, n) =>
    RANO_REGIONS.map((region) => {
      const { sumMm2, area, volume } = rano[region];
      return [
        name(n),
        RANO_TITLES[region],
        sumMm2 === null ? '–' : sumMm2.toFixed(0),
        percentText(area.fromBaseline),
        percentText(area.fromNadir),
        shortSuggestion(area),
        shortSuggestion(volume),
      ];
    }),
  );
  return [
    ...report.warnings.map(({ text }) => `warning: ${text}`),
    '',
    table(
      [['time point', 'sequences', 'region', 'ml', 'from the first', 'from the smallest'], ...volumes],
      3,
    ),
    '',
    RANO_NOTICE,
    table(
      [
        ['time point', 'region', 'sum mm²', 'from baseline', 'from nadir', 'by area', 'by volume'],
        ...measured,
      ],
      2,
    ),
    '',
    'Open:',
    ...report.open.map(({ text }) => `  ${text}`),
    `Results: ${folder}`,
    report.notice,
  ].join('\n');
}
