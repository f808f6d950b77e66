import { join, resolve, sep } from 'node:path';
import { CaseKeeper } from '../cohort/caseKeeper.js';
import { type FoundExamination, findExaminations } from '../cohort/findCases.js';
import { segmentFrom } from '../cohort/segmentOne.js';
import { type FollowUpRequest, segmentRequestSchema } from '../contract/commands.js';
import type { FollowUpReport } from '../contract/followUp.js';
import { QuorumError } from '../errors.js';
import { refuseOutputInsideInput } from '../export/output.js';
import { refuseSeveralPatients } from '../followup/examinations.js';
import { compareTimePoints } from '../followup/followUp.js';
import type { PointSource } from '../followup/timePoints.js';
import { refuseTarget, writeFollowUp } from '../followup/write.js';
import { type JobContext, partOf } from '../jobs/context.js';
import { LogitsCache } from '../kept/logitsCache.js';
import { SettingsStore } from '../kept/settings.js';
import { type SegmentWork, withModel } from '../pipeline/segmentCase.js';
import type { Subject } from '../pipeline/subject.js';
import { NEUTRAL_NAME } from '../terms.js';
import type { Host } from './host.js';

/** The share of the work after which every examination is segmented, and they are compared. */
const SEGMENTED = 0.8;
const COMPARED = 0.95;

/**
 * Segments one patient's examinations, each into a folder of its name, and compares them.
 *
 * @throws QuorumError SEVERAL_PATIENTS, TOO_FEW_EXAMINATIONS, OUTPUT_EXISTS, and what segmenting one of them raises: without it there
 *   is no follow-up.
 */
export async function followUpInputs(
  request: FollowUpRequest,
  host: Host,
  context: JobContext,
): Promise<FollowUpReport> {
  const inputs = request.inputs.map((input) => resolve(input));
  await refuseOutputInsideInput(request.output, inputs);
  await refuseTarget(request.output, request.overwrite);
  const workingFolder = await host.working.create();
  try {
    const { by: _, dates, ...rest } = request;
    const found = inOrderGiven(
      await findExaminations(inputs, { workingFolder, signal: context.signal }),
      inputs,
    );
    refuseSeveralPatients(
      found.map(({ one, patient }) => ({ patient: patient?.id ?? null, date: one.date })),
      request.onePatient,
    );
    if (dates.length > 0 && dates.length !== found.length)
      throw new QuorumError({
        code: 'REQUEST_INVALID',
        field: 'dates',
        expected: `${found.length}, one for each examination`,
        found: `${dates.length}`,
      });
    const asked = segmentRequestSchema.parse(rest);
    return await withModel(asked, host, (work) => compareAll(found, request, work, host, context));
  } finally {
    await host.working.remove(workingFolder);
  }
}

async function compareAll(
  found: readonly FoundExamination[],
  { by, dates, output, neutralNames, overwrite }: FollowUpRequest,
  work: SegmentWork,
  host: Host,
  context: JobContext,
): Promise<FollowUpReport> {
  const sources: PointSource[] = [];
  for (const [n, { one }] of found.entries()) {
    if (one.problem || !one.source) throw new QuorumError(one.problem ?? { code: 'COHORT_INPUT_UNKNOWN' });
    const name = neutralNames ? `${NEUTRAL_NAME}-${String(n + 1).padStart(3, '0')}` : one.name;
    const part = partOf(context.report, (SEGMENTED * n) / found.length, (SEGMENTED * (n + 1)) / found.length);
    const report: JobContext['report'] = (stage, share, details) =>
      part(stage, share, { ...details, case: name });
    const subject = await segmented(one.source, name, work, host, { signal: context.signal, report });
    const title = one.isDicom && one.date ? one.date.slice(0, 10) : name;
    sources.push(pointOf(subject, name, title, dates[n] ?? one.date?.slice(0, 10) ?? null));
  }
  const { report, labels } = await compareTimePoints(sources, by, work.around, {
    signal: context.signal,
    report: partOf(context.report, SEGMENTED, COMPARED),
  });
  const writing = { folder: output, neutralNames, overwrite, labels: async (n: number) => labels[n] };
  await writeFollowUp(report, writing, {
    signal: context.signal,
    report: partOf(context.report, COMPARED, 1),
  });
  return report;
}

/**
 * What segmenting an examination gives beside its files. One that was finished before stays as it is on the disk; what was prepared, and
 * what the network said, comes from what is kept where it is there still.
 */
async function segmented(
  files: NonNullable<FoundExamination['one']['source']>,
  name: string,
  work: SegmentWork,
  { working, profileFolder }: Host,
  context: JobContext,
): Promise<Subject> {
  const { cacheLimitMb } = await new SettingsStore(join(profileFolder, 'settings.json')).get();
  const cache = new LogitsCache(join(profileFolder, 'cache'));
  const keeper = new CaseKeeper(work.request, profileFolder, cache, cacheLimitMb * 1e6, false);
  let subject: Subject | null = null;
  await segmentFrom(files, name, work, working, context, {
    answers: null,
    keepFinished: true,
    keptPreparation: (study) => keeper.preparation(study),
    keptLogits: (prepared, use) => keeper.logits(prepared, use, work.model),
    onPrepared: (...made) => keeper.keepPreparation(...made),
    onLogits: (found) => keeper.keepLogits(found),
    onSubject: (made) => {
      subject = made;
    },
  });
  return subject!;
}

function pointOf({ result, images }: Subject, id: string, title: string, date: string | null): PointSource {
  return {
    ...{ id, title, date, answers: null, edited: null },
    sequences: result.present,
    open: async () => ({
      // Masks are made again when they are asked for: all of every examination would not fit.
      result: { ...result, masks: new Map() },
      image: async (sequence) => (await images())[sequence]!,
    }),
  };
}

/** By the order of the folders that were given. */
function inOrderGiven(found: readonly FoundExamination[], inputs: readonly string[]): FoundExamination[] {
  const place = ({ one }: FoundExamination) => {
    const path = one.source?.paths[0] ?? '';
    const at = inputs.findIndex((input) => path === input || path.startsWith(input + sep));
    return at < 0 ? inputs.length : at;
  };
  return [...found].sort((a, b) => place(a) - place(b));
}
