import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { QuorumError } from '../errors.js';
import { refuseOutputInsideInput } from '../export/output.js';
import { describePreparation, type PreparationReport } from '../export/preparationReport.js';
import { RESEARCH_NOTICE } from '../export/report.js';
import type { Case } from '../prepare/case.js';
import { networkStripper } from '../prepare/mindgrab.js';
import { prepareStudy } from '../prepare/prepareStudy.js';
import { withPictures } from '../prepare/stepPictures.js';
import { MODALITIES, type Modality } from '../terms.js';
import { affineRows } from '../volume/affine.js';
import { writeProblem } from '../volume/atomicFile.js';
import { writeNifti } from '../volume/niftiWriter.js';
import { readLabelMap } from '../volume/read.js';
import type { PrepareRequest } from './contract.js';
import { summariseGrid } from './inspect.js';
import type { JobContext } from './jobs.js';
import { type IntakeTools, type OpenedStudy, openNamed, withInputs } from './studies/openInputs.js';

/** What `quorum prepare` made. */
export interface PrepareResult {
  readonly case: string;
  readonly files: readonly string[];
  /** Null: the images came prepared and were written as they are. */
  readonly preparation: PreparationReport | null;
  readonly seconds: number;
  readonly notice: string;
}

/**
 * Prepares one case and writes it in BraTS style into a new folder: an image per sequence, the brain mask, the transforms,
 * and a check picture per step. The folder appears with everything in it or not at all.
 *
 * @throws QuorumError OUTPUT_EXISTS, OUTPUT_INSIDE_INPUT, and what intake and prepare raise.
 */
export async function runPrepareJob(
  request: PrepareRequest,
  tools: IntakeTools,
  context: JobContext,
): Promise<PrepareResult> {
  const started = performance.now();
  const output = resolve(request.output);
  await refuseOutputInsideInput(output, await foldersOf(request.inputs));
  await refuseFull(output);
  return withInputs(request, tools, context, async (inputs) => {
    const opened = await (inputs?.open(context) ?? openNamed(request.inputs, request.overrides));
    return prepareOpened(opened, output, request, started, context);
  });
}

async function prepareOpened(
  { study, labels }: OpenedStudy,
  output: string,
  request: PrepareRequest,
  started: number,
  context: JobContext,
): Promise<PrepareResult> {
  const prepared = await prepareStudy(study, {
    ...(request.use ? { use: request.use } : {}),
    reference: request.reference ?? undefined,
    skip: request.skip,
    brainMask: request.brainMask === null ? undefined : await readLabelMap(request.brainMask),
    stripper: request.stripper === null ? undefined : networkStripper(request.stripper),
    keepHeads: true,
    signal: context.signal,
    onProgress: (stage, share) => context.report(stage, 0.9 * share),
  });
  context.report('writing', 0.9);
  await mkdir(dirname(output), { recursive: true });
  const staging = await mkdtemp(join(dirname(output), '.quorum-part-')).catch((cause) => {
    throw writeProblem(cause, output);
  });
  try {
    const files = await writeCase(prepared, labels, staging);
    if (context.signal.aborted) throw new QuorumError({ code: 'CANCELLED' });
    await rmdir(output).catch(() => undefined);
    await rename(staging, output).catch((cause) => {
      throw writeProblem(cause, output);
    });
    const seconds = (performance.now() - started) / 1000;
    const preparation = prepared.preparation ? describePreparation(prepared.preparation, false) : null;
    return { case: prepared.name, files, preparation, seconds, notice: RESEARCH_NOTICE };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function foldersOf(inputs: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const input of inputs) {
    const info = await stat(input).catch((cause) => {
      throw new QuorumError({ code: 'FILE_NOT_FOUND', file: input }, { cause });
    });
    if (info.isDirectory()) folders.push(resolve(input));
  }
  return folders;
}

/** @throws QuorumError OUTPUT_EXISTS when there is a file, or a folder with anything in it. */
async function refuseFull(output: string): Promise<void> {
  const names = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new QuorumError({ code: 'OUTPUT_EXISTS', file: output, expected: 'no such file' });
  });
  if (names.length > 0)
    throw new QuorumError({ code: 'OUTPUT_EXISTS', file: output, expected: 'an empty folder, or none' });
}

/** @returns the names of what was written. */
async function writeCase(prepared: Case, labels: OpenedStudy['labels'], folder: string): Promise<string[]> {
  const { name, grid, form, images, preparation } = prepared;
  const files: string[] = [];
  const at = (file: string) => {
    files.push(file);
    return join(folder, file);
  };
  for (const modality of MODALITIES) {
    const image = images[modality];
    if (image) await writeNifti(at(`${name}_${modality}.nii.gz`), { ...grid, data: image.data }, { form });
  }
  if (preparation) {
    const { data } = preparation.brainMask;
    await writeNifti(at(`${name}_brainmask.nii.gz`), { ...grid, data });
    await mkdir(join(folder, 'checks'));
    for (const [n, { step, sequence, picture }] of (await withPictures(prepared)).entries())
      if (picture)
        await writeFile(at(`checks/${n + 1}-${step}${sequence ? `-${sequence}` : ''}.png`), picture);
  }
  await writeFile(
    at('transforms.json'),
    `${JSON.stringify(describeTransforms(prepared, labels), null, 2)}\n`,
  );
  return files;
}

/** Where everything lies: all matrices as three rows, RAS mm → RAS mm. */
function describeTransforms(
  { name, grid, images, placements, preparation }: Case,
  labels: OpenedStudy['labels'],
) {
  const transforms = preparation?.transforms;
  const rows = (matrix: NonNullable<typeof transforms>['caseToReference'] | null | undefined) =>
    matrix ? affineRows(matrix) : null;
  const series = MODALITIES.filter((m) => images[m]).map((modality: Modality) => {
    const placement = placements?.[modality];
    return {
      sequence: modality,
      file: labels.get(images[modality]!.file) ?? basename(images[modality]!.file),
      grid: summariseGrid(placement?.grid ?? grid),
      toCase: rows(placement?.toCase ?? [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    };
  });
  return {
    application: 'quorum',
    kind: 'preparation',
    format: 1,
    notice: RESEARCH_NOTICE,
    case: name,
    grid: summariseGrid(grid),
    series,
    caseToReference: rows(transforms?.caseToReference),
    atlasToReference: rows(transforms?.atlasToReference),
    preparation: preparation ? describePreparation(preparation, false) : null,
  };
}
