import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import type { Sequence } from '../../contract/basic.js';
import { problemOf } from '../../errors.js';
import type { FoundSeries, Scan, StudyCandidate } from '../../intake/candidate.js';
import { commonFolder } from '../../intake/caseFolder.js';
import { mendOf } from '../../intake/gaps.js';
import { assignSeries, concernsSeries, withoutSeries } from '../../intake/openCandidate.js';
import type { UnreadableFile } from '../../intake/openStudy.js';
import { standsAs } from '../../intake/questions.js';
import type { Series, Study } from '../../intake/study.js';
import { recogniseSequence } from '../../recognise/imageName.js';
import { sideBySide } from '../../sideBySide.js';
import { MODALITIES, type Modality } from '../../terms.js';
import type { OpenFile } from './openFile.js';

/** A series as an image file that `volume` reads. */
export interface OpenedSeries {
  readonly series: Series;
  readonly sha256: string;
}

/** Converts one series, in the worker. */
export type SeriesOpener = (found: FoundSeries) => Promise<OpenedSeries>;

/** Where an examination was found. */
export interface FoundIn {
  /** False when others lie beside it. */
  readonly isAlone: boolean;
  /** Other examinations of its patient. */
  readonly others: readonly StudyCandidate[];
  /** What a scan counted; null where names told everything. */
  readonly notes: Pick<Scan, 'files' | 'ignored' | 'problems'> | null;
  /** Files that are named for a sequence and cannot be read. */
  readonly unreadable: readonly UnreadableFile[];
}

/** One examination while it is open: what was found, what the user says of it, and the series that serve as image files. */
export class OpenStudy {
  candidate: StudyCandidate;
  readonly found: FoundIn;
  private readonly open: SeriesOpener;
  private readonly opened = new Map<string, OpenedSeries | ReturnType<typeof problemOf>>();

  constructor(candidate: StudyCandidate, found: FoundIn, open: SeriesOpener) {
    this.candidate = candidate;
    this.found = found;
    this.open = open;
  }

  assign(series: string, sequence: Sequence): void {
    this.candidate = assignSeries(this.candidate, series, sequence);
  }

  /**
   * Every series as a file of the case; the chosen ones are converted first. One that cannot be converted says why, and the next best
   * takes its place.
   *
   * @throws QuorumError CANCELLED, WORKER_DIED.
   */
  async files(onProgress: (done: number, total: number) => void = () => {}): Promise<OpenFile[]> {
    let done = 0;
    for (let next = this.unopened(); next.length > 0; next = this.unopened()) {
      const total = done + next.length;
      onProgress(done, total);
      const all = await sideBySide(next, availableParallelism(), async (one) => {
        const opened = await this.open(one).catch(ownProblem);
        onProgress(++done, total);
        return opened;
      });
      for (const [n, one] of next.entries()) {
        const opened = all[n];
        this.opened.set(one.id, opened);
        if ('code' in opened && !one.chosen) this.candidate = withoutSeries(this.candidate, one.id, opened);
      }
    }
    const { series, choices } = this.candidate;
    const rejected = new Map(
      Object.values(choices).flatMap((choice) => choice.rejected.map(({ id, why }) => [id, why] as const)),
    );
    return [
      ...series.map((one) => this.fileOf(one, rejected.get(one.id) ?? null)),
      ...this.found.unreadable.map(unreadableFile),
    ];
  }

  /** The examination as it is handed on: the series that serve as sequences, whole, with where each came from. */
  study(): Study {
    const { name, choices, series: found } = this.candidate;
    const images: Partial<Record<Modality, Series>> = {};
    for (const sequence of MODALITIES) {
      const winner = found.find(({ id }) => id === choices[sequence]?.winner);
      const opened = winner && this.opened.get(winner.id);
      // What the user said since it was opened counts.
      if (opened && 'series' in opened)
        images[sequence] = { ...opened.series, sequence, reason: winner.reason };
    }
    const series = Object.values(images);
    return { name, folder: commonFolder(series.map(({ file }) => file)), series, images, masks: [] };
  }

  /** The chosen series that nobody has tried to convert yet. */
  private unopened(): FoundSeries[] {
    const { series, choices } = this.candidate;
    const winners = new Set(Object.values(choices).map(({ winner }) => winner));
    return series.filter((one) => winners.has(one.id) && !this.opened.has(one.id));
  }

  /** Folders that hold the files as they were given. */
  get inputFolders(): string[] {
    const files = this.candidate.series.flatMap(({ source }) =>
      source.kind === 'file' ? [source.file] : source.volume.frames.map(({ file }) => file),
    );
    return [...new Set(files.map((file) => dirname(file)))];
  }

  private fileOf(found: FoundSeries, rejected: string | null): OpenFile {
    const { id, source, reason, setAside, doubt, chosen, about } = found;
    const opened = this.opened.get(id);
    const converted = opened && 'series' in opened ? opened : null;
    const onDisk = source.kind === 'file' ? source : null;
    return {
      file: converted?.series.file ?? onDisk?.file ?? `series:${id}`,
      sequence: standsAs(found, this.candidate.questions),
      reason: setAside ?? (doubt && `in doubt: ${doubt}`) ?? reason,
      chosen,
      header: converted?.series.header ?? onDisk?.header ?? null,
      problem: opened && 'code' in opened ? opened : null,
      sha256: converted?.sha256 ?? null,
      series: {
        name: onDisk ? basename(onDisk.file) : nameOf(found),
        grid: found.grid,
        about: {
          id,
          shown: found.shown,
          description: about.description ?? null,
          acquired: about.acquired ?? null,
          number: about.seriesNumber ?? null,
          files: found.files,
          duplicates: found.duplicates,
          isDicom: source.kind === 'dicom',
          confidence: found.confidence,
          guess: found.guess ?? null,
          setAside,
          mend: mendOf(found),
          rejected,
        },
      },
    };
  }
}

/** A file as far as its name tells. */
function unreadableFile({ file, problem }: UnreadableFile): OpenFile {
  const named = { file, ...recogniseSequence(basename(file)) };
  return { ...named, chosen: false, header: null, problem, sha256: null, series: null };
}

function nameOf({ about }: FoundSeries): string {
  return (
    about.description ??
    (about.seriesNumber === undefined ? 'Series without a name' : `Series ${about.seriesNumber}`)
  );
}

/** What is wrong with one series does not concern the others; the end of the whole opening does. */
function ownProblem(error: unknown) {
  const problem = problemOf(error);
  if (!concernsSeries(problem)) throw error;
  return problem;
}
