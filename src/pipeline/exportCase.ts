import type { ExportResult } from '../contract/exports.js';
import { QuorumError } from '../errors.js';
import { CaseOutput, refuseOutputInsideInput } from '../export/output.js';
import type { JobContext } from '../jobs/context.js';
import { type Modality, NEUTRAL_NAME } from '../terms.js';
import { sameGrid } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import type { Volume } from '../volume/volume.js';
import type { Surroundings } from './context.js';
import { checkFormats, exportResult, htmlOf, plannedFiles } from './export.js';
import type { ExportJob } from './exportJob.js';
import { contentHash, fingerprintOf, isDefaultPreparation, type Plan, planOf } from './plan.js';
import type { ImageStore } from './questions/imageStore.js';
import type { HeldResult, ResultStore } from './resultStore.js';
import type { Subject } from './subject.js';

/** @throws QuorumError OUTPUT_EXISTS, OUTPUT_INSIDE_INPUT, OUTPUT_NOT_WRITABLE, DISK_FULL; nothing is left half-written. */
export async function exportTask(
  job: ExportJob,
  store: ResultStore,
  images: ImageStore,
  around: Surroundings,
  context: JobContext,
): Promise<Omit<ExportResult, 'shown'>> {
  context.report('masks', 0);
  const { source } = job.segmented;
  await refuseOutputInsideInput(job.folder, source.about.inputFolders);
  const { subject, plan } = subjectOf(job, await store.get(source), images);
  await checkFormats(plan);
  const output = await CaseOutput.open(job.folder, plannedFiles(plan), job.overwrite);
  try {
    const report = await exportResult(subject, plan, output, around, context);
    return { folder: job.folder, files: report.files.map(({ file }) => file) };
  } finally {
    await output.close();
  }
}

/** The report as HTML, without writing anything. */
export async function reportTask(
  job: ExportJob,
  store: ResultStore,
  images: ImageStore,
  around: Surroundings,
): Promise<{ html: string }> {
  const { subject, plan } = subjectOf(job, await store.get(job.segmented.source), images);
  return { html: await htmlOf(subject, plan, around) };
}

function subjectOf(
  job: ExportJob,
  held: HeldResult,
  images: ImageStore,
): { readonly subject: Subject; readonly plan: Plan } {
  const { segmented, options, edited, answers } = job;
  const { source, result, laps } = segmented;
  const { prepared, listed, examination } = source.about;
  const name = options.neutralNames ? NEUTRAL_NAME : source.study.name;
  const sources = source.origins ?? source.images;
  const inputs = Object.entries(source.hashes).map(([modality, sha256]) => [
    modality,
    contentHash(sha256, source.study.images[modality as Modality]?.dicom),
  ]);
  const subject: Subject = {
    name,
    sources,
    reference: prepared?.reference ?? null,
    result: held,
    found: result.combinations,
    images: () => imagesOnGrid(held, images),
    fingerprint: fingerprintOf(
      Object.fromEntries(inputs),
      held.model.hash,
      options,
      {
        force: source.force,
        prepare: true,
        preparation: prepared && (isDefaultPreparation(prepared.options) ? null : prepared.options),
      },
      edited,
    ),
    listed,
    preparation: prepared,
    overridden: segmented.overridden,
    warnings: job.warnings,
    engine: { ...result.engine, events: segmented.events },
    passes: segmented.passes,
    seconds: () => ({ ...laps, total: result.seconds }),
    examination: job.identity ? examination : null,
    answers,
    edited,
  };
  return { subject, plan: planOf(subject, options, held.model.description, edited) };
}

/** The images of a result on its grid. */
async function imagesOnGrid(
  held: HeldResult,
  images: ImageStore,
): Promise<Partial<Record<Modality, Volume>>> {
  const onGrid: Partial<Record<Modality, Volume>> = {};
  for (const { modality } of held.source.images) onGrid[modality] = await imageOnGrid(held, modality, images);
  return onGrid;
}

/** One image of a result on its grid. @throws QuorumError SEQUENCE_NOT_AVAILABLE, and what reading it raises. */
export async function imageOnGrid(
  { grid, source }: HeldResult,
  modality: Modality,
  images: ImageStore,
): Promise<Volume> {
  const file = source.images.find((one) => one.modality === modality)?.file;
  if (file === undefined) throw new QuorumError({ code: 'SEQUENCE_NOT_AVAILABLE', found: modality });
  const image = await images.get(file);
  return sameGrid(image, grid)
    ? image
    : { ...grid, data: resample(image, grid, { interpolation: 'linear' }) };
}
