import { throwIfCancelled } from '../../errors.js';
import { reportCsv } from '../../export/csv.js';
import { regionDiameters } from '../../export/diameters.js';
import type { ReportFacts } from '../../export/facts.js';
import { reportHtml } from '../../export/html.js';
import { problemForReport } from '../../export/names.js';
import { CaseOutput, refuseOutputInsideInput } from '../../export/output.js';
import { overviewPicture, type PictureMask } from '../../export/picture.js';
import type { PreparationReport } from '../../export/preparationReport.js';
import { type CaseReport, RESEARCH_NOTICE } from '../../export/report.js';
import { volumesOf } from '../../segment/cleanUp.js';
import { allCombinations, combinationName, type Modality, REGIONS } from '../../terms.js';
import { writeFileAtomically } from '../../volume/atomicFile.js';
import { writeNifti } from '../../volume/niftiWriter.js';
import type { EditState } from '../contract/edits.js';
import type { PreparedSummary } from '../contract/preparation.js';
import type { CaseResult } from '../contract/results.js';
import { reportWarning } from '../contract/warnings.js';
import { plannedExtras, writeExtras } from '../extraFiles.js';
import type { JobContext } from '../jobs.js';
import { QUORUM_VERSION } from '../version.js';
import { FILES, LABEL_VALUES, writeProbabilities } from '../writeMasks.js';
import { extraContent, imagesOnGrid, overriddenOf } from './exportContent.js';
import { describeExport, type MaskFacts } from './exportFacts.js';
import { type ExportJob, withoutNames } from './exportJob.js';
import type { ImageStore } from './mapTasks.js';
import { type HeldResult, maskOf, type ResultStore } from './resultStore.js';
import { seriesMasks } from './seriesMasks.js';

/**
 * Writes a case's results into a folder: the mask (edited or of a combination), further combinations, probability maps, CSV,
 * picture, HTML report and `report.json`.
 *
 * @throws QuorumError OUTPUT_EXISTS, OUTPUT_INSIDE_INPUT, OUTPUT_NOT_WRITABLE, DISK_FULL; nothing is left half-written.
 */
export async function exportTask(
  given: ExportJob,
  store: ResultStore,
  images: ImageStore,
  context: JobContext,
): Promise<{ folder: string; files: string[] }> {
  const job = given.request.neutralNames ? withoutNames(given) : given;
  const { request, source } = job;
  context.report('masks', 0);
  await refuseOutputInsideInput(request.folder, job.inputFolders);
  const held = await store.get(source);
  const masks = await masksOf(job, held);
  const output = await CaseOutput.open(request.folder, plannedFiles(job), request.overwrite);
  try {
    for (const [n, mask] of masks.entries()) {
      throwIfCancelled(context.signal);
      context.report('masks', (0.5 * n) / masks.length);
      await writeMask(mask, held, request, output);
    }
    const native = job.prepared ? await writeSeriesMasks(masks[0], held, job, output) : undefined;
    if (request.probabilities) {
      context.report('probability maps', 0.5);
      const members = request.combination.split('+') as Modality[];
      await writeProbabilities({ ...held, name: source.name }, held.logits, held.model, members, output);
    }
    await writeExtras(
      request,
      extraContent(job, held, masks[0], images),
      (file) => output.stage(file),
      context,
    );
    context.report('report', 0.97);
    throwIfCancelled(context.signal);
    const picture = request.picture || request.report ? await drawPicture(held, masks, images) : null;
    const facts = describeExport(job, held, masks, picture);
    await writeTexts(job, facts, picture, output);
    const report = await output.commit(caseReport(job, held, masks, native));
    return { folder: request.folder, files: report.files.map(({ file }) => file) };
  } finally {
    await output.close();
  }
}

/** The report as HTML, without writing anything. */
export async function reportTask(
  job: ExportJob,
  store: ResultStore,
  images: ImageStore,
): Promise<{ html: string }> {
  const held = await store.get(job.source);
  const masks = await masksOf({ ...job, request: { ...job.request, combinations: [] } }, held);
  const picture = await drawPicture(held, masks, images);
  return { html: reportHtml(describeExport(job, held, masks, picture)) };
}

