import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { withAnswers } from '../../contract/answers.js';
import type { Answers, OpenCase } from '../../contract/cases.js';
import type { MaskRole, NamedMask, ParsedMaskRef } from '../../contract/masks.js';
import type { CaseResult } from '../../contract/results.js';
import { QuorumError } from '../../errors.js';
import type { Prepared } from '../../kept/preparedStore.js';
import type { MaskInput, Segmented, SourceImage } from '../../pipeline/caseSource.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import type { EditedMask } from '../../pipeline/subject.js';
import { MODALITIES, type Modality } from '../../terms.js';
import { sameGrid } from '../../volume/affine.js';
import { affineOf } from '../../volume/tuples.js';
import type { Grid } from '../../volume/volume.js';
import type { Edit } from '../edits/edit.js';
import { CasePreparation, preparedGrid, preparedImage } from './casePreparation.js';
import { asideId, asideName, type OpenMask, summariseAside, summariseMask } from './namedMask.js';
import { ambiguousIn, type OpenFile, slotsOf, summariseFile } from './openFile.js';
import type { OpenStudy } from './openStudy.js';
import { summariseStudy } from './studySummary.js';

/** One open case in the main process: its files, answers, last result, edits and masks. */
export class CaseSession {
  readonly id = randomUUID();
  readonly paths: readonly string[];
  readonly name: string;
  readonly folder: string | null;
  files: readonly OpenFile[];
  /** Whether it may be listed among the folders that were opened. */
  remember = true;
  answers: Answers | null = null;
  /** When the answers were given, where that was not now. */
  answeredAt: string | null = null;
  edit: Edit | null = null;
  /** Edits that another one has replaced; listed among the masks. */
  readonly aside: Edit[] = [];
  /** What was found, as it is handed on to be prepared and segmented. */
  readonly study: OpenStudy;
  /** Where its series are converted to; removed when the case is closed. */
  readonly workingFolder: string | null;
  readonly preparation = new CasePreparation();
  private readonly masks = new Map<string, OpenMask>();
  private segmented: { readonly id: string; readonly facts: Segmented } | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    paths: readonly string[],
    study: OpenStudy,
    files: readonly OpenFile[],
    workingFolder: string | null = null,
  ) {
    this.paths = paths;
    this.study = study;
    this.workingFolder = workingFolder;
    this.name = study.candidate.name;
    this.folder = folderOf(files);
    this.files = files;
  }

  get slots(): Record<Modality, OpenFile | null> {
    return slotsOf(this.files);
  }

  get available(): Modality[] {
    const { slots } = this;
    return MODALITIES.filter((m) => slots[m]);
  }

  /** What it is called where nobody may be identified: among the jobs, and while the window hides the patient. */
  get title(): string {
    return this.study.candidate.title;
  }

  /** Whether any of its files may be segmented, or may once the user says what it is. */
  get isUsable(): boolean {
    return this.files.some(({ header, sequence }) => header !== null && sequence !== 'mask');
  }

  /** Its name among the folders that were opened: DICOM is found again by its folder. */
  get listedAs(): string {
    return this.study.candidate.kind === 'dicom' ? basename(this.paths[0]) : this.name;
  }

  /** SHA-256 of every image that belongs or belonged to the case. */
  get images(): string[] {
    const now = this.files.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
    const segmented = this.segmented?.facts.source.images.map(({ sha256 }) => sha256) ?? [];
    const prepared = Object.values(this.prepared?.record.images ?? {}).map(({ sha256 }) => sha256);
    return [...new Set([...now, ...segmented, ...prepared])];
  }

  /** The prepared images of the present files, or null. */
  get prepared() {
    return this.preparation.of(this.slots);
  }

  /** The image that is shown as a sequence: the prepared one where there is one. Null for an empty slot. */
  imageOf(modality: Modality): string | null {
    const { prepared } = this;
    if (prepared?.record.images[modality]) return preparedImage(prepared, modality);
    return this.slots[modality]?.file ?? null;
  }

  /** A sequence as it was opened, and how it was moved to be prepared. @throws QuorumError SEQUENCE_NOT_AVAILABLE. */
  originOf(modality: Modality): SourceImage {
    const file = this.slots[modality]?.file;
    if (!file) throw new QuorumError({ code: 'SEQUENCE_NOT_AVAILABLE', found: modality });
    const moved = this.prepared?.record.images[modality]?.toCase;
    return { modality, file, ...(moved ? { toCase: affineOf(moved) } : {}) };
  }

  get result(): CaseResult | null {
    if (!this.segmented) return null;
    const { id, facts } = this.segmented;
    const { source, population } = facts;
    const { suggestions } = source.about;
    const { answers } = this;
    const warnings = withAnswers(facts.warnings, { answers, suggestions, population });
    return { ...facts.result, id, warnings };
  }

  /** What the worker needs to answer questions about the result, or null. */
  get source() {
    return this.segmented?.facts.source ?? null;
  }

  /** What the last segmentation found, or null. */
  get segmentedFacts(): Segmented | null {
    return this.segmented?.facts ?? null;
  }

  /** What an opened mask or an edit that was set aside serves as; null where it is not open. */
  roleOf(mask: string): MaskRole | null {
    if (this.aside.some((edit) => asideId(edit) === mask)) return 'earlier';
    return this.masks.get(mask)?.role ?? null;
  }

  setResult(facts: Segmented): CaseResult {
    this.segmented = { id: randomUUID(), facts };
    return this.result!;
  }

  /** A result of images that were prepared otherwise is no result of the present ones. Edits stay. */
  dropStaleResult(): void {
    if (this.prepared && !this.isOf(this.prepared)) this.segmented = null;
  }

  /** What was prepared went with the worker before it was on disk, and what was found in it. */
  losePreparation(): void {
    this.preparation.lose();
    this.segmented = null;
  }

  /** Whether the last result is of these prepared images. */
  private isOf({ record }: Prepared): boolean {
    return (this.source?.images ?? []).every(
      ({ modality, sha256 }) => record.images[modality]?.sha256 === sha256,
    );
  }

  /** The grid of masks: the result's, else that of the prepared images or of the first available sequence. Null when there is none. */
  get grid(): Grid | null {
    if (this.segmented) return this.segmented.facts.result.grid;
    if (this.prepared) return preparedGrid(this.prepared);
    const [first] = this.available;
    return first === undefined ? null : this.slots[first]!.header;
  }

  /** Runs work that changes the case, one after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work);
    this.last = next.catch(() => undefined);
    return next;
  }

  addMask(mask: OpenMask): NamedMask {
    const id = randomUUID();
    this.masks.set(id, mask);
    return summariseMask(id, mask);
  }

  /** False for a mask that is not open, and for an edit that was set aside (those stay). */
  closeMask(id: string): boolean {
    return this.masks.delete(id);
  }

  /**
   * A mask as the worker takes it.
   *
   * @throws QuorumError NOT_OPEN, EDIT_MISSING, RESULT_MISSING, GRIDS_DIFFER (a mask that was opened before the case's grid changed).
   */
  maskInput(ref: ParsedMaskRef): MaskInput {
    if (ref.kind === 'combination') {
      if (!this.segmented) throw new QuorumError({ code: 'RESULT_MISSING' });
      return ref;
    }
    const { labels, grid } = this.heldMask(ref);
    // Two grids may have one number of voxels.
    if (!this.grid || !sameGrid(grid, this.grid))
      throw new QuorumError({ code: 'GRIDS_DIFFER', expected: 'a mask on the grid of this case' });
    return { kind: 'labels', labels };
  }

  /** A mask that lies in this process. */
  heldMask(ref: Exclude<ParsedMaskRef, { kind: 'combination' }>): {
    labels: Uint8Array;
    grid: Grid;
    name: string;
  } {
    if (ref.kind === 'edited') return { ...this.editing(), name: 'edited by hand' };
    const aside = this.aside.find((edit) => asideId(edit) === ref.id);
    const mask =
      this.masks.get(ref.id) ?? (aside && { labels: aside.labels, grid: aside.grid, name: asideName(aside) });
    if (!mask) throw new QuorumError({ code: 'NOT_OPEN', field: 'mask', found: ref.id });
    return mask;
  }

  /** @throws QuorumError EDIT_MISSING. */
  editing(): { edit: Edit; labels: Uint8Array; grid: Grid } {
    if (!this.edit) throw new QuorumError({ code: 'EDIT_MISSING' });
    return { edit: this.edit, labels: this.edit.labels, grid: this.edit.grid };
  }

  /** The edit as it is exported, or null. */
  editedMask(): EditedMask | null {
    if (!this.edit) return null;
    const state = this.edit.state();
    const { mask } = state.from;
    const role = mask.kind === 'named' ? this.roleOf(mask.id) : null;
    return { labels: this.edit.labels, state, role };
  }

  summarise(): OpenCase {
    const { slots } = this;
    return {
      id: this.id,
      name: this.name,
      title: this.title,
      folder: this.folder,
      files: this.files.map(summariseFile),
      slots: Object.fromEntries(MODALITIES.map((m) => [m, slots[m]?.file ?? null])) as OpenCase['slots'],
      ambiguous: ambiguousIn(this.files),
      available: this.available,
      grid: this.grid && summariseGrid(this.grid),
      ...summariseStudy(this),
      answers: this.answers,
      answeredAt: this.answeredAt,
      result: this.result,
      edits: this.edit?.state() ?? null,
      masks: [
        ...[...this.masks].map(([id, mask]) => summariseMask(id, mask)),
        ...this.aside.map(summariseAside),
      ],
      preparation: this.preparation.summarise(slots),
    };
  }

  async close(): Promise<void> {
    await this.last;
    for (const edit of [...this.aside, ...(this.edit ? [this.edit] : [])]) await edit.close();
  }
}

type OpenCases = { readonly cases: ReadonlyMap<string, CaseSession> };

/** @throws QuorumError NOT_OPEN. */
export function openCaseOf({ cases }: OpenCases, id: string): CaseSession {
  const session = cases.get(id);
  if (!session) throw new QuorumError({ code: 'NOT_OPEN', field: 'case', found: id });
  return session;
}

/** The case, its result and what that follows from. @throws QuorumError NOT_OPEN, RESULT_MISSING. */
export function segmentedCaseOf(context: OpenCases, id: string) {
  const session = openCaseOf(context, id);
  const { segmentedFacts: segmented } = session;
  if (!segmented) throw new QuorumError({ code: 'RESULT_MISSING' });
  return { session, segmented, source: segmented.source };
}

/** The folder that holds all image files; null for several, and for DICOM. */
function folderOf(files: readonly OpenFile[]): string | null {
  const folders = new Set(files.map(({ file, series }) => (series?.about.isDicom ? null : dirname(file))));
  return folders.size === 1 ? [...folders][0] : null;
}
