import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { MODALITIES } from '../terms.js';
import type { ImageHeader } from '../volume/read.js';
import type { FoundSeries, StudyCandidate } from './candidate.js';
import { chooseSeries } from './choose.js';
import { imageStem, type Recognition, recogniseSequence } from './recognise.js';
import { recogniseByHeader } from './recogniseHeader.js';
import { wordsSetAside } from './setAside.js';
import { type AboutSeries, studyName } from './study.js';
import { suggestFromNames } from './suggest.js';

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
    const key = isSequenceFolder(folder, images) ? dirname(folder) : folder;
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
  const named = recogniseSequence(basename(folder)).sequence;
  if (named === 'other' || named === 'mask') return false;
  return images.filter(({ path }) => dirname(path) === folder).length === 1;
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
  const sidecars = await Promise.all(images.map(({ path }) => readSidecar(path)));
  const series = await Promise.all(images.map((image, i) => seriesOf(image, sidecars[i])));
  const isWhole = images.length === inFolder.length;
  const files = images.map(({ path }) => path);
  const names = [basename(folder), ...files.map((file) => imageStem(basename(file)))];
  const dates = series.map(({ about }) => about.acquired?.slice(0, 10)).filter((day) => day !== undefined);
  const texts = series.flatMap(({ about }) => [about.description ?? [], about.protocol ?? []].flat());
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
    name: await studyName(isWhole ? [folder] : files, files),
    shown: images[0].shown.replace(/[\\/][^\\/]*$/, ''),
    kind: 'files',
    patient: null,
    date: dates[0] ?? null,
    description: null,
    doubts: new Set(dates).size > 1 ? ['its images were acquired on several days'] : [],
    series,
    choices: chooseSeries(series),
    suggestions: suggestFromNames(names, texts),
  };
}

async function seriesOf({ path, shown, header }: FoundImage, about: AboutSeries): Promise<FoundSeries> {
  const recognised = recogniseFile(path, about);
  const isKnown = recognised.sequence !== 'other';
  return {
    id: await contentHash(path),
    source: { kind: 'file', file: path, header },
    shown,
    files: 1,
    duplicates: 0,
    ...recognised,
    setAside: isKnown ? null : wordsSetAside([imageStem(basename(path)), about.description, about.protocol]),
    chosen: false,
    about,
    grid: { size: header.size, affine: header.affine },
  };
}

/** By the file's name; where that is silent by the file beside it, then by the words of the name. */
function recogniseFile(path: string, about: AboutSeries): Recognition {
  const byName = recogniseSequence(basename(path));
  if (byName.sequence !== 'other') return byName;
  const signs = { sequenceName: undefined, scanning: [] };
  const bySidecar = recogniseByHeader({ ...signs, about });
  if (bySidecar.sequence !== 'other') return bySidecar;
  if (byName.confidence === 0 && byName.reason.startsWith('several')) return byName;
  const byWords = recogniseByHeader({ ...signs, about: { description: imageStem(basename(path)) } });
  return byWords.sequence === 'other'
    ? byName
    : { ...byWords, reason: byWords.reason.replace('in the description', 'in the name') };
}

const MOST_SIDECAR = 1 << 20;
const seconds = z.number().nonnegative().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const sidecarSchema = z.object({
  SeriesDescription: text,
  ProtocolName: text,
  AcquisitionDateTime: text,
  EchoTime: seconds,
  RepetitionTime: seconds,
  InversionTime: seconds,
  ContrastBolusIngredient: text,
  SliceThickness: seconds,
  Manufacturer: text,
  MagneticFieldStrength: seconds,
  SeriesNumber: seconds,
});

/** The BIDS sidecar (JSON, times in seconds) beside an image; empty where there is none. */
async function readSidecar(path: string): Promise<AboutSeries> {
  const file = `${imageStem(path)}.json`;
  const info = await stat(file).catch(() => null);
  if (!info?.isFile() || info.size > MOST_SIDECAR) return {};
  try {
    const found = sidecarSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const ms = (value: number | undefined) => (value === undefined ? undefined : value * 1000);
    const about = {
      description: found.SeriesDescription,
      protocol: found.ProtocolName,
      acquired: found.AcquisitionDateTime?.match(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?/)?.[0],
      echoTime: ms(found.EchoTime),
      repetitionTime: ms(found.RepetitionTime),
      inversionTime: ms(found.InversionTime),
      contrastAgent: found.ContrastBolusIngredient,
      sliceThickness: found.SliceThickness,
      manufacturer: found.Manufacturer,
      fieldStrength: found.MagneticFieldStrength,
      seriesNumber: found.SeriesNumber,
    };
    return Object.fromEntries(
      Object.entries(about).filter(([, value]) => value !== undefined),
    ) as AboutSeries;
  } catch {
    return {};
  }
}

async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 32);
}
