import { FORMATS } from '../contract/formats.js';
import type { CaseReport } from '../contract/report.js';
import type { CaseCombination } from '../contract/results.js';
import { ratingsOf, type Trust } from '../contract/trust.js';
import { titles } from '../contract/warnings.js';
import { throwIfCancelled } from '../errors.js';
import { regionDiameters } from '../export/diameters.js';
import type { FigureMask } from '../export/figure.js';
import { reportHtml } from '../export/html.js';
import type { CaseOutput } from '../export/output.js';
import { overviewPicture } from '../export/picture.js';
import type { JobContext } from '../jobs/context.js';
import { guessedLabels, inScheme, LABELS } from '../masks/labels.js';
import { supports } from '../model/support.js';
import { type CleanMask, isModelThreshold, type MaskChoice, maskOf } from '../segment/result.js';
import { type Combination, type Modality, membersOf, type PerRegion, perRegion } from '../terms.js';
import { traced } from '../trace.js';
import { writeNifti } from '../volume/niftiWriter.js';
import type { SourceImage } from './caseSource.js';
import type { Surroundings } from './context.js';
import { factsOf } from './facts.js';
import { findingsOf } from './findings.js';
import type { Parts, Work, WrittenMask } from './format.js';
import { WRITERS } from './formats.js';
import { FILES, type Plan } from './plan.js';
import { type DescribedMask, describeCase } from './report.js';
import { maskOnSeries, type SeriesMask } from './seriesMasks.js';
import type { Subject } from './subject.js';

/**
 * Names of the files that a plan asks for, relative to the output folder, the report aside.
 *
 * @throws QuorumError NOT_DICOM when DICOM objects are asked for and none of the sequences is from DICOM.
 */
export function plannedFiles(plan: Plan): string[] {
  const formats = FORMATS.filter(({ id }) => plan.options[id]);
  return [
    FILES.segmentation(plan.name),
    ...(plan.reference ? [FILES.onPrepared(plan.name)] : []),
    ...plan.further.map(FILES.combination),
    ...formats.flatMap(({ id }) => WRITERS[id].planned(plan)),
  ];
}

/**
 * Finds what the formats that were asked for would fail on, before anything is computed.
 *
 * @throws QuorumError NOT_DICOM, DICOM_INCOMPLETE, DICOM_INVALID, and what reading a header throws.
 */
export async function checkFormats(plan: Plan): Promise<void> {
  for (const { id } of FORMATS) if (plan.options[id]) await WRITERS[id].check?.(plan);
}

/**
 * Writes a result into an output folder that was opened for its plan: the mask, further combinations, every format that was
 * asked for, and `report.json`.
 *
 * @throws QuorumError what the formats raise, DISK_FULL, OUTPUT_NOT_WRITABLE, CANCELLED.
 */
export async function exportResult(
  subject: Subject,
  plan: Plan,
  output: CaseOutput,
  around: Surroundings,
  context: JobContext,
): Promise<CaseReport> {
  const { grid, form } = subject.result;
  const { options } = plan;
  const writing = new Writing(subject, plan, around);
  const stage = (file: string) => output.stage(file);
  const write = async (file: string, labels: Uint8Array) => {
    throwIfCancelled(context.signal);
    await writeNifti(await stage(file), { ...grid, data: inScheme(labels, options.labels) }, { form });
  };
  context.report('masks', 0);
  const main = await writing.main();
  const reference = plan.sources.find(({ modality }) => modality === plan.reference);
  await write(reference ? FILES.onPrepared(plan.name) : FILES.segmentation(plan.name), main.labels);
  if (reference) {
    const { header, labels } = await writing.onSeries(reference);
    const { size, affine, niftiHeader } = header;
    const data = inScheme(labels, options.labels);
    await writeNifti(
      await stage(FILES.segmentation(plan.name)),
      { size, affine, data },
      { form: niftiHeader },
    );
  }
  for (const [n, combination] of plan.further.entries()) {
    context.report('masks', (0.5 * n) / plan.further.length);
    await write(FILES.combination(combination), (await writing.automatic(combination)).labels);
  }
  const formats = FORMATS.filter(({ id }) => options[id]);
  for (const [n, { id }] of formats.entries()) {
    throwIfCancelled(context.signal);
    const share = 0.5 + (0.5 * n) / formats.length;
    const within = { signal: context.signal, report: (stage: string) => context.report(stage, share) };
    const work: Work = {
      subject,
      plan,
      around,
      context: within,
      main,
      onSeries: (source) => writing.onSeries(source),
      stage,
      leaveOut: (file, reason) => writing.leftOut.push({ file, reason }),
      take: (parts) => writing.take(parts),
      pictured: () => writing.pictured(),
      picture: () => writing.picture(),
      ratings: () => writing.ratings(),
      report: () => writing.report(),
    };
    await traced('write', () => WRITERS[id].write(work), { about: id });
  }
  const report = await traced('describe', () => writing.report());
  return traced('write', () => output.commit(report), { about: 'all files in place' });
}

/** The HTML report alone; nothing is written. */
export async function htmlOf(subject: Subject, plan: Plan, around: Surroundings): Promise<string> {
  const writing = new Writing(subject, plan, around);
  return reportHtml(factsOf(await writing.report(), plan, await writing.picture()));
}

