import { basename, dirname, relative, sep } from 'node:path';
import { QuorumError } from '../errors.js';
import type { LinkScope } from '../files/within.js';
import { walk } from '../intake/walk.js';
import { imageStem, isImageName, recogniseSequence } from '../recognise/imageName.js';

/** What a case may be called: its name, the folder of its images. */
export interface SoughtCase {
  readonly name: string;
  readonly also: readonly string[];
}

export interface FoundMasks {
  /** Image files that may be masks, absolute, by name. */
  readonly files: readonly string[];
  /** Of each case that has one. */
  readonly masks: Readonly<Record<string, string>>;
}

/** Words for masks that stand behind a case's name: BraTS, BIDS, TCGA's GlistrBoost, plain ones. */
const MASK_WORDS =
  /([-_. ](seg|dseg|segmentation|mask|labels?|truth|gt|ground[-_ ]?truth|tumou?r|reader\d*|rater\d*|manual|glistrboost|manuallycorrected|desc-[a-z0-9]+))+$/;
const BOUNDARY = /^[-_. ]/;

type Rule = (file: MaskFile, key: string) => boolean;
interface MaskFile {
  readonly file: string;
  readonly stem: string;
  readonly folders: readonly string[];
  readonly isNamed: boolean;
}

/** From the surest to the loosest; a file that a surer rule gave away is not looked at again. */
const RULES: readonly Rule[] = [
  ({ stem }, key) => stem === key,
  ({ folders }, key) => folders.includes(key),
  ({ stem }, key) => isBegun(stem, key),
  ({ stem }, key) => isBegun(key, stem),
];

/**
 * Finds the mask of each case in a folder of masks, by names alone: `<case>.nii.gz`, `<case>_seg.nii.gz` or `-seg`, `-mask`, …; any mask in a
 * folder called as the case; else a file that the case's name begins, or that begins it. Where two files or two cases would do, none is
 * taken. Files that names tell to be a sequence are no masks.
 *
 * @throws QuorumError NO_IMAGES where nothing may be a mask; what walking throws; CANCELLED.
 */
export async function findMasks(
  folder: string,
  cases: readonly SoughtCase[],
  { links = null, signal }: { readonly links?: LinkScope; readonly signal?: AbortSignal } = {},
): Promise<FoundMasks> {
  const images = (await walk([folder], undefined, signal, links)).filter(isImageName).sort();
  const all = images.flatMap((file) => maskFile(file, folder) ?? []);
  if (all.length === 0) throw new QuorumError({ code: 'NO_IMAGES', file: folder });
  const masks: Record<string, string> = {};
  for (const rule of RULES) {
    const taken = new Set(Object.values(masks));
    const free = all.filter(({ file }) => !taken.has(file));
    const claims = cases
      .filter(({ name }) => !(name in masks))
      .map((one) => ({ name: one.name, file: onlyOne(free, one, rule) }));
    for (const { name, file } of claims)
      if (file && claims.filter((other) => other.file === file).length === 1) masks[name] = file;
  }
  return { files: all.map(({ file }) => file), masks };
}

function maskFile(file: string, folder: string): MaskFile | null {
  const { sequence } = recogniseSequence(basename(file));
  if (sequence !== 'mask' && sequence !== 'other') return null;
  const folders = dirname(relative(folder, file)).split(sep);
  const stem = fold(imageStem(basename(file))).replace(MASK_WORDS, '');
  return { file, stem, folders: folders.map(fold), isNamed: sequence === 'mask' };
}

/** The one file that a rule finds for a case; of several the one whose name says that it is a mask. */
function onlyOne(files: readonly MaskFile[], { name, also }: SoughtCase, rule: Rule): string | null {
  const keys = [...new Set([name, ...also].map(fold))].filter((key) => key !== '');
  const found = files.filter((file) => keys.some((key) => rule(file, key)));
  const named = found.filter(({ isNamed }) => isNamed);
  const [one, ...more] = found.length > 1 && named.length > 0 ? named : found;
  return one && more.length === 0 ? one.file : null;
}

const isBegun = (text: string, by: string) =>
  by !== '' && text.startsWith(by) && BOUNDARY.test(text.slice(by.length));
const fold = (text: string) => text.normalize('NFC').toLowerCase();
