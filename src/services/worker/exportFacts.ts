import type { Diameters } from '../../export/diameters.js';
import type { RegionRow, ReportFacts } from '../../export/facts.js';
import { RESEARCH_NOTICE } from '../../export/report.js';
import { volumesOf } from '../../segment/cleanUp.js';
import type { PerRegion } from '../../segment/influence.js';
import { MODALITY_TITLES, type Modality, REGIONS } from '../../terms.js';
import { type EditState, editSupports } from '../contract/edits.js';
import type { PreparedSummary } from '../contract/preparation.js';
import { QUESTIONS } from '../contract/questions.js';
import { describeWarning, noWarning, PREPARED, titles, UNSUPPORTED_ESTIMATE } from '../contract/warnings.js';
import { QUORUM_VERSION } from '../version.js';
import { LABEL_VALUES } from '../writeMasks.js';
import type { ExportJob } from './exportJob.js';
import type { HeldResult } from './resultStore.js';

/** A mask of an export; `edit` when it was edited by hand. */
export interface MaskFacts {
  readonly file: string;
  readonly combination: string;
  readonly labels: Uint8Array;
  readonly edit: EditState | null;
  readonly diameters: PerRegion<Diameters | null>;
}

/** What CSV and report say. Volumes are counted in the masks that are written. */
export function describeExport(
  job: ExportJob,
  held: HeldResult,
  masks: readonly MaskFacts[],
  picture: Uint8Array | null,
): ReportFacts {
  const { source, request, answers, files, result } = job;
  const { description, hash } = held.model;
  const values = LABEL_VALUES[request.labels];
  const used = new Set(source.images.map(({ modality }) => modality));
  const [main] = masks;
  return {
    caseName: source.name,
    createdAt: new Date().toISOString(),
    quorumVersion: QUORUM_VERSION,
    notice: RESEARCH_NOTICE,
    labels: `${values.core} non-enhancing core, ${values.oedema} oedema, ${values.enhancing} enhancing tumour`,
    sequences: files
      .filter(({ sequence }) => sequence !== 'mask' && sequence !== 'other')
      .map(({ name, sequence, reason }) => ({
        title: MODALITY_TITLES[sequence as Modality],
        file: name,
        reason,
        used: used.has(sequence as Modality),
      })),
    answers: (Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]).map((key) => ({
      question: QUESTIONS[key],
      answer: answers?.[key] ?? 'not answered',
    })),
    model: {
      name: description.name,
      version: description.version,
      hash,
      trainingData: description.knowledge.trainingData,
    },
    engine: result.engine,
    threshold: request.threshold ?? description.threshold,
    rows: masks.flatMap((mask) => rowsOf(mask, job, held)),
    edit: main.edit && describeEdit(main.edit),
    preparation: preparationLines(job.prepared),
    warnings: warningsOf(main, job),
    picture,
  };
}

function rowsOf(
  { combination, labels, edit, diameters }: MaskFacts,
  { request, result }: ExportJob,
  held: HeldResult,
): RegionRow[] {
  const volumes = volumesOf(labels, held.grid);
  const known = result.combinations[combination];
  return REGIONS.map((region) => {
    const { range } = known.volumes[region];
    const supported = edit
      ? editSupports(edit, region, result.combinations)
      : known.volumes[region].supported;
    const shown = supported || request.unsupported;
    const note = supported ? '' : shown ? UNSUPPORTED_ESTIMATE : 'not supported by these sequences';
    return {
      mask: edit ? 'edited by hand' : combination,
      region,
      ml: shown ? volumes[region] : null,
      diameters: shown ? diameters[region] : null,
      note,
      rangeMl: edit ? null : range,
      agreement: edit ? null : known.agreement[region],
      byHand: edit ? edit.byHand[region] : null,
    };
  });
}

/** Each step of the preparation as a sentence; empty where there was none. */
function preparationLines(prepared: PreparedSummary | null): string[] {
  return (prepared?.steps ?? []).map(({ step, sequence, reason, verdict }) => {
    const doubt =
      verdict === 'doubtful' || verdict === 'failed' ? ' In doubt: look at its check picture.' : '';
    return `${PREPARED[step]}${sequence ? ` (${titles([sequence])})` : ''}: ${reason}.${doubt}`;
  });
}

function describeEdit({ from, strokes, choices }: EditState): string {
  return `begun from ${from.title}, ${strokes} strokes, ${choices} choices between combinations`;
}

function warningsOf({ combination, edit }: MaskFacts, { result }: ExportJob): string[] {
  const ofMask = edit ? [] : result.combinations[combination].warnings;
  const sentences = [...result.warnings, ...ofMask].map(describeWarning);
  const members = titles(combination.split('+') as Modality[]);
  return sentences.length > 0
    ? sentences
    : [`${members}: ${noWarning(result.combinations[combination].notChecked)}`];
}
