/** The sections about what the model does not know. */

import { FALSE_ALARMS, LEAST_DETECTION } from '../../../src/measure/imageChecks.js';
import {
  agreementFlagsOf,
  FLAG_DETECTION,
  FLAG_FALSE_ALARMS,
  FLAG_POOR_RESULTS,
  POOR_DICE,
  RANGE_LEVEL,
  RANGE_PATIENTS,
} from '../../../src/measure/knowledge.js';
import { MODALITY_TITLES, type Modality, REGIONS } from '../../../src/terms.js';
import type { Logs } from './logs.js';
import { notMeasured, number, percent, table, titlesOf, triple } from './text.js';

export function ranges({ knowledge }: Logs): string {
  const parts = [
    '## Volume ranges',
    `${percent(RANGE_LEVEL)} ranges by split conformal prediction from whole validation brains, one result a patient and number of sequences, only where there are at least ${RANGE_PATIENTS} patients.`,
  ];
  if (!knowledge) return [...parts, notMeasured('ranges')].join('\n\n');
  const { volumeRanges } = knowledge;
  if (!volumeRanges)
    return [
      ...parts,
      '**There are fewer. So the model gives no range**, and the app says that it is not known.',
    ].join('\n\n');
  const coverage = volumeRanges.coverage.map(({ sequences, covered, ranges: count }) => [
    String(sequences),
    percent(covered),
    String(count),
  ]);
  return [
    ...parts,
    table(['sequences', 'covered (each patient by the others’ range)', 'ranges'], coverage),
  ].join('\n\n');
}

export function agreement({ wholeValidation }: Logs): string {
  const parts = [
    '## Does agreement foretell accuracy?',
    `Agreement is the mean Dice with each sequence left out in turn. Stated beforehand: a warning is given when at most ${percent(FLAG_FALSE_ALARMS)} of the good results would get it, and it finds at least ${percent(FLAG_DETECTION)} of the poor ones (Dice below ${triple(POOR_DICE, 1)} for WT / TC / ET), of which there must be ${FLAG_POOR_RESULTS}. Whole validation brains; each patient is judged by the cut-off of the others.`,
  ];
  if (!wholeValidation) return [...parts, notMeasured('agreement')].join('\n\n');
  const { flags, found } = agreementFlagsOf(wholeValidation.rows);
  const rows = REGIONS.map((region) => {
    const one = found[region];
    if (!one) return [region, '–', '–', '–', '–', 'no'];
    return [
      region,
      number(one.below, 2),
      percent(one.detection),
      percent(one.falseAlarms),
      `${one.poor} of ${one.poor + one.good}`,
      flags[region] ? 'yes' : 'no',
    ];
  });
  return [
    ...parts,
    table(['region', 'cut-off', 'poor results found', 'false alarms', 'poor', 'shown'], rows),
  ].join('\n\n');
}

export function checks({ checks: log, features: strange }: Logs): string {
  const parts = [
    '## Checks of the images',
    `The images around the found tumour are compared on the model's grid, without a pass of the network. Fitted on training cut-outs; cut-offs at the ${Math.round(100 * (1 - FALSE_ALARMS))}th percentile of validation; a check that finds fewer than ${percent(LEAST_DETECTION)} is not shown.`,
  ];
  if (!log) return [...parts, notMeasured('the checks')].join('\n\n');
  const rows = Object.entries(log.swapped).map(([pair, check]) => [
    `${titlesOf(pair).replace(' + ', ' and ')} swapped`,
    check ? percent(check.detection) : '–',
    check ? percent(check.falseAlarms) : '–',
    check && check.detection >= LEAST_DETECTION ? 'yes' : 'no',
  ]);
  if (log.uptake)
    rows.push([
      'no contrast uptake (T1 in the place of T1ce)',
      percent(log.uptake.detection),
      percent(log.uptake.falseAlarms),
      'yes',
    ]);
  const features = Object.entries(strange ?? {}).map(([modality, { detection }]) => [
    MODALITY_TITLES[modality as Modality],
    Object.entries(detection)
      .map(
        ([what, rate]) =>
          `${what.replace(/^(t1ce|t1|t2|flair)\b/, (m) => MODALITY_TITLES[m as Modality])}: ${percent(rate)}`,
      )
      .join('; '),
  ]);
  return [
    ...parts,
    table(['check', 'found', 'false alarms', 'shown'], rows),
    `**Tumour at the brain's surface**: warned above ${log.surface ? percent(log.surface.above) : '–'} of its surface; 99 % of ${log.surface?.cases ?? 0} validation cases have less than ${log.surfaceUsual === null ? '–' : percent(log.surfaceUsual)}, half a ball on the surface would have a third. **Several enhancing lesions**: from ${log.lesions?.atLeast ?? '–'} on. The data hold neither meningiomas nor metastases: how many of them these two find was never measured.`,
    '**Not shown: the network’s own features.** The distance of the bottleneck’s channel means from those seen in training, at the 99th percentile of validation, finds:',
    strange ? table(['sequence', 'found'], features) : notMeasured('this'),
  ].join('\n\n');
}

export function robustness({ robustness: log }: Logs): string {
  const parts = ['## Robustness and foreign images'];
  if (!log) return [...parts, notMeasured('robustness')].join('\n\n');
  const rows = log.results.map(({ subject, change, combination, dice, foundMl, falseMl, warnings }) => [
    subject,
    change === 'none' ? '–' : change,
    titlesOf(combination),
    dice ? triple(dice, 2) : 'no tumour',
    number(foundMl.WT, 1),
    number(falseMl.WT, 1),
    [...new Set(warnings.map(({ code }) => code))].join(', ') || '–',
  ]);
  const known = log.knownFailures.map(
    ({ subject, change, combination }) => `- ${subject}, ${change}, ${titlesOf(combination)}`,
  );
  return [
    ...parts,
    'None of these cases was trained on. What the app would say is in the last column (that TC or ET is not supported, or that nothing was found, aside).',
    table(['case', 'change', 'sequences', 'Dice WT / TC / ET', 'found ml', 'false ml', 'warnings'], rows),
    '### Known failures',
    `Dice of the whole tumour below ${log.failureMeans.poorDice} on the unchanged case, at least ${log.failureMeans.lostDice} Dice of the whole tumour lost against the unchanged case, or more than ${log.failureMeans.falseMlWithoutTumour} ml of tumour found where there is none, **and no warning**:`,
    known.join('\n') || 'None among the cases above; [When it is wrong](failures.md) names others.',
  ].join('\n\n');
}

export function stability({ stability: log }: Logs): string {
  const parts = [
    '## Do the volumes hold still?',
    'The same head with six paddings of air, and moved by 0.3 mm along each axis, both ways: (largest − smallest) / mean of the volumes.',
  ];
  if (!log) return [...parts, notMeasured('stability')].join('\n\n');
  const rows = log.rows.map(({ name, what, combination, spread }) => [
    name,
    what,
    titlesOf(combination),
    ...REGIONS.map((region) => `${number(100 * spread[region], 1)} %`),
  ]);
  return [...parts, table(['case', 'change', 'sequences', ...REGIONS], rows)].join('\n\n');
}