/** One export while it is made: what is found in each mask, the picture and the report are made once. */
class Writing {
  readonly leftOut: CaseReport['leftOut'] = [];
  private readonly subject: Subject;
  private readonly plan: Plan;
  private readonly around: Surroundings;
  private readonly described = new Map<string, DescribedMask>();
  private readonly series = new Map<Modality, SeriesMask>();
  private parts: Parts = {};
  private masks: Promise<FigureMask[]> | null = null;
  private drawn: Promise<Uint8Array> | null = null;
  private made: CaseReport | null = null;

  constructor(subject: Subject, plan: Plan, around: Surroundings) {
    this.subject = subject;
    this.plan = plan;
    this.around = around;
  }

  /** What is written as the result. */
  async main(): Promise<WrittenMask> {
    const { edited } = this.subject;
    const { combination } = this.plan.options;
    if (edited) return { combination, labels: edited.labels, isEdited: true };
    return this.automatic(combination);
  }

  /** A combination's automatic mask. */
  async automatic(combination: Combination): Promise<WrittenMask> {
    const { labels } = await this.look(this.choiceOf(combination));
    return { combination, labels, isEdited: false };
  }

  /** The result on a series' own grid. */
  async onSeries(source: SourceImage): Promise<SeriesMask> {
    const made = this.series.get(source.modality);
    if (made) return made;
    const mask = { ...this.subject.result.grid, data: (await this.main()).labels };
    const there = await maskOnSeries(mask, source);
    this.series.set(source.modality, there);
    return there;
  }

  picture(): Promise<Uint8Array> {
    this.drawn ??= this.draw();
    return this.drawn;
  }

  take(parts: Parts): void {
    this.parts = { ...this.parts, ...parts };
  }

  /** Of the mask that is written as the result. */
  async ratings(): Promise<PerRegion<Trust | null>> {
    if (this.subject.edited) return perRegion(() => null);
    const { found } = await this.describe(this.choiceOf(this.plan.options.combination));
    return ratingsOf(found, this.subject.warnings);
  }

  async report(): Promise<CaseReport> {
    if (this.made) return this.made;
    const masks: DescribedMask[] = [];
    for (const combination of [this.plan.options.combination, ...this.others()])
      masks.push(await this.describe(this.choiceOf(combination)));
    const from = this.subject.edited?.state.from.mask;
    const editedFrom = from?.kind === 'combination' ? await this.describeEdited(from) : null;
    const parts = { ...this.parts, leftOut: this.leftOut, editedFrom };
    this.made = describeCase(this.subject, this.plan, masks, parts, this.around);
    return this.made;
  }

  /** Further combinations but for the result's own. */
  private others(): Combination[] {
    return this.plan.further.filter((one) => one !== this.plan.options.combination);
  }

  private choiceOf(combination: Combination): MaskChoice {
    const { threshold, keepSpecks } = this.plan.options;
    return { combination, threshold, keepSpecks };
  }

  /** The mask that an edit began from, where this result still has its sequences. */
  private async describeEdited(from: MaskChoice): Promise<DescribedMask | null> {
    const { present } = this.subject.result;
    const isThere = membersOf(from.combination).every((member) => present.includes(member));
    return isThere ? this.describe(from) : null;
  }

  private async describe(choice: MaskChoice): Promise<DescribedMask> {
    return this.described.get(keyOf(choice)) ?? (await this.look(choice)).described;
  }

  private async look(choice: MaskChoice): Promise<{ labels: Uint8Array; described: DescribedMask }> {
    const { result } = this.subject;
    const { combination, threshold, keepSpecks } = choice;
    const mask = await maskOf(result, combination, threshold, keepSpecks);
    const { labels } = mask;
    const key = keyOf(choice);
    const described = this.described.get(key) ?? {
      combination,
      found: this.findingsIn(choice, mask),
      diameters: regionDiameters({ ...result.grid, data: labels }),
    };
    this.described.set(key, described);
    return { labels, described };
  }

  /** As they were found when the case was segmented; anew at another threshold, and where specks are kept. */
  private findingsIn({ combination, threshold, keepSpecks }: MaskChoice, mask: CleanMask): CaseCombination {
    const { result, found } = this.subject;
    const { patterns, present, grid, model } = result;
    const isModels = isModelThreshold(result, threshold);
    const known = isModels && !keepSpecks ? found?.[combination] : undefined;
    if (known) return known;
    const made = { ...mask, members: membersOf(combination), patterns: isModels ? patterns : null };
    return findingsOf(made, present, grid, model.description);
  }

  /** Every mask that is written, the result's first. */
  pictured(): Promise<FigureMask[]> {
    this.masks ??= this.listMasks();
    return this.masks;
  }

  private async listMasks(): Promise<FigureMask[]> {
    const { knowledge } = this.subject.result.model.description;
    const described = ({ combination, labels, isEdited }: WrittenMask, supported: PerRegion<boolean>) => ({
      members: membersOf(combination),
      labels,
      title: isEdited ? 'Edited by hand' : titles(membersOf(combination)),
      guesses: guessedLabels(supported).map((label) => LABELS[label]),
    });
    const masks = [described(await this.main(), this.plan.supported)];
    for (const one of this.subject.edited ? this.plan.further : this.others())
      masks.push(
        described(
          await this.automatic(one),
          perRegion((_, region) => supports(knowledge, one, region)),
        ),
      );
    return masks;
  }

  private async draw(): Promise<Uint8Array> {
    return overviewPicture(await this.subject.images(), this.subject.result.grid, await this.pictured());
  }
}

const keyOf = ({ combination, threshold, keepSpecks }: MaskChoice) =>
  `${combination} ${threshold} ${keepSpecks}`;
