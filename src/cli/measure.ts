import { Command, Option } from 'commander';
import type { z } from 'zod';
import type { Host } from '../commands/host.js';
import { checkRequest } from '../contract/index.js';
import { measureRequestSchema } from '../contract/training.js';
import { type MeasureResult, runMeasureJob } from '../research/measureJob.js';
import { REGIONS } from '../terms.js';
import { follow } from './follow.js';
import { parseCount } from './numbers.js';
import { table } from './table.js';

/** `quorum measure MODEL DATASET… --split FILE [--write]`. */
export function measureCommand(host: Host): Command {
  return new Command('measure')
    .description(
      'Measure what a model knows of itself, on patients that it was not trained on: which regions it supports, what each sequence brings, volume ranges, what agreement foretells',
    )
    .argument('<model>', 'a model folder')
    .argument(
      '<datasets...>',
      'folders of case folders with their truth; a patient counts once, in the first',
    )
    .option('--split <file>', 'JSON with the patients of each side')
    .addOption(
      new Option('--side <side>', 'which side of the split is measured')
        .choices(['train', 'validation', 'test'])
        .default('validation'),
    )
    .option('--checks', 'instead: fit the checks of the images, on cut-outs around the tumour')
    .option('--write', 'write it into the model’s model.json; needs the validation side of a split')
    .option('-o, --out <file>', 'a new JSON file for every single number that it follows from')
    .option('--force', 'accept whole cases that are not skull-stripped or not about 1 mm')
    .option('--device <id>', 'auto, cpu, or an id of `quorum inspect --devices`', 'auto')
    .option('--threads <n>', 'CPU threads; never changes a number', parseCount)
    .option('--json', 'progress and result as JSON lines')
    .action(async (model: string, datasets: string[], options: MeasureOptions) => {
      const request = checkRequest(measureRequestSchema, requestOf(model, datasets, options));
      const result = await follow('measure', options.json === true, (context) =>
        runMeasureJob(request, host.profileFolder, context),
      );
      if (!options.json) process.stdout.write(describeMeasurement(result));
    });
}

interface MeasureOptions {
  split?: string;
  side: 'train' | 'validation' | 'test';
  checks?: true;
  write?: true;
  out?: string;
  force?: true;
  device: string;
  threads?: number;
  json?: true;
}

function requestOf(
  model: string,
  datasets: readonly string[],
  { split, side, ...options }: MeasureOptions,
): z.input<typeof measureRequestSchema> {
  return {
    model,
    datasets: [...datasets],
    split: split === undefined ? null : { file: split, side },
    what: options.checks ? 'checks' : 'support',
    write: options.write ?? false,
    output: options.out ?? null,
    force: options.force ?? false,
    device: options.device,
    threads: options.threads ?? null,
  };
}

/** What was measured of a model, as the terminal shows it. */
export function describeMeasurement({
  model,
  cases,
  patients,
  measured,
  written,
  output,
}: MeasureResult): string {
  const { combinations, volumeRanges, agreementFlags, inputChecks } = measured;
  const lines = [`${cases} cases of ${patients} patients`];
  if (combinations) {
    const rows = Object.entries(combinations).map(([name, known]) => [
      name,
      ...REGIONS.map((region) => {
        const { supported, wholeCases } = known[region];
        if (!wholeCases) return 'not measured';
        const { mean, lower, upper, patients: n } = wholeCases;
        return `${mean.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)}, n = ${n})${supported ? ' ' : '*'}`;
      }),
    ]);
    lines.push('', table([['sequences', ...REGIONS.map((region) => `${region} `)], ...rows]));
    lines.push('* not supported: a guess. Mean Dice on whole cases with its 95 % interval.');
    const flags = REGIONS.filter((region) => agreementFlags?.[region]);
    lines.push(
      `volume ranges: ${volumeRanges ? 'measured' : 'too few patients'}`,
      `low agreement warns of a poor ${flags.length > 0 ? flags.join(', ') : 'result: not found to'}`,
    );
  }
  if (inputChecks) {
    for (const [pair, check] of Object.entries(inputChecks.swapped))
      lines.push(`${pair} swapped: ${check ? ratesOf(check) : 'cannot be told'}`);
    const { uptake, surface, lesions } = inputChecks;
    lines.push(`no contrast uptake: ${uptake ? ratesOf(uptake) : 'cannot be told'}`);
    if (surface) lines.push(`tumour at the surface: above ${(100 * surface.above).toFixed(0)} %`);
    if (lesions) lines.push(`several enhancing lesions: from ${lesions.atLeast} on`);
  }
  lines.push(
    '',
    written ? `Written into ${model}/model.json` : 'Nothing was written into the model (--write)',
  );
  if (output !== null) lines.push(`Log: ${output}`);
  return `${lines.join('\n')}\n`;
}

function ratesOf({
  detection,
  falseAlarms,
  cases,
}: {
  detection: number;
  falseAlarms: number;
  cases: number;
}) {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return `finds ${percent(detection)}, wrong in ${percent(falseAlarms)} of ${cases} cases`;
}
