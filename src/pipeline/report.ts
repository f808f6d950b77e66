import {
  type CaseReport,
  type CombinationReport,
  RESEARCH_NOTICE,
  type ReportWarning,
} from '../contract/report.js';
import type { CaseCombination, Warning } from '../contract/results.js';
import { ratingsOf } from '../contract/trust.js';
import { inOrder, reportWarning } from '../contract/warnings.js';
import type { Problem } from '../errors.js';
import { type Diameters, regionDiameters } from '../export/diameters.js';
import { problemForReport } from '../export/names.js';
import { describePreparation } from '../export/preparationReport.js';
import { guessedLabels, LABEL_VALUES } from '../masks/labels.js';
import { volumesOf } from '../masks/volumes.js';
import { inFiles, inFilesOrNull, isGiven } from '../numbers.js';
import { type Combination, type PerRegion, perRegion, type Region } from '../terms.js';
import type { Surroundings } from './context.js';
import type { Parts } from './format.js';
import type { Plan } from './plan.js';
import type { EditedMask, Subject } from './subject.js';

/** An automatic mask with what was found in it. */
export interface DescribedMask {
  readonly combination: Combination;
  readonly found: CaseCombination;
  readonly diameters: PerRegion<Diameters | null>;
}

/** What the report says beside the masks' findings. */
export interface ReportParts extends Parts {
  readonly leftOut: CaseReport['leftOut'];
  /** The automatic mask that an edit began from; null where it began from none of this result. */
  readonly editedFrom: DescribedMask | null;
}

/**
 * A result as `report.json` has it, the files aside. Every face reads this: what is withheld is withheld here, and names that
 * may not stand are taken out here.
 *
 * @param masks the result's combination first, then the further ones.
 */
export function describeCase(
  subject: Subject,
  plan: Plan,
  masks: readonly DescribedMask[],
  parts: ReportParts,
  around: Surroundings,
): CaseReport {
  const { options } = plan;
  const { description, hash } = subject.result.model;
  const neutral = options.neutralNames;
  const { edited } = subject;
  return {
    application: 'quorum',
    kind: 'case',
    format: 1,
    notice: RESEARCH_NOTICE,
    state: 'finished',
    case: subject.name,
    finishedAt: around.now().toISOString(),
    quorumVersion: around.quorumVersion,
    fingerprint: subject.fingerprint,
    images: subject.listed.images.map((image) => (neutral ? { ...image, file: image.sequence } : image)),
    setAside: subject.listed.setAside.map((one, n) => (neutral ? { ...one, file: `file ${n + 1}` } : one)),
    warnings: subject.warnings.map((warning) => reportWarning(named(warning, neutral))),
    overridden: subject.overridden.map((problem) => problemForReport(problem, neutral)),
    preparation: subject.preparation && plainPreparation(subject.preparation, neutral),
    model: {
      name: description.name,
      version: description.version,
      hash,
      trainingData: description.knowledge.trainingData,
    },
    engine: {
      name: subject.engine.name,
      device: subject.engine.device,
      events: subject.engine.events.map(({ kind, device, problem }) => ({
        kind,
        device,
        problem: problemForReport(problem, neutral),
      })),
    },
    threshold: options.threshold ?? description.threshold,
    labels: {
      scheme: options.labels,
      values: { ...LABEL_VALUES[options.labels] },
      guesses: guessedLabels(plan.supported),
    },
    combination: options.combination,
    combinations: Object.fromEntries(
      masks.map(({ combination, found, diameters }) => [
        combination,
        describeMask(found, diameters, options, subject.warnings),
      ]),
    ),
    subsets: subject.subsets ?? null,
    edited: edited && describeEdit(edited, subject, plan, parts.editedFrom),
    native: parts.native ?? null,
    leftOut: [...parts.leftOut],
    spread: parts.spread ?? null,
    networkPasses: subject.passes.needed,
    networkPassesRun: subject.passes.run,
    seconds: Object.fromEntries(Object.entries(subject.seconds()).map(([lap, s]) => [lap, inFiles(s)])),
    peakMemoryMb: around.peakMemoryMb(),
    examination: neutral ? null : subject.examination,
    answers: subject.answers,
    files: [],
  };
}

