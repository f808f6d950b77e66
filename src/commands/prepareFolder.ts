import { readdir, readFile, stat } from 'node:fs/promises';
import { join, normalize, resolve } from 'node:path';
import { z } from 'zod';
import { inputWarnings } from '../checks/checkWarnings.js';
import { withAnswers } from '../contract/answers.js';
import type { PrepareRequest } from '../contract/index.js';
import { RESEARCH_NOTICE, type ReportWarning } from '../contract/report.js';
import { reportWarning } from '../contract/warnings.js';
import { QuorumError, throwIfCancelled } from '../errors.js';
import { filesAreIntact, refuseOutputBesideFiles, refuseOutputInsideInput } from '../export/output.js';
import { describePreparation, type PreparationReport } from '../export/preparationReport.js';
import { sha256OfFile } from '../files/fileHash.js';
import { writeFileAtomically } from '../files/wholeFile.js';
import { writeFolderWhole } from '../files/wholeFolder.js';
import type { JobContext } from '../jobs/context.js';
import { type OpenedStudy, openNamed, withInputs } from '../open/openInputs.js';
import { caseWarnings } from '../pipeline/findings.js';
import { summariseGrid } from '../pipeline/inspect.js';
import { preparationChoices } from '../pipeline/plan.js';
import { writePreparation } from '../pipeline/writePreparation.js';
import type { Case } from '../prepare/case.js';
import { prepareStudy } from '../prepare/prepareStudy.js';
import { MODALITIES, type Modality, NEUTRAL_NAME } from '../terms.js';
import { affineRows } from '../volume/affine.js';
import { IDENTITY } from '../volume/placement.js';
import type { Host } from './host.js';

/** Says where everything lies, and claims the other files. */
const TRANSFORMS = 'transforms.json';

/** What `quorum prepare` made. */
export interface PrepareResult {
  readonly case: string;
  readonly files: readonly string[];
  /** Null: the images came prepared and were written as they are. */
  readonly preparation: PreparationReport | null;
  /** Series and files that were found and not used. */
  readonly setAside: readonly { readonly file: string; readonly reason: string }[];
  /** What was found of the input: lost sequences, what headers say of the patient, how images lie; as sentences. */
  readonly warnings: readonly ReportWarning[];
  readonly seconds: number;
  readonly notice: string;
}

/**
 * Prepares one case and writes it in BraTS style into a new folder: an image per sequence, the brain mask, the transforms,
 * and a check picture per step. The folder appears with everything in it or not at all.
 *
 * @throws QuorumError OUTPUT_EXISTS, OUTPUT_INSIDE_INPUT, and what intake and prepare raise.
 */
export async function prepareInputs(
  request: PrepareRequest,
  { working, staging }: Host,
  context: JobContext,
): Promise<PrepareResult> {
  const started = performance.now();
  const output = resolve(request.output);
  await refuseOutputInsideInput(output, await foldersOf(request.inputs));
  await refuseOutputBesideFiles(output, request.inputs);
  await refuseFull(output, request.overwrite);
  return staging.during(output, () =>
    withInputs(request, working, context, async (inputs) => {
      const opened = await (inputs?.open(context) ??
        openNamed(request.inputs, request.overrides, request.use));
      return prepareOpened(opened, output, request, started, context);
    }),
  );
}

