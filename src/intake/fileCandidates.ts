import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { AboutSeries } from '../recognise/about.js';
import { judgeFile, sharedWords } from '../recognise/fileName.js';
import { imageStem, type Recognition, recogniseSequence } from '../recognise/imageName.js';
import { sequenceOf } from '../recognise/recognise.js';
import { MODALITIES } from '../terms.js';
import { sha256OfImage } from '../volume/imageHash.js';
import type { ImageHeader } from '../volume/read.js';
import type { FoundSeries, StudyCandidate, Suggestions } from './candidate.js';
import { isNamedForItsImage, namingFolder, studyName, tellsNothing } from './caseFolder.js';
import { chooseSeries, questionsAbout } from './choose.js';
import { settleContrast } from './examination.js';
import { HEADER_REMARKS } from './headerRemarks.js';
import { readSidecar, type Sidecar } from './sidecar.js';
import { suggestFromNames } from './suggest.js';
import { shownFolder } from './walk.js';

/** An image file that was found, with its header. */
export interface FoundImage {
  readonly path: string;
  readonly shown: string;
  readonly header: ImageHeader;
}

/**
 * Candidates of NIfTI, MHA and NRRD files: one folder is one examination, unless its names say otherwise: files `a_t1 a_t2 b_t1 b_t2` are
 * two. Folders that are named for the one sequence in them (`T1/`, `FLAIR/`) are taken together with their siblings.
 */
export async function fileCandidates(images: readonly FoundImage[]): Promise<StudyCandidate[]> {
  const groups = new Map<string, FoundImage[]>();
  for (const image of images) {
    const folder = dirname(image.path);
    const key = isSequenceFolder(folder, images) ? dirname(namingFolder(folder)) : folder;
    const group = groups.get(key) ?? [];
    group.push(image);
    groups.set(key, group);
  }
  const candidates: StudyCandidate[] = [];
  for (const [folder, group] of groups)
    for (const part of byPatient(group)) candidates.push(await candidateOf(folder, part, group));
  return candidates;
}

function isSequenceFolder(folder: string, images: readonly FoundImage[]): boolean {
  const inside = images.filter(({ path }) => dirname(path) === folder).map(({ path }) => basename(path));
  return isNamedForItsImage(basename(namingFolder(folder)), inside);
}

/** Splits a folder by what stands before the sequence in its names, where that gives several sets of several sequences. */
function byPatient(images: readonly FoundImage[]): FoundImage[][] {
  const groups = new Map<string, FoundImage[]>();
  for (const image of images) {
    const stem = patientStem(imageStem(basename(image.path)));
    groups.set(stem, [...(groups.get(stem) ?? []), image]);
  }
  const parts = [...groups.values()];
  const isSet = (part: readonly FoundImage[]) =>
    part.length > 1 && part.some(({ path }) => isSequence(recogniseSequence(basename(path))));
  return parts.length > 1 && parts.filter(isSet).length > 1 ? parts : [[...images]];
}

/** The name without its last words that tell sequence or mask; BIDS: subject and session. */
function patientStem(stem: string): string {
  const bids = stem.match(/^sub-[a-z0-9]+(_ses-[a-z0-9]+)?/i);
  if (bids) return bids[0].toLowerCase();
  const words = stem.toLowerCase().split(/[-_.\s]+/);
  while (words.length > 1 && recogniseSequence(words.slice(-2).join('_')).sequence !== 'other') words.pop();
  return words.join('_');
}

function isSequence({ sequence }: Recognition): boolean {
  return MODALITIES.some((modality) => modality === sequence);
}