/** The masks that are written, the result first. */
async function masksOf(
  { request, edited, prepared, source }: ExportJob,
  held: HeldResult,
): Promise<MaskFacts[]> {
  const facts = (
    file: string,
    combination: string,
    labels: Uint8Array,
    edit: EditState | null,
  ): MaskFacts => ({
    file,
    combination,
    labels,
    edit,
    diameters: regionDiameters({ ...held.grid, data: labels }),
  });
  const made = async (file: string, combination: string) => {
    const { labels } = await maskOf(held, combination, request.threshold, request.keepSpecks);
    return facts(file, combination, labels, null);
  };
  const { name } = source;
  const file = prepared ? FILES.onPrepared(name) : FILES.segmentation(name);
  const masks = [
    edited && request.edited
      ? facts(file, request.combination, edited.labels, edited.state)
      : await made(file, request.combination),
  ];
  for (const combination of inOrder(request.combinations, held))
    masks.push(await made(FILES.combination(combination.split('+') as Modality[]), combination));
  return masks;
}

function inOrder(combinations: readonly string[], { present }: HeldResult): string[] {
  return allCombinations(present)
    .map(combinationName)
    .filter((name) => combinations.includes(name));
}

function plannedFiles({ request, prepared, source: { name, images, origins } }: ExportJob): string[] {
  return [
    FILES.segmentation(name),
    ...request.combinations.map((one) => FILES.combination(one.split('+') as Modality[])),
    ...(request.probabilities
      ? REGIONS.flatMap((r) => [FILES.probability(name, r), FILES.spread(name, r)])
      : []),
    ...(request.csv ? [csvFile(name)] : []),
    ...(request.picture ? [FILES.picture(name)] : []),
    ...(request.report ? [htmlFile(name)] : []),
    ...plannedExtras(request, { name, sources: origins ?? images }),
    ...(prepared ? [FILES.onPrepared(name)] : []),
    ...(request.native && origins ? origins.map(({ modality }) => FILES.native(modality)) : []),
  ];
}

const csvFile = (name: string) => `${name}_volumes.csv`;
const htmlFile = (name: string) => `${name}_report.html`;

async function writeMask(
  { file, labels }: MaskFacts,
  { grid, form }: HeldResult,
  { labels: scheme }: ExportJob['request'],
  output: CaseOutput,
): Promise<void> {
  const data = inScheme(labels, scheme);
  await writeNifti(await output.stage(file), { ...grid, data }, { form });
}

/**
 * The mask on the series' own grids: the result on that of the reference, and, when they are asked for, each series' with its volumes.
 */
async function writeSeriesMasks(
  { labels }: MaskFacts,
  { grid, source }: HeldResult,
  { request, prepared }: ExportJob,
  output: CaseOutput,
): Promise<CaseReport['native']> {
  const written: { -readonly [M in Modality]?: NonNullable<CaseReport['native']>[M] } = {};
  for await (const one of seriesMasks({ ...grid, data: labels }, source.origins ?? [])) {
    const { size, affine, niftiHeader } = one.header;
    const mask = { size, affine, data: inScheme(one.labels, request.labels) };
    const write = async (file: string) => writeNifti(await output.stage(file), mask, { form: niftiHeader });
    if (one.modality === prepared?.reference) await write(FILES.segmentation(source.name));
    if (!request.native) continue;
    const file = FILES.native(one.modality);
    await write(file);
    written[one.modality] = { file, ml: volumesOf(one.labels, one.header) };
  }
  return request.native ? written : undefined;
}

function inScheme(labels: Uint8Array, scheme: ExportJob['request']['labels']): Uint8Array {
  const { enhancing } = LABEL_VALUES[scheme];
  return scheme === 'brats' ? labels : labels.map((label) => (label === 4 ? enhancing : label));
}