async function prepareOpened(
  { study, account }: OpenedStudy,
  output: string,
  request: PrepareRequest,
  started: number,
  context: JobContext,
): Promise<PrepareResult> {
  const prepared = await prepareStudy(study, {
    ...(request.use ? { use: request.use } : {}),
    ...(await preparationChoices(request)),
    keepHeads: true,
    signal: context.signal,
    onProgress: (stage, share, until) =>
      context.report(stage, 0.85 * share, { until: 0.85 * until, expected: 29 }),
  });
  context.report('writing', 0.85, { until: 1 });
  const name = request.neutralNames ? NEUTRAL_NAME : prepared.name;
  const write = async (making: string) => {
    const files = await writeCase({ ...prepared, name }, making);
    throwIfCancelled(context.signal);
    // Much time has passed: somebody may have put something there.
    await refuseFull(output, request.overwrite);
    return files;
  };
  const files = await writeFolderWhole(output, write, { replace: request.overwrite });
  const seconds = (performance.now() - started) / 1000;
  const preparation = prepared.preparation ? describePreparation(prepared.preparation, false) : null;
  const setAside = account.notTaken.map(({ file, reason }, n) => ({
    file: request.neutralNames ? `file ${n + 1}` : file,
    reason,
  }));
  const { suggestions, lost } = account;
  const images = await inputWarnings(prepared);
  const found = caseWarnings({ lost, steps: null, overridden: [], images, failedDevices: [] });
  const nobodyAsked = { answers: null, suggestions, population: null };
  const warnings = [...withAnswers(found, nobodyAsked), ...prepared.notes].map(reportWarning);
  return { case: name, files, preparation, setAside, warnings, seconds, notice: RESEARCH_NOTICE };
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

/** @throws QuorumError OUTPUT_EXISTS when there is a file, or a folder with anything in it that `overwrite` may not replace. */
async function refuseFull(output: string, overwrite: boolean): Promise<void> {
  const names = await readdir(output, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new QuorumError({ code: 'OUTPUT_EXISTS', file: output, expected: 'no such file' });
  });
  if (names.length === 0 || (overwrite && (await isEarlierCase(output, names)))) return;
  const expected = overwrite
    ? 'an earlier case of Quorum, unchanged and with nothing else in its folder'
    : 'an empty folder, or none';
  throw new QuorumError({ code: 'OUTPUT_EXISTS', file: output, expected });
}

const CLAIMS = z.object({
  application: z.literal('quorum'),
  kind: z.literal('preparation'),
  files: z.array(z.object({ file: z.string(), sha256: z.string() })),
});

/** Whether a folder holds what Quorum wrote there, all of it unchanged, and nothing else. */
async function isEarlierCase(folder: string, names: readonly string[]): Promise<boolean> {
  const text = await readFile(join(folder, TRANSFORMS), 'utf8').catch(() => '');
  try {
    const { files } = CLAIMS.parse(JSON.parse(text));
    const known = new Set([TRANSFORMS, 'checks', ...files.map(({ file }) => normalize(file))]);
    return names.every((name) => known.has(name)) && (await filesAreIntact(folder, files));
  } catch {
    return false;
  }
}

/** @returns the names of what was written. */
async function writeCase(prepared: Case, folder: string): Promise<string[]> {
  const { name } = prepared;
  const files = await writePreparation(folder, prepared, {
    image: (modality) => `${name}_${modality}.nii.gz`,
    brain: `${name}_brainmask.nii.gz`,
    head: null,
    picture: ({ step, sequence }, n) => `checks/${n}-${step}${sequence ? `-${sequence}` : ''}.png`,
  });
  const claimed = [];
  for (const file of files) claimed.push({ file, sha256: await sha256OfFile(join(folder, file)) });
  const transforms = { ...describeTransforms(prepared), files: claimed };
  await writeFileAtomically(join(folder, TRANSFORMS), [
    Buffer.from(`${JSON.stringify(transforms, null, 2)}\n`),
  ]);
  return [...files, TRANSFORMS];
}

/** Where everything lies, without names of the user's files: all matrices as three rows, RAS mm → RAS mm. */
function describeTransforms({ name, grid, images, placements, preparation }: Case) {
  const transforms = preparation?.transforms;
  const rows = (matrix: NonNullable<typeof transforms>['caseToReference'] | null | undefined) =>
    matrix ? affineRows(matrix) : null;
  const series = MODALITIES.filter((m) => images[m]).map((modality: Modality) => {
    const placement = placements?.[modality];
    return {
      sequence: modality,
      grid: summariseGrid(placement?.grid ?? grid),
      toCase: rows(placement?.toCase ?? IDENTITY),
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
    preparation: preparation ? describePreparation(preparation, true) : null,
  };
}