async function candidateOf(
  folder: string,
  images: readonly FoundImage[],
  inFolder: readonly FoundImage[],
): Promise<StudyCandidate> {
  const { series, sidecars } = await fileSeries(images, contentHash);
  const isWhole = images.length === inFolder.length;
  const files = images.map(({ path }) => path);
  const name = await studyName(isWhole ? [folder] : files, files);
  const dates = series.map(({ about }) => about.acquired?.slice(0, 10)).filter((day) => day !== undefined);
  return {
    id: createHash('sha256')
      .update(
        series
          .map(({ id }) => id)
          .sort()
          .join('\n'),
      )
      .digest('hex')
      .slice(0, 32),
    name,
    title: name,
    shown: shownFolder(images[0].shown),
    kind: 'files',
    patient: null,
    date: dates[0] ?? null,
    description: sidecars.flatMap(({ texts }) => texts)[0] ?? null,
    texts: sidecars.flatMap(({ texts }) => texts),
    doubts: new Set(dates).size > 1 ? ['its images were acquired on several days'] : [],
    remarks: headerRemarks(series),
    series,
    choices: chooseSeries(series),
    questions: questionsAbout(series),
    suggestions: suggestFromFiles(folder, series, sidecars),
  };
}

/** What the headers of image files leave open, or contradict themselves in. */
function headerRemarks(series: readonly FoundSeries[]): string[] {
  return series.flatMap(({ source, shown }) =>
    source.kind === 'file'
      ? (source.header.remarks ?? []).map((remark) => `${basename(shown)}: ${HEADER_REMARKS[remark]}`)
      : [],
  );
}

/** What the names of files and the texts beside them suggest for the three questions. */
export function suggestFromFiles(
  folder: string | null,
  series: readonly FoundSeries[],
  sidecars: readonly Sidecar[],
): Suggestions {
  const stems = series.flatMap(({ source }) =>
    source.kind === 'file' ? [imageStem(basename(source.file))] : [],
  );
  const texts = [
    ...series.flatMap(({ about }) => [about.description, about.protocol]),
    ...sidecars.flatMap((sidecar) => sidecar.texts),
  ].filter((text) => text !== undefined);
  const age = sidecars.map((sidecar) => sidecar.age).find(Boolean);
  return suggestFromNames([...(folder === null ? [] : [basename(folder)]), ...stems], texts, age);
}

/**
 * The image files of one examination as series: each by its name, the file beside it and the folder that is named for it, then all of
 * them together.
 *
 * @param idOf what names a file's content.
 */
export async function fileSeries(
  images: readonly FoundImage[],
  idOf: (file: string) => string | Promise<string>,
): Promise<{ series: FoundSeries[]; sidecars: Sidecar[] }> {
  const sidecars = await Promise.all(images.map(({ path }) => readSidecar(path)));
  const shared = sharedWords(images.map(({ path }) => imageStem(basename(path))));
  const ids = distinct(await Promise.all(images.map(({ path }) => idOf(path))));
  const series = images.map((image, at) => seriesOf(image, sidecars[at].about, shared, ids[at]));
  return { series: settleContrast(series, { texts: sidecars.flatMap(({ texts }) => texts) }), sidecars };
}

function seriesOf(
  { path, shown, header }: FoundImage,
  about: AboutSeries,
  shared: number,
  id: string,
): FoundSeries {
  const stem = imageStem(basename(path));
  const folder = tellsNothing(path) ? basename(namingFolder(dirname(path))) : null;
  const judged = judgeFile({ stem, shared, folder, about });
  const isMask = judged === 'mask';
  const common = {
    id,
    source: { kind: 'file', file: path, header },
    shown,
    files: 1,
    duplicates: 0,
    chosen: false,
    doubt: null,
    about,
    grid: { size: header.size, affine: header.affine },
  } as const;
  if (isMask)
    return {
      ...common,
      sequence: 'mask',
      reason: 'a word for a mask in the name',
      confidence: 0.85,
      setAside: null,
      judgement: null,
    };
  const { reason, contrastReason, confidence, aside } = judged;
  return {
    ...common,
    sequence: sequenceOf(judged),
    reason: [reason, contrastReason].filter(Boolean).join('; '),
    confidence,
    setAside: aside,
    judgement: judged,
  };
}

/** Two files of one content are two series. */
function distinct(ids: readonly string[]): string[] {
  return ids.map((id, at) => {
    const before = ids.slice(0, at).filter((other) => other === id).length;
    if (before === 0) return id;
    return createHash('sha256').update(`${id} ${before}`).digest('hex').slice(0, 32);
  });
}

/** SHA-256 of an image file's bytes, its first 32 digits. */
export async function contentHash(file: string): Promise<string> {
  return (await sha256OfImage(file)).slice(0, 32);
}
