import { DICOM_IDENTITY_NOTICE } from '../services/contract/exports.js';
import { describeProblem } from '../services/contract/messages.js';
import type { SegmentResult } from '../services/services.js';
import { MODALITIES, MODALITY_TITLES, type Modality, REGIONS } from '../terms.js';
import { table } from './table.js';

type CaseResult = Extract<SegmentResult, { kind: 'case' }>;
type BatchResult = Extract<SegmentResult, { kind: 'batch' }>;
type CombinationResult = CaseResult['combinations'][string];

/** What one case's result says, for a terminal. */
export function describeCase(report: CaseResult, folder: string): string {
  const titles = report.combination.split('+').map((m) => MODALITY_TITLES[m as Modality]);
  const lines = [
    `${report.case}: ${report.skipped ? 'finished before, nothing to do' : 'segmented'} from ${titles.join(' + ')}`,
    '',
    combinationTable(report.combinations),
    '',
    ...remarks(report),
    `${report.networkPasses} network pass${report.networkPasses === 1 ? '' : 'es'}, ${report.seconds.total.toFixed(1)} s on ${report.engine.device}, ${report.peakMemoryMb} MB at most`,
    `Results: ${folder}`,
    report.notice,
  ];
  return lines.join('\n');
}

/** One row per combination: a dot per sequence (● used, ○ not), volumes in ml, agreement. */
export function combinationTable(combinations: CaseResult['combinations']): string {
  const header = [
    ...MODALITIES.map((m) => MODALITY_TITLES[m]),
    'WT ml',
    'TC ml',
    'ET ml',
    'agreement WT',
    'TC',
    'ET',
  ];
  const rows = Object.entries(combinations).map(([name, result]) => {
    const members = name.split('+');
    return [
      ...MODALITIES.map((m) => (members.includes(m) ? '●' : '○')),
      ...volumeCells(result),
      ...agreementCells(result),
    ];
  });
  return table([header, ...rows]);
}

function volumeCells({ volumes }: CombinationResult): string[] {
  return REGIONS.map((region) => `${volumes[region].ml.toFixed(1)}${volumes[region].supported ? '' : '*'}`);
}

function agreementCells({ agreement }: CombinationResult): string[] {
  return REGIONS.map((region) => (agreement[region] === null ? '–' : agreement[region].toFixed(2)));
}

function remarks(report: CaseResult): string[] {
  const lines: string[] = [];
  const results = Object.values(report.combinations);
  const unsupported = results.some(({ volumes }) => REGIONS.some((region) => !volumes[region].supported));
  if (unsupported)
    lines.push(
      '* not supported: from these sequences this model guesses this region; do not use the number.',
    );
  if (results.some(({ agreement }) => agreement.WT !== null)) {
    lines.push('agreement: mean Dice with each sequence left out in turn; not accuracy.');
  }
  const main = report.combinations[report.combination];
  // That a region is not supported is said by the asterisk.
  const warnings = [...(report.warnings ?? []), ...(main.warnings ?? [])];
  for (const { code, text } of warnings) if (code !== 'REGION_NOT_SUPPORTED') lines.push(`warning: ${text}`);
  for (const { region, ml, centroidMm, removed } of main.specks) {
    const place = centroidMm.map((mm) => mm.toFixed(0)).join(', ');
    lines.push(
      `${removed ? 'removed' : 'kept'} speck: ${region} ${ml.toFixed(3)} ml at RAS (${place}) mm${removed ? ' (--keep-specks keeps it)' : ''}`,
    );
  }
  for (const { file, reason } of report.leftOut ?? []) lines.push(`${file} was not written: ${reason}.`);
  if (report.files.some(({ file }) => file.startsWith('dicom/'))) lines.push(DICOM_IDENTITY_NOTICE);
  for (const problem of report.overridden)
    lines.push(`OVERRIDDEN by --force: ${problem.code}: ${problem.found} (expected ${problem.expected})`);
  for (const { device, problem } of report.engine.events)
    lines.push(`${device} failed (${problem.found ?? problem.code}); repeated on the CPU.`);
  return lines;
}

/** What a batch's summary says, for a terminal. */
export function describeBatch(report: BatchResult, folder: string): string {
  const header = ['case', 'state', 'WT ml', 'TC ml', 'ET ml'];
  const rows = report.cases.map(({ case: name, state, volumes }) => [
    name,
    state,
    ...REGIONS.map((region) =>
      volumes ? `${volumes[region].ml.toFixed(1)}${volumes[region].supported ? '' : '*'}` : '–',
    ),
  ]);
  const failures = report.cases.flatMap(({ case: name, problem }) =>
    problem ? [`\n${name}: ${describeProblem(problem)}`] : [],
  );
  return [
    table([header, ...rows]),
    '* not supported by the sequences of this case',
    ...failures,
    `Results: ${folder}`,
    report.notice,
  ].join('\n');
}