/** What `report.json` says of a preparation. */
function reportedPreparation({ reference, brainMask, steps }: PreparedSummary): PreparationReport {
  return { reference, brainMask, steps: steps.map(({ picture: _, ...step }) => step) };
}

async function writeTexts(
  { request, source: { name } }: ExportJob,
  facts: ReportFacts,
  picture: Uint8Array | null,
  output: CaseOutput,
): Promise<void> {
  const write = async (file: string, bytes: Uint8Array) =>
    writeFileAtomically(await output.stage(file), [bytes]);
  if (request.csv) await write(csvFile(name), Buffer.from(reportCsv(facts)));
  if (request.picture) await write(FILES.picture(name), picture!);
  if (request.report) await write(htmlFile(name), Buffer.from(reportHtml(facts)));
}

async function drawPicture(
  held: HeldResult,
  masks: readonly MaskFacts[],
  images: ImageStore,
): Promise<Uint8Array> {
  const pictured = masks.map(
    ({ combination, labels }): PictureMask => ({ members: combination.split('+') as Modality[], labels }),
  );
  return overviewPicture(await imagesOnGrid(held, images), held.grid, pictured);
}

/** `report.json`: the same shape as the command line's, with answers and edit. */
function caseReport(
  job: ExportJob,
  held: HeldResult,
  masks: readonly MaskFacts[],
  native: CaseReport['native'],
): Omit<CaseReport, 'files' | 'state'> {
  const { source, request, result, files, answers } = job;
  const { description, hash } = held.model;
  const [main] = masks;
  return {
    application: 'quorum',
    kind: 'case',
    format: 1,
    notice: RESEARCH_NOTICE,
    case: source.name,
    finishedAt: new Date().toISOString(),
    quorumVersion: QUORUM_VERSION,
    fingerprint: {
      inputs: Object.fromEntries(source.images.map(({ modality, sha256 }) => [modality, sha256])),
      modelHash: hash,
      options: { window: true, ...request, folder: '' },
    },
    images: files
      .filter(({ sequence }) => sequence !== 'mask' && sequence !== 'other')
      .map(({ name, sequence, reason }) => ({
        sequence: sequence as Modality,
        file: name,
        reason,
        used: source.images.some(({ modality }) => modality === sequence),
      })),
    setAside: files
      .filter(({ sequence }) => sequence === 'mask' || sequence === 'other')
      .map(({ name, reason }) => ({ file: name, reason })),
    warnings: result.warnings.map(reportWarning),
    overridden: overriddenOf(result).map((problem) => problemForReport(problem, request.neutralNames)),
    model: {
      name: description.name,
      version: description.version,
      hash,
      trainingData: description.knowledge.trainingData,
    },
    engine: { ...result.engine, events: [] },
    threshold: request.threshold ?? description.threshold,
    labels: { scheme: request.labels, values: LABEL_VALUES[request.labels] },
    combination: request.combination,
    combinations: Object.fromEntries(
      [request.combination, ...request.combinations].map((name) => [
        name,
        reported(result, name, masks, request),
      ]),
    ),
    ...(job.prepared ? { preparation: reportedPreparation(job.prepared) } : {}),
    ...(native ? { native } : {}),
    spread: null,
    networkPasses: result.networkPasses,
    seconds: { total: result.seconds },
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    answers,
    edited: main.edit && {
      from: main.edit.from.title,
      strokes: main.edit.strokes,
      choices: main.edit.choices,
      volumes: main.edit.volumes,
      diameters: main.diameters,
      byHand: main.edit.byHand,
    },
  };
}

function reported(
  result: CaseResult,
  name: string,
  masks: readonly MaskFacts[],
  { keepSpecks }: ExportJob['request'],
) {
  const { volumes, agreement, contributions, specks } = result.combinations[name];
  const written = masks.find(({ combination, edit }) => combination === name && edit === null);
  return {
    volumes,
    ...(written ? { diameters: written.diameters } : {}),
    agreement,
    contributions,
    specks: specks.map((speck) => ({ ...speck, removed: !keepSpecks })),
  };
}
