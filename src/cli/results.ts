import type { SegmentResult } from '../commands/batch.js';
import {
  AGREEMENT_MEANING,
  type BatchReport,
  type CaseReport,
  type CombinationReport,
  DICOM_IDENTITY_NOTICE,
  REGION_TITLES,
  type ReportedVolume,
  titles,
} from '../contract/index.js';
import { describeProblem } from '../contract/messages.js';
import type { CaseOutcome } from '../contract/report.js';
import { isGrave } from '../contract/warnings.js';
import { mlText } from '../numbers.js';
import { warningLines } from '../pipeline/facts.js';
import { warningsIn } from '../pipeline/report.js';
import { deviceTitle, MODALITIES, MODALITY_TITLES, membersOf, REGIONS } from '../terms.js';
import { table } from './table.js';

type CaseResult = Extract<SegmentResult, { kind: 'case' }>;

/** What one case's result says, for a terminal. */
export function describeCase(report: CaseResult, folder: string): string {
  // What forbids a number comes before it.
  const grave = warningsIn(report).filter(isGrave);
  const lines = [
    ...grave.map(({ text }) => `warning: ${text}`),
    [
      `${report.case}: ${report.skipped ? 'already done' : 'segmented'} from ${sequencesOf(report.combination)}${report.combination.includes('+') ? '' : ' alone'}`,
      ...warningsOf(report, FIRST),
    ].join('; '),
    // What makes the numbers below doubtful stands before them.
    ...warningsOf(report, BEFORE_NUMBERS).map((text) => `warning: ${text}`),
    '',
    combinationTable(report.combinations),
    '',
    ...trustLines(report),
    ...remarks(report),
    `${report.seconds.total.toFixed(1)} s on ${deviceTitle(report.engine.device)}`,
    `Results: ${folder}`,
    report.notice,
  ];
  return lines.join('\n');
}

const sequencesOf = (combination: string) => titles(membersOf(combination));

/** Warnings that stand in the first line, and those that stand before the first number. */
const FIRST = ['SEQUENCE_LOST'];
const BEFORE_NUMBERS = ['HEADERS_SUGGEST', 'SLICES_INTERPOLATED'];

function warningsOf({ warnings }: CaseReport, codes: readonly string[]): string[] {
  return warnings.filter(({ code }) => codes.includes(code)).map(({ text }) => text);
}

/** What was found and serves as no sequence, a line each. */
export function notUsed(setAside: readonly { readonly file: string; readonly reason: string }[]): string[] {
  return setAside.map(({ file, reason }) => `not used: ${file}: ${reason}`);
}

/** One row per combination: a dot per sequence (● used, ○ not), volumes in ml, agreement. */
function combinationTable(combinations: CaseReport['combinations']): string {
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
    const members = membersOf(name);
    return [
      ...MODALITIES.map((m) => (members.includes(m) ? '●' : '○')),
      ...REGIONS.map((region) => volumeCell(result.volumes[region])),
      ...agreementCells(result),
    ];
  });
  return table([header, ...rows]);
}

/** How far each region of the mask that was written is to be trusted. */
function trustLines({ edited, combination, combinations }: CaseReport): string[] {
  if (edited) return [];
  return REGIONS.flatMap((region) => {
    const { trust } = combinations[combination].volumes[region];
    return trust ? [`${REGION_TITLES[region]}: ${trust.text}`] : [];
  });
}

/** A guess has an asterisk; a number that is not given is one too. */
function volumeCell({ ml, supported }: ReportedVolume): string {
  return `${ml === null ? '–' : mlText(ml)}${supported ? '' : '*'}`;
}

function agreementCells({ agreement }: CombinationReport): string[] {
  return REGIONS.map((region) => (agreement[region] === null ? '–' : agreement[region].toFixed(2)));
}

function remarks(report: CaseReport): string[] {
  const lines: string[] = [];
  const results = Object.values(report.combinations);
  const volumes = results.flatMap((one) => REGIONS.map((region) => one.volumes[region]));
  if (volumes.some(({ supported, ml }) => !supported && ml === null))
    lines.push('–* a guess only, not shown: not reliable from these sequences (--unsupported shows it).');
  if (volumes.some(({ supported, ml }) => !supported && ml !== null))
    lines.push('* a guess: not reliable from these sequences; do not use the number.');
  if (results.some(({ agreement }) => agreement.WT !== null)) {
    lines.push(`agreement: ${AGREEMENT_MEANING[0].toLowerCase()}${AGREEMENT_MEANING.slice(1)}`);
  }
  for (const { step, reason } of report.preparation?.steps ?? [])
    if (step === 'co-register') lines.push(`prepared: ${reason}`);
  const warnings = warningsIn(report);
  const saidAbove = [...FIRST, ...BEFORE_NUMBERS];
  if (warnings.length === 0) lines.push(...warningLines(report));
  for (const { code, text } of warnings)
    if (!saidAbove.includes(code) && !isGrave({ code })) lines.push(`warning: ${text}`);
  const { specks } = report.combinations[report.combination];
  if (specks.length > 0) lines.push(speckLine(specks));
  lines.push(...notUsed(report.setAside));
  for (const { file, reason } of report.leftOut) lines.push(`${file} was not written: ${reason}.`);
  if (report.files.some(({ file }) => file.startsWith('dicom/'))) lines.push(DICOM_IDENTITY_NOTICE);
  for (const problem of report.overridden)
    lines.push(`OVERRIDDEN by --force: ${problem.code}: ${problem.found} (expected ${problem.expected})`);
  for (const { device, problem } of report.engine.events)
    lines.push(`${device} failed (${problem.found ?? problem.code}); repeated on the CPU.`);
  return lines;
}

/** However many there are: where each lies stands in `report.json`. */
function speckLine(specks: CombinationReport['specks']): string {
  const ml = mlText(specks.reduce((sum, speck) => sum + speck.ml, 0));
  const what = `${specks.length} speck${specks.length === 1 ? '' : 's'}`;
  return specks[0].removed
    ? `${what} removed, ${ml} ml together (--keep-specks keeps them; report.json says where)`
    : `${what} kept, ${ml} ml together`;
}

/** What a batch's summary says, for a terminal. */
export function describeBatch(report: BatchReport, folder: string): string {
  return [...outcomeLines(report.cases), `Results: ${folder}`, report.notice].join('\n');
}

/** A table of cases, and below it what is to be said of each. */
export function outcomeLines(cases: readonly CaseOutcome[]): string[] {
  const header = ['case', 'state', 'sequences', 'WT ml', 'TC ml', 'ET ml', 'warnings'];
  const rows = cases.map(({ case: name, state, combination, volumes, warnings }) => [
    name,
    state,
    combination === null ? '–' : sequencesOf(combination),
    ...REGIONS.map((region) => (volumes ? volumeCell(volumes[region]) : '–')),
    state === 'failed' ? '–' : String(warnings.length),
  ]);
  const volumes = cases.flatMap((one) => (one.volumes ? Object.values(one.volumes) : []));
  const warned = cases.flatMap(({ case: name, warnings }) =>
    warnings.length > 0 ? [`\n${name}:`, ...warnings.map(({ text }) => `  ${text}`)] : [],
  );
  const failures = cases.flatMap(({ case: name, problem }) =>
    problem ? [`\n${name}: ${describeProblem(problem)}`] : [],
  );
  return [
    table([header, ...rows]),
    ...(volumes.some(({ supported }) => !supported)
      ? ['* a guess: not reliable from these sequences (–*: not shown; --unsupported shows it)']
      : []),
    ...warned,
    ...failures,
  ];
}
