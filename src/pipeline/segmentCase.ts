import { basename } from 'node:path';
import { lookAtImages } from '../checks/checkWarnings.js';
import { imageWarnings } from '../checks/imageWarnings.js';
import { withAnswers } from '../contract/answers.js';
import type { SegmentRequest } from '../contract/index.js';
import type { CaseReport } from '../contract/report.js';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import type { FallbackEngine } from '../engine/devices/fallbackEngine.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { type SelectedEngine, selectEngine } from '../engine/devices/selectEngine.js';
import { CaseOutput } from '../export/output.js';
import { maskThumbnail } from '../export/thumbnail.js';
import { sequencesToUse } from '../intake/sequencesToUse.js';
import type { Study } from '../intake/study.js';
import type { JobContext } from '../jobs/context.js';
import type { StagingRegister } from '../kept/stagingRegister.js';
import { populationOf } from '../model/knowledgeSchema.js';
import { type Model, openModel } from '../model/model.js';
import type { OpenedStudy } from '../open/openInputs.js';
import { type Case, prepareCase } from '../prepare/case.js';
import { prepareTogether } from '../prepare/prepareTogether.js';
import { computeLogits } from '../segment/logits.js';
import { passesPerModality } from '../segment/mirroredPass.js';
import { makeResult, memberBits, type Result } from '../segment/result.js';
import {
  allCombinations,
  type Combination,
  combinationName,
  MODALITIES,
  MODALITY_TITLES,
  type Modality,
  NEUTRAL_NAME,
} from '../terms.js';
import { traced } from '../trace.js';
import { IDENTITY } from '../volume/placement.js';
import { voxelCount } from '../volume/volume.js';
import type { CaseInputs, SegmentedCase } from './caseInputs.js';
import type { SourceImage } from './caseSource.js';
import type { Surroundings } from './context.js';
import { checkFormats, exportResult, plannedFiles } from './export.js';
import { caseWarnings } from './findings.js';
import {
  exportOptions,
  fingerprintOf,
  finishedBefore,
  inputHashes,
  planOf,
  preparationChoices,
  preparationMark,
} from './plan.js';
import { stopwatch } from './stopwatch.js';
import type { Subject } from './subject.js';
import { subsetVolumes } from './subsets.js';

/** The shares of a case's time after which it is prepared, and has its logits and masks. */
export const PREPARED = 0.4;
const COMPUTED = 0.7;
const COMBINED = 0.8;

/** Gives the engine for the model; it is opened when the first case needs it. */
export type EngineSource = () => Promise<FallbackEngine>;

/** What every case of a job is made with. */
export interface SegmentWork {
  readonly request: SegmentRequest;
  readonly model: Model;
  readonly openEngine: EngineSource;
  readonly around: Surroundings;
}

/** Opens the request's model, and the engine when the first case needs it; both end with the work. */
export async function withModel<T>(
  request: SegmentRequest,
  {
    profileFolder,
    staging,
    around,
    launch,
  }: {
    /** Holds the verdicts of devices. */
    readonly profileFolder: string;
    readonly staging: StagingRegister;
    readonly around: Surroundings;
    /** Tests a device in a process of its own. */
    readonly launch?: SelfTestLauncher;
  },
  act: (work: SegmentWork) => Promise<T>,
): Promise<T> {
  const model = await openModel(request.model);
  let opened: Promise<SelectedEngine> | null = null;
  const openEngine: EngineSource = async () => {
    const threads = request.threads === null ? {} : { threads: request.threads };
    opened ??= selectEngine(networkOf(model), request.device, {
      verdictFolder: profileFolder,
      ...threads,
      ...(launch ? { launch } : {}),
    });
    return (await opened).engine;
  };
  try {
    return await staging.during(request.output, () => act({ request, model, openEngine, around }));
  } finally {
    await (await (opened as Promise<SelectedEngine> | null)?.catch(() => null))?.engine.dispose();
  }
}

/**
 * Segments one case and writes its results into `folder`. Nothing is computed when the folder's own report says that the same
 * was finished before.
 *
 * @throws QuorumError what intake, prepare, the engine and the output raise; nothing is left half-written.
 */