/** What is given of one automatic mask: numbers of regions that its sequences do not support are null unless asked for. */
function describeMask(
  found: CaseCombination,
  diameters: PerRegion<Diameters | null>,
  { unsupported, keepSpecks }: Plan['options'],
  ofCase: readonly Warning[],
): CombinationReport {
  const given = (region: Region) => isGiven(found.volumes[region].supported, unsupported);
  const ratings = ratingsOf(found, ofCase);
  const numbers = (values: PerRegion<number | null>) =>
    perRegion((_, region) => (given(region) ? inFilesOrNull(values[region]) : null));
  return {
    volumes: perRegion((_, region) => {
      const { ml, supported, range, expected } = found.volumes[region];
      return {
        ml: given(region) ? inFiles(ml) : null,
        supported,
        range: range && given(region) ? { lower: inFiles(range.lower), upper: inFiles(range.upper) } : null,
        expectedDice:
          supported && expected
            ? {
                dice: inFiles(expected.dice),
                lower: inFiles(expected.lower),
                upper: inFiles(expected.upper),
                falseMl: inFilesOrNull(expected.falseMl),
              }
            : null,
        trust: ratings[region],
      };
    }),
    diameters: perRegion((_, region) => (given(region) ? plainDiameters(diameters[region]) : null)),
    agreement: numbers(found.agreement),
    agreementWithAll: numbers(found.agreementWithAll),
    contributions:
      found.contributions?.map(({ modality, added, removed }) => ({
        modality,
        added: numbers(added),
        removed: numbers(removed),
      })) ?? null,
    enhancingLesions: given('ET') ? found.enhancingLesions : null,
    specks: found.specks.map((speck) => ({
      ...speck,
      ml: inFiles(speck.ml),
      centroidMm: speck.centroidMm.map(inFiles),
      centroidVoxel: speck.centroidVoxel.map(inFiles),
      removed: !keepSpecks,
    })),
    warnings: found.warnings.map(reportWarning),
    notChecked: found.notChecked,
  };
}

function describeEdit(
  { labels, state, role }: EditedMask,
  { result: { grid } }: Subject,
  { given, supported, options }: Plan,
  from: DescribedMask | null,
): NonNullable<CaseReport['edited']> {
  const volumes = volumesOf(labels, grid);
  const diameters = regionDiameters({ ...grid, data: labels });
  return {
    from: options.neutralNames
      ? neutralTitle(state.from.mask.kind, role, state.from.title)
      : state.from.title,
    strokes: state.strokes,
    choices: state.choices,
    volumes: perRegion((_, region) => ({
      ml: given[region] ? inFiles(volumes[region]) : null,
      supported: supported[region],
      range: null,
      expectedDice: null,
      trust: null,
    })),
    diameters: perRegion((_, region) => (given[region] ? plainDiameters(diameters[region]) : null)),
    byHand: perRegion((_, region) => ({
      addedMl: inFiles(state.byHand[region].addedMl),
      removedMl: inFiles(state.byHand[region].removedMl),
    })),
    warnings: (from?.found.warnings ?? []).map(reportWarning).map(ofTheAutomaticMask),
  };
}

const ROLES = {
  reader1: 'a reader’s mask',
  reader2: 'another reader’s mask',
  truth: 'a mask that serves as truth',
  earlier: 'an earlier edit',
} as const;

/** What an edit began from, without the name of a file. */
function neutralTitle(kind: string, role: EditedMask['role'], title: string): string {
  if (kind === 'combination') return title;
  if (role !== null) return ROLES[role];
  return kind === 'edited' ? 'an edit' : 'a mask that was opened';
}

function ofTheAutomaticMask({ code, text }: ReportWarning): ReportWarning {
  return { code, text: `The automatic mask had a warning: ${text}` };
}

/** Every warning that applies to the mask that is written first; those that forbid a number stand first. */
export function warningsIn(report: CaseReport): ReportWarning[] {
  const ofMask = report.edited?.warnings ?? report.combinations[report.combination].warnings;
  return inOrder(report.warnings, ofMask);
}

function named(warning: Warning, neutral: boolean): Warning {
  if (warning.code !== 'CHECK_OVERRIDDEN' && warning.code !== 'PREPARATION_DOUBTFUL') return warning;
  const { problem } = warning;
  return problem
    ? ({ ...warning, problem: unfiled(problemForReport(problem, neutral)) } as Warning)
    : warning;
}

/** Its sentence names no file, and what a window keeps of a preparation knows none. */
function unfiled({ file: _file, files: _files, also, ...problem }: Problem): Problem {
  return also ? { ...problem, also: also.map(unfiled) } : problem;
}

function plainPreparation(
  preparation: NonNullable<Subject['preparation']>,
  neutral: boolean,
): NonNullable<CaseReport['preparation']> {
  const { reference, brainMask, steps } = describePreparation(preparation, neutral);
  return {
    reference,
    brainMask: { source: brainMask.source, ml: inFiles(brainMask.ml) },
    steps: steps.map((step) => ({ ...step, seconds: inFiles(step.seconds), numbers: { ...step.numbers } })),
  };
}

function plainDiameters(diameters: Diameters | null): Diameters | null {
  return (
    diameters && {
      longestMm: inFiles(diameters.longestMm),
      perpendicularMm: inFiles(diameters.perpendicularMm),
      slice: diameters.slice,
      sliceZMm: inFiles(diameters.sliceZMm),
    }
  );
}
