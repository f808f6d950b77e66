import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  answersFor,
  type CohortCase,
  type CohortResult,
  isAnswered,
  type SomeAnswers,
} from '../contract/cohort.js';
import { writeFileAtomically, writeProblem } from '../files/wholeFile.js';
import type { JobContext } from '../jobs/context.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import { type InputRequest, openNamed, withInputs } from '../open/openInputs.js';
import type { InCohort, SegmentedCase } from '../pipeline/caseInputs.js';
import { type SegmentWork, segmentCase } from '../pipeline/segmentCase.js';
import { cohortResult } from './result.js';
import { PICTURES } from './stateFile.js';

/** What a window knows beside the request. */
export type Known = Pick<InputRequest, 'remembered' | 'links'>;

/** Where a case's images lie. */
export type CaseFiles = NonNullable<CohortCase['source']>;

/** Segments a case of several as it would be alone, into the folder of its name below the request's output. */
export async function segmentFrom(
  { paths, study }: CaseFiles,
  name: string,
  work: SegmentWork,
  working: WorkingFolders,
  context: JobContext,
  inCohort?: InCohort,
  known: Known = {},
): Promise<SegmentedCase> {
  const { request } = work;
  const alone = { ...request, ...known, inputs: paths, study, overrides: {} };
  return withInputs(alone, working, context, (inputs) => {
    const open = inputs?.open ?? (() => openNamed(paths, {}, request.use));
    const folder = join(request.output, name);
    return segmentCase({ open, name, ...(inCohort ? { inCohort } : {}) }, folder, work, context);
  });
}

/** The same for a case of a cohort, with its answers, every subset's volumes, and a picture for the table. */
export async function segmentCohortCase(
  one: CohortCase,
  { files, answers: ofCohort }: { readonly files: CaseFiles; readonly answers: SomeAnswers },
  work: SegmentWork,
  working: WorkingFolders,
  context: JobContext,
  { keepFinished, onPrepared, onLogits, ...known }: Omit<InCohort, 'answers'> & Known,
): Promise<{ result: CohortResult; skipped: boolean }> {
  const answers = isAnswered(one, ofCohort) ? answersFor(one, ofCohort) : null;
  const inCohort = {
    ...{ answers, keepFinished },
    ...(onPrepared ? { onPrepared } : {}),
    ...(onLogits ? { onLogits } : {}),
  };
  const request = one.confirmed ? { ...work.request, onePatient: true } : work.request;
  const made = await segmentFrom(files, one.name, { ...work, request }, working, context, inCohort, known);
  if (made.picture) await keepPicture(request.output, one.name, made.picture);
  return { result: cohortResult(made.report), skipped: made.skipped };
}

/** Where a case's thumbnail lies. */
export const pictureFile = (output: string, name: string) => join(output, PICTURES, `${name}.png`);

async function keepPicture(output: string, name: string, png: Uint8Array): Promise<void> {
  const file = pictureFile(output, name);
  await mkdir(dirname(file), { recursive: true }).catch((cause) => {
    throw writeProblem(cause, file);
  });
  await writeFileAtomically(file, [png]);
}