export async function segmentCase(
  inputs: CaseInputs,
  folder: string,
  { request, model, openEngine, around }: SegmentWork,
  context: JobContext,
): Promise<SegmentedCase> {
  const started = performance.now();
  const lap = stopwatch();
  context.report('reading', 0);
  const opened = await traced('recognise', () => inputs.open(context));
  const name = inputs.name ?? (request.neutralNames ? NEUTRAL_NAME : opened.study.name);
  const study = { ...opened.study, name };
  const use = sequencesToUse(
    MODALITIES.filter((m) => study.images[m] && model.description.modalities.includes(m)),
    request.use,
  );
  const options = exportOptions(request, use);
  const together = request.prepare ? MODALITIES.filter((m) => study.images[m]) : use;
  const preparation = await preparationMark(request);
  const { inCohort } = inputs;
  const answers = inCohort?.answers ?? null;
  const making = {
    force: request.force,
    prepare: request.prepare,
    preparation,
    ...(answers ? { answers } : {}),
  };
  const fingerprint = fingerprintOf(
    await traced('hash', () => inputHashes(study, together)),
    model.hash,
    options,
    making,
    null,
  );
  const earlier = await finishedBefore(folder, fingerprint);
  const finished = inCohort?.keepFinished || !request.overwrite ? earlier : null;
  const asFinished = finished && { report: finished, skipped: true, picture: null };
  if (asFinished && !inCohort?.onSubject) return asFinished;

  const sources = use.map((modality) => sourceOf(study, modality));
  // Whether the images will be moved is not known yet.
  const mayMove = sources.map((source) => (request.prepare ? { ...source, toCase: IDENTITY } : source));
  const reference = request.prepare ? use[0] : null;
  const planned = planOf({ name, sources: mayMove, reference }, options, model.description, null);
  await checkFormats(planned);
  const output = asFinished ? null : await CaseOutput.open(folder, plannedFiles(planned), request.overwrite);
  try {
    const reading = { force: request.force, signal: context.signal };
    const kept = request.prepare ? await inCohort?.keptPreparation?.(study) : null;
    const onPrepared = kept ? undefined : inCohort?.onPrepared;
    const prepared = request.prepare
      ? await prepareTogether(study, use, {
          ...reading,
          ...(await preparationChoices(request)),
          ...kept,
          ...(onPrepared
            ? { keepHeads: true, onTogether: (all) => onPrepared(study, all, performance.now() - started) }
            : {}),
          onProgress: (stage, share) => context.report(stage, PREPARED * share),
        })
      : await prepareCase(study, { ...reading, use });
    lap.mark('reading');
    const engine = await traced('load network', () => openEngine());
    const onPass = (modality: Modality, done: number, total: number) =>
      context.report(
        `network: ${MODALITY_TITLES[modality]}`,
        PREPARED + ((COMPUTED - PREPARED) * done) / total,
      );
    const looking = lookAtImages(prepared, model.description.normalisation);
    // What it throws is told where it is awaited.
    looking.catch(() => undefined);
    const keptLogits = await inCohort?.keptLogits?.(prepared, use);
    const logits =
      keptLogits ??
      (await engine.run((e) => computeLogits(prepared, model, e, { signal: context.signal, onPass })));
    lap.mark('network');
    const { name: engineName, device } = engine;
    if (!keptLogits)
      await inCohort?.onLogits?.({
        ...{ prepared, logits, use },
        modelHash: model.hash,
        engine: { name: engineName, device },
      });
    const result = await makeResult(model, prepared.grid, prepared.form, logits, {
      held: heldMasks(use, options, prepared, request.memoryMb, inCohort !== undefined),
      signal: context.signal,
      onProgress: (share) => context.report('masks', COMPUTED + (COMBINED - COMPUTED) * share),
    });
    lap.mark('masks');
    const seen = await looking;
    const passes = use.length * passesPerModality(model.description);
    const subject: Subject = {
      name,
      sources: sources.map((source) => ({
        ...source,
        toCase: prepared.placements?.[source.modality]?.toCase,
      })),
      reference: prepared.preparation?.reference ?? null,
      result,
      found: null,
      images: async () => prepared.images,
      fingerprint,
      listed: listFiles({ ...opened, study }, use),
      preparation: prepared.preparation ?? null,
      overridden: prepared.overridden,
      warnings: withAnswers(
        caseWarnings({
          lost: opened.account.lost,
          steps: prepared.preparation?.steps ?? null,
          overridden: prepared.overridden,
          images: [
            ...prepared.notes,
            ...traced('check images', () =>
              imageWarnings(prepared, seen, mainMask(result, use), model.description),
            ),
          ],
          failedDevices: engine.events.map(({ device }) => device),
        }),
        {
          answers,
          suggestions: opened.account.suggestions,
          population: populationOf(model.description.knowledge),
        },
      ),
      engine: { name: engine.name, device: engine.device, events: engine.events },
      passes: { needed: passes, run: keptLogits ? 0 : passes },
      seconds: () => ({ ...lap.seconds(), total: (performance.now() - started) / 1000 }),
      examination: null,
      answers,
      ...(inCohort ? { subsets: await subsetVolumes(result, options) } : {}),
      edited: null,
    };
    inCohort?.onSubject?.(subject);
    if (asFinished || !output) return asFinished!;
    const plan = planOf(subject, options, model.description, null);
    const report = await exportResult(subject, plan, output, around, {
      signal: context.signal,
      report: (stage, share) => context.report(stage, COMBINED + (1 - COMBINED) * share),
    });
    const picture = inCohort ? maskThumbnail(prepared.images, mainMask(result, use)) : null;
    return { report, skipped: false, picture };
  } finally {
    await output?.close();
  }
}

/** The result's mask, and as many of the others that will be written as the memory holds; the rest is made one by one. */
function heldMasks(
  use: readonly Modality[],
  {
    combination,
    combinations,
  }: { readonly combination: Combination; readonly combinations: readonly Combination[] },
  { grid }: Pick<Case, 'grid'>,
  memoryMb: number,
  everySubset: boolean,
) {
  const atOnce = Math.max(1, Math.floor((memoryMb * 1e6) / voxelCount(grid.size)));
  const further = everySubset ? allCombinations(use).map(combinationName) : combinations;
  const names = [...new Set([combination, ...further])].slice(0, atOnce);
  return names.map((name) => memberBits({ present: use }, name));
}

function mainMask({ masks }: Result, use: readonly Modality[]): Uint8Array {
  return masks.get(memberBits({ present: use }, combinationName(use)))!.labels;
}

function sourceOf(study: Study, modality: Modality): SourceImage {
  const { file, dicom } = study.images[modality]!;
  return { modality, file, dicom };
}

function listFiles(
  { study, labels, account }: OpenedStudy,
  use: readonly Modality[],
): Pick<CaseReport, 'images' | 'setAside'> {
  return {
    images: MODALITIES.filter((m) => study.images[m]).map((sequence) => {
      const { file, reason } = study.images[sequence]!;
      return { sequence, file: labels.get(file) ?? basename(file), reason, used: use.includes(sequence) };
    }),
    setAside: [...account.notTaken],
  };
}
