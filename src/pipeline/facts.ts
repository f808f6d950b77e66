import { QUESTIONS } from '../contract/questions.js';
import type { CaseReport, ReportedVolume } from '../contract/report.js';
import { noWarning, REGION_TITLES, titles, UNSUPPORTED_ESTIMATE } from '../contract/warnings.js';
import type { RegionRow, ReportFacts } from '../export/facts.js';
import { MODALITY_TITLES, membersOf, type PreparationStepName, REGIONS } from '../terms.js';
import type { Plan } from './plan.js';
import { warningsIn } from './report.js';

/** What CSV and HTML say: `report.json` in words and rows. Nothing is counted or decided here. */
export function factsOf(
  report: CaseReport,
  { further }: Pick<Plan, 'further'>,
  picture: Uint8Array | null,
): ReportFacts {
  const { values, guesses } = report.labels;
  const guess = (label: string) => (guesses.includes(label) ? ' (a guess)' : '');
  return {
    caseName: report.case,
    examination: report.examination,
    createdAt: report.finishedAt,
    quorumVersion: report.quorumVersion,
    notice: report.notice,
    labels: `${values.core} non-enhancing core${guess('core')}, ${values.oedema} oedema${guess('oedema')}, ${values.enhancing} enhancing tumour${guess('enhancing')}`,
    sequences: report.images.map(({ sequence, file, reason, used }) => ({
      title: MODALITY_TITLES[sequence],
      file,
      reason,
      used,
    })),
    answers: (Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]).map((key) => ({
      key,
      question: QUESTIONS[key],
      answer: report.answers?.[key] ?? 'not answered',
    })),
    model: report.model,
    engine: report.engine,
    threshold: report.threshold,
    rows: [
      ...(report.edited ? editedRows(report.edited) : combinationRows(report, report.combination)),
      ...further
        .filter((name) => report.edited || name !== report.combination)
        .flatMap((name) => combinationRows(report, name)),
    ],
    edit: report.edited && describeEdit(report.edited),
    preparation: preparationLines(report.preparation),
    warnings: warningLines(report),
    warningCodes: warningsIn(report).map(({ code }) => code),
    picture,
  };
}

function combinationRows({ combinations }: CaseReport, name: string): RegionRow[] {
  const { volumes, diameters, agreement } = combinations[name];
  return REGIONS.map((region) => ({
    mask: name,
    title: titles(membersOf(name)),
    region,
    regionTitle: REGION_TITLES[region],
    ml: volumes[region].ml,
    supported: volumes[region].supported,
    diameters: diameters[region],
    note: noteOf(volumes[region]),
    rangeMl: volumes[region].range,
    agreement: agreement[region],
    byHand: null,
  }));
}

function editedRows({ volumes, diameters, byHand }: NonNullable<CaseReport['edited']>): RegionRow[] {
  return REGIONS.map((region) => ({
    mask: 'edited by hand',
    title: 'Edited by hand',
    region,
    regionTitle: REGION_TITLES[region],
    ml: volumes[region].ml,
    supported: volumes[region].supported,
    diameters: diameters[region],
    note: noteOf(volumes[region]),
    rangeMl: null,
    agreement: null,
    byHand: byHand[region],
  }));
}

function noteOf({ ml, supported, trust }: ReportedVolume): string {
  if (supported) return trust?.text ?? '';
  return ml === null ? 'not shown: not reliable from these sequences' : UNSUPPORTED_ESTIMATE;
}

/** What stands before a step's reason, which for an alignment is a sentence by itself. */
const STEP_LABELS: Readonly<Record<PreparationStepName, string>> = {
  reference: 'Reference: ',
  'co-register': '',
  atlas: 'Atlas: ',
  'skull-strip': 'Brain: ',
  resample: 'Resampling: ',
};

/** Each step of the preparation as a sentence; empty where there was none. */
function preparationLines(preparation: CaseReport['preparation']): string[] {
  return (preparation?.steps ?? []).map(({ step, reason, verdict }) => {
    const doubt = verdict === 'doubtful' || verdict === 'failed' ? ' Please check its picture.' : '';
    return `${STEP_LABELS[step]}${reason}.${doubt}`;
  });
}

function describeEdit({ from, strokes, choices }: NonNullable<CaseReport['edited']>): string {
  return `based on ${from}, ${counted(strokes, 'stroke')}, ${counted(choices, 'place')} picked from combinations`;
}

const counted = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;

/** The warnings of the mask that is written first, as sentences; what was not checked where there are none. */
export function warningLines(report: CaseReport): string[] {
  const sentences = warningsIn(report).map(({ text }) => text);
  if (sentences.length > 0) return sentences;
  if (report.edited) return ['The edited mask itself was not checked.'];
  const { combination, combinations } = report;
  return [`${titles(membersOf(combination))}: ${noWarning(combinations[combination].notChecked)}`];
}
