import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { FallbackEngine } from '../engine/devices/fallbackEngine.js';
import { type ErrorCode, QuorumError } from '../errors.js';
import { NEUTRAL_NAME, problemForReport } from '../export/names.js';
import { CaseOutput, filesAreIntact, readReport } from '../export/output.js';
import { describePreparation } from '../export/preparationReport.js';
import {
  type CaseReport,
  type CombinationResult,
  type Fingerprint,
  type LeftOut,
  RESEARCH_NOTICE,
} from '../export/report.js';
import type { Series, Study } from '../intake/study.js';
import type { Model } from '../model/model.js';
import { caseWarnings, imageWarnings } from '../pipeline/warnings.js';
import { type Case, prepareCase, sha256OfFile } from '../prepare/case.js';
import { prepareStudy } from '../prepare/prepareStudy.js';
import { perRegion } from '../segment/influence.js';
import { computeLogits, RESULT_FORMAT } from '../segment/logits.js';
import { passesPerModality } from '../segment/mirroredPass.js';
import { allCombinations, combinationName, MODALITIES, MODALITY_TITLES, type Modality } from '../terms.js';
import { reportWarning } from './contract/warnings.js';
import {
  checkExtras,
  type ExtraContent,
  plannedExtras,
  type SourceImage,
  writeExtras,
} from './extraFiles.js';
import type { JobContext } from './jobs.js';
import type { OpenedStudy } from './studies/openInputs.js';
import { QUORUM_VERSION } from './version.js';
import {
  type CaseOptions,
  LABEL_VALUES,
  plannedFiles,
  writeMasks,
  writeProbabilities,
} from './writeMasks.js';

/** How one case is opened, and its name when the caller knows a better one than the folder's. */
export interface CaseInputs {
  readonly open: (context: JobContext) => Promise<OpenedStudy>;
  readonly name?: string;
}

/** Why a file that was asked for is not there, in words for the report. */
const LEFT_OUT: Partial<Record<ErrorCode, string>> = { MASK_EMPTY: 'the mask is empty on this series' };

/** The share of a case's time that reading and preparing may take. */
const PREPARED = 0.4;

/** Gives the engine for the model; it is opened when the first case needs it. */
export type EngineSource = () => Promise<FallbackEngine>;

/**
 * Segments one case and writes its results into `folder`: `<case>_seg.nii.gz`, on demand every combination and probability
 * maps, and `report.json`. Nothing is computed when the folder's own report says that the same was finished before.
 *
 * @throws QuorumError what intake, prepare, the engine and the output raise; nothing is left half-written.
 */
export async function segmentCase(
  inputs: CaseInputs,
  folder: string,
  model: Model,
  openEngine: EngineSource,
  options: CaseOptions,
  context: JobContext,
): Promise<{ report: CaseReport; skipped: boolean }> {
  const started = performance.now();
  const lap = stopwatch(started);
  context.report('reading', 0);
  const opened = await inputs.open(context);
  const name = inputs.name ?? (options.neutralNames ? NEUTRAL_NAME : opened.study.name);
  const study = { ...opened.study, name };
  const use = sequencesToUse(study, model, options.use);
  const fingerprint = await fingerprintOf(study, use, model, options);
  const earlier = await finishedBefore(folder, fingerprint);
  if (earlier && !options.overwrite) return { report: earlier, skipped: true };

  const sources = use.map((modality) => ({ ...study.images[modality]!, modality }));
  await checkExtras(options, sources);
  const combinations = options.allCombinations ? allCombinations(use) : [use];
  const output = await CaseOutput.open(
    folder,
    [...plannedFiles(study.name, combinations, options), ...plannedExtras(options, { name, sources })],
    options.overwrite,
  );
  try {
    const prepare = options.prepare ? prepareStudy : prepareCase;
    const prepared = await prepare(study, {
      use,
      force: options.force,
      signal: context.signal,
      onProgress: (stage, share) => context.report(stage, PREPARED * share),
    });
    lap.mark('reading');
    const engine = await openEngine();
    lap.mark('engine');
    const onPass = (modality: Modality, done: number, total: number) =>
      context.report(`network: ${MODALITY_TITLES[modality]}`, PREPARED + ((0.7 - PREPARED) * done) / total);
    const logits = await engine.run((e) =>
      computeLogits(prepared, model, e, { signal: context.signal, onPass }),
    );
    lap.mark('network');
    const {
      combinations: results,
      main,
      native,
    } = await writeMasks(prepared, logits, model, combinations, options, output, context);
    lap.mark('masks');
    context.report('probabilities', 0.9);
    const spread = options.probabilities
      ? await writeProbabilities(prepared, logits, model, use, output)
      : null;
    lap.mark('probabilities');
    const leftOut: LeftOut[] = [];
    await writeExtras(
      options,
      extraContent(prepared, sources, main, results[combinationName(use)], model),
      (file) => output.stage(file),
      context,
      (file, { code }) => leftOut.push({ file, reason: LEFT_OUT[code] ?? code }),
    );
    lap.mark('furtherFiles');
    const report = await output.commit({
      application: 'quorum',
      kind: 'case',
      format: 1,
      notice: RESEARCH_NOTICE,
      case: study.name,
      finishedAt: new Date().toISOString(),
      quorumVersion: QUORUM_VERSION,
      fingerprint,
      ...describeStudy({ ...opened, study }, use, options.neutralNames),
      warnings: caseWarnings({
        steps: prepared.preparation?.steps ?? null,
        overridden: prepared.overridden,
        images: [...prepared.notes, ...imageWarnings(prepared, main, model.description)],
        failedDevices: engine.events.map(({ device }) => device),
        answers: null,
      }).map(reportWarning),
      overridden: prepared.overridden.map((problem) => problemForReport(problem, options.neutralNames)),
      ...(prepared.preparation
        ? { preparation: describePreparation(prepared.preparation, options.neutralNames) }
        : {}),
      model: {
        name: model.description.name,
        version: model.description.version,
        hash: model.hash,
        trainingData: model.description.knowledge.trainingData,
      },
      engine: { name: engine.name, device: engine.device, events: engine.events },
      threshold: model.description.threshold,
      labels: { scheme: options.labels, values: LABEL_VALUES[options.labels] },
      combination: combinationName(use),
      combinations: results,
      ...(native ? { native } : {}),
      ...(leftOut.length > 0 ? { leftOut } : {}),
      spread,
      networkPasses: logits.maps.length * passesPerModality(model.description),
      seconds: {
        ...lap.seconds(),
        networkPasses: logits.passSeconds.reduce((sum, s) => sum + s, 0),
        total: (performance.now() - started) / 1000,
      },
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    });
    return { report, skipped: false };
  } finally {
    await output.close();
  }
}

/** @throws QuorumError SEQUENCE_NOT_AVAILABLE when a sequence that was asked for is not there or not the model's. */
function sequencesToUse(study: Study, model: Model, wanted: readonly Modality[] | null): Modality[] {
  const available = MODALITIES.filter((m) => study.images[m] && model.description.modalities.includes(m));
  const use = MODALITIES.filter((m) => (wanted ?? available).includes(m));
  const missing = use.filter((m) => !available.includes(m));
  if (missing.length > 0 || use.length === 0) {
    const found = missing.map((m) => MODALITY_TITLES[m]).join(', ') || 'none';
    throw new QuorumError({
      code: 'SEQUENCE_NOT_AVAILABLE',
      expected: `some of ${available.map((m) => MODALITY_TITLES[m]).join(', ')}`,
      found,
    });
  }
  return use;
}

async function fingerprintOf(
  study: Study,
  use: readonly Modality[],
  model: Model,
  options: CaseOptions,
): Promise<Fingerprint> {
  const inputs: Partial<Record<Modality, string>> = {};
  for (const modality of use) inputs[modality] = await contentOf(study.images[modality]!);
  const { allCombinations: all, probabilities, picture, labels, keepSpecks, force, prepare } = options;
  const { dicomSeg, secondaryCapture, stl, strippedImages, neutralNames } = options;
  const further = { dicomSeg, secondaryCapture, stl, strippedImages, neutralNames };
  return {
    inputs,
    modelHash: model.hash,
    options: {
      format: RESULT_FORMAT,
      allCombinations: all,
      probabilities,
      picture,
      labels,
      keepSpecks,
      force,
      prepare,
      ...further,
    },
  };
}

/** SHA-256 of an image; of DICOM that of its voxels together with what DICOM results copy and refer to, wherever its files lie. */
async function contentOf({ file, dicom }: Series): Promise<string> {
  const voxels = await sha256OfFile(file);
  if (!dicom) return voxels;
  const { frames, ...identity } = dicom;
  const places = frames.map(({ file: _, ...frame }) => frame);
  return createHash('sha256')
    .update(JSON.stringify([voxels, identity, places]))
    .digest('hex');
}

function extraContent(
  prepared: Case,
  sources: readonly SourceImage[],
  main: Uint8Array,
  { volumes }: CombinationResult,
  model: Model,
): ExtraContent {
  const { description, hash } = model;
  const used = sources.map(({ modality }) => MODALITY_TITLES[modality]).join(' + ');
  return {
    name: prepared.name,
    sources: sources.map((source) => ({ ...source, toCase: prepared.placements?.[source.modality]?.toCase })),
    mask: { ...prepared.grid, data: main },
    form: prepared.form,
    volumes: perRegion((_, region) => (volumes[region].supported ? volumes[region].ml : null)),
    provenance: {
      quorumVersion: QUORUM_VERSION,
      modelName: description.name,
      modelVersion: description.version,
      modelHash: hash,
      editedByHand: false,
      settings: `${used}, threshold ${description.threshold}`,
      supported: perRegion((_, region) => volumes[region].supported),
      createdAt: new Date(),
    },
    prepared: async () => prepared,
  };
}

async function finishedBefore(folder: string, fingerprint: Fingerprint): Promise<CaseReport | null> {
  const report = await readReport(folder);
  if (report?.kind !== 'case' || report.state !== 'finished') return null;
  const same = JSON.stringify(report.fingerprint) === JSON.stringify(fingerprint);
  return same && (await filesAreIntact(folder, report.files)) ? report : null;
}

function describeStudy(
  { study, labels, notTaken }: OpenedStudy,
  use: readonly Modality[],
  neutral: boolean,
): Pick<CaseReport, 'images' | 'setAside'> {
  const chosen = new Set(Object.values(study.images));
  const others =
    notTaken ??
    study.series
      .filter((series) => !chosen.has(series))
      .map(({ file, reason }) => ({ file: basename(file), reason }));
  return {
    images: MODALITIES.filter((m) => study.images[m]).map((sequence) => {
      const { file, reason } = study.images[sequence]!;
      const shown = neutral ? sequence : (labels.get(file) ?? basename(file));
      return { sequence, file: shown, reason, used: use.includes(sequence) };
    }),
    setAside: others.map(({ file, reason }, n) => ({ file: neutral ? `file ${n + 1}` : file, reason })),
  };
}

function stopwatch(started: number) {
  let last = started;
  const laps: Record<string, number> = {};
  return {
    mark(name: string): void {
      const now = performance.now();
      laps[name] = (now - last) / 1000;
      last = now;
    },
    seconds: () => laps,
  };
}
