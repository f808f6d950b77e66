import { QuorumError } from '../errors.js';
import { dice } from '../masks/dice.js';
import type { Box } from '../masks/mask.js';
import { knownLabels, type LabelMap, labelMask, REGION_LABELS, type RegionLabels } from '../masks/schemes.js';
import { LABEL_SCHEMES, type LabelScheme, READING_NAMES, REGIONS, type Region } from '../terms.js';

/** How the numbers in one method's masks are read. */
export interface LabelReading {
  /** One of `READING_NAMES`, or the user's own words. */
  readonly name: string;
  readonly regions: RegionLabels;
  /** Voxels of each label over all masks, 0 left out. */
  readonly voxels: Readonly<Record<string, number>>;
}

/** How much better than the usual reading (mean Dice of TC and ET) another must fit the truth to put it in doubt. */
const DOUBT_MARGIN = 0.1;

/** Number of classes of the truth: outside, oedema, core, enhancing. */
const CLASSES = 4;

/** How often each label of the masks lies on each class of the truth. */
export class LabelCounts {
  /** Voxels by label (0 to 255) and class of the truth. */
  private readonly table = new Float64Array(256 * CLASSES);

  /** Adds one mask beside its truth, on one grid, inside `box` where that is given. */
  add(prediction: LabelMap, truth: LabelMap, scheme: LabelScheme, box?: Box): void {
    const { WT, TC, ET } = REGION_LABELS[scheme];
    const classes = [WT, TC, ET].map((labels) => labelMask(truth, labels, box).data);
    const { start, size } = box ?? { start: [0, 0, 0], size: prediction.size };
    for (let k = 0, v = 0; k < size[2]; k++) {
      for (let j = 0; j < size[1]; j++) {
        let from = start[0] + prediction.size[0] * (start[1] + j + prediction.size[1] * (start[2] + k));
        for (let i = 0; i < size[0]; i++, v++, from++) {
          const is = classes[0][v] + classes[1][v] + classes[2][v];
          this.table[prediction.data[from] * CLASSES + is] += 1;
        }
      }
    }
  }

  /** Voxels of each label that occurs, 0 left out. */
  voxels(): Record<string, number> {
    const labels = Array.from({ length: 255 }, (_, i) => i + 1);
    return Object.fromEntries(labels.map((l) => [l, this.of(l)] as const).filter(([, count]) => count > 0));
  }

  /** How many parts the truth has: of oedema, core and enhancing those that occur. */
  truthParts(): number {
    return [1, 2, 3].filter((part) => this.onClass(part, () => true) > 0).length;
  }

  /** Dice over all masks together, for the regions that a reading tells. */
  fit(regions: RegionLabels): Partial<Record<Region, number>> {
    const entries = REGIONS.flatMap((region, r) => {
      const labels = regions[region];
      if (!labels) return [];
      const [hit, miss] = [true, false].map((marked) =>
        Array.from({ length: CLASSES }, (_, part) =>
          this.onClass(part, (l) => labels.includes(l) === marked),
        ),
      );
      const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
      const overlap = {
        truePositives: sum(hit.slice(r + 1)),
        falsePositives: sum(hit.slice(0, r + 1)),
        falseNegatives: sum(miss.slice(r + 1)),
      };
      return [[region, dice(overlap)] as const];
    });
    return Object.fromEntries(entries);
  }

  private of(label: number): number {
    let sum = 0;
    for (let part = 0; part < CLASSES; part++) sum += this.table[label * CLASSES + part];
    return sum;
  }

  private onClass(part: number, ask: (label: number) => boolean): number {
    let sum = 0;
    for (let label = 0; label < 256; label++) if (ask(label)) sum += this.table[label * CLASSES + part];
    return sum;
  }
}

/**
 * What the labels of one method's masks mean. A usual reading is taken where the labels allow it: the truth's own scheme, else
 * 1, 2, 4 as BraTS up to 2020 and 1, 2, 3 as BraTS 2021 to 2023. It is never chosen by its score: where another reading fits the
 * truth clearly better, where none is usual, or where one label stands for a truth of several parts, it is in doubt.
 *
 * @param asked a name of `READING_NAMES` or `WT=1+2+3,TC=2+3,ET=3`; null finds it out.
 * @param file named in errors: where the masks lie.
 * @throws QuorumError LABELS_UNKNOWN for labels that the scheme (any scheme, when none is asked for) does not know;
 * LABELS_IN_DOUBT; both with the voxels of each label. REQUEST_INVALID for a name that is none.
 */
export function readLabels(
  counts: LabelCounts,
  truth: LabelScheme,
  asked: string | null,
  file: string,
): LabelReading {
  const voxels = counts.voxels();
  const found = Object.keys(voxels).map(Number);
  if (asked !== null) {
    const candidate = namedReading(asked, found);
    const strange = found.filter((label) => !candidate.known.includes(label));
    if (strange.length > 0) throw unknown(voxels, `${candidate.title}; ${candidate.known.join(', ')}`, file);
    return { name: candidate.name, regions: candidate.regions, voxels };
  }
  const candidates = readingsOf(found);
  const usual = usualReading(found, truth);
  const title = (name: string) => READING_NAMES[name];
  if (candidates.length === 0) {
    throw unknown(voxels, Object.values(READING_NAMES).join('; '), file);
  }
  const single = found.length === 1 && counts.truthParts() > 1;
  const standard = candidates.find(({ name }) => name === usual);
  const better = standard && betterFit(candidates, standard, counts);
  if (standard && !single && !better) return { name: standard.name, regions: standard.regions, voxels };
  throw new QuorumError({
    code: 'LABELS_IN_DOUBT',
    field: 'labels',
    found: `${countsText(voxels)}${single ? '; only one label, as in a binary mask' : ''}`,
    expected: candidates
      .map((one) => `${one.name} (${title(one.name)}; ${fitText(counts, one)})`)
      .join('; or '),
    file,
  });
}

interface Candidate {
  readonly name: string;
  readonly title: string;
  readonly regions: RegionLabels;
  readonly known: readonly number[];
}

function readingsOf(found: readonly number[]): Candidate[] {
  return Object.keys(READING_NAMES)
    .map((name) => namedReading(name, found))
    .filter(({ known }) => found.every((label) => known.includes(label)));
}

/** @throws QuorumError REQUEST_INVALID. */
function namedReading(asked: string, found: readonly number[]): Candidate {
  const title = READING_NAMES[asked] ?? asked;
  if (asked === 'binary') {
    const label = found.length > 0 ? found[0] : 1;
    return { name: asked, title, regions: { WT: [label] }, known: [0, label] };
  }
  if (asked === 'hd-glio') {
    return { name: asked, title, regions: { WT: [1, 2], ET: [2] }, known: [0, 1, 2] };
  }
  const scheme = asked === 'brats2020' ? 'brats' : asked;
  if ((LABEL_SCHEMES as readonly string[]).includes(scheme)) {
    const known = knownLabels(scheme as LabelScheme);
    return {
      name: nameOf(scheme as LabelScheme),
      title,
      regions: REGION_LABELS[scheme as LabelScheme],
      known,
    };
  }
  const regions = ownReading(asked);
  return { name: asked, title, regions, known: [0, ...new Set(Object.values(regions).flat())] };
}

/** `WT=1+2+3,TC=2+3,ET=3`. */
function ownReading(asked: string): RegionLabels {
  const parts = asked.split(',').map((part) => /^(WT|TC|ET)=(\d{1,3}(?:\+\d{1,3})*)$/i.exec(part.trim()));
  const entries = parts.flatMap((part) =>
    part ? [[part[1].toUpperCase() as Region, part[2].split('+').map(Number)] as const] : [],
  );
  const regions: RegionLabels = Object.fromEntries(entries);
  const labels = entries.flatMap(([, own]) => own);
  const nested = REGIONS.every((region, r) => {
    const outer = REGIONS.slice(0, r).findLast((one) => regions[one]);
    return !outer || (regions[region] ?? []).every((label) => regions[outer]!.includes(label));
  });
  const sound = parts.every((part) => part) && Object.keys(regions).length === parts.length && nested;
  if (sound && labels.every((label) => label > 0 && label < 256)) return regions;
  throw new QuorumError({
    code: 'REQUEST_INVALID',
    field: 'labels',
    expected: `${Object.keys(READING_NAMES).join(', ')}, or the labels of each region: WT=1+2+3,TC=2+3,ET=3`,
    found: asked,
  });
}

function nameOf(scheme: LabelScheme): string {
  return scheme === 'brats' ? 'brats2020' : scheme;
}

/** The reading that these labels have by custom, or null. */
function usualReading(found: readonly number[], truth: LabelScheme): string | null {
  const holds = (scheme: LabelScheme) => found.every((label) => knownLabels(scheme).includes(label));
  const scheme = [truth, 'brats' as const, 'brats2021' as const].find(holds);
  return scheme === undefined ? null : nameOf(scheme);
}

/** Whether another reading fits clearly better than the usual one, in the parts that both tell. */
function betterFit(candidates: readonly Candidate[], usual: Candidate, counts: LabelCounts): boolean {
  const own = counts.fit(usual.regions);
  return candidates.some(({ regions }) => {
    const other = counts.fit(regions);
    const parts = (['TC', 'ET'] as const).filter((region) => other[region] !== undefined);
    const gain = parts.reduce((sum, region) => sum + other[region]! - own[region]!, 0) / parts.length;
    return parts.length > 0 && gain > DOUBT_MARGIN;
  });
}

function fitText(counts: LabelCounts, { regions }: Candidate): string {
  const fit = Object.entries(counts.fit(regions)).map(([region, value]) => `${region} ${value.toFixed(2)}`);
  return `so read, Dice with the other masks is ${fit.join(', ')}`;
}

function countsText(voxels: Readonly<Record<string, number>>): string {
  const parts = Object.entries(voxels).map(([label, count]) => `${label} in ${count} voxels`);
  return parts.length === 0 ? 'no label but 0' : `labels ${parts.join(', ')}`;
}

function unknown(voxels: Readonly<Record<string, number>>, expected: string, file: string): QuorumError {
  return new QuorumError({
    code: 'LABELS_UNKNOWN',
    field: 'labels',
    found: countsText(voxels),
    expected,
    file,
  });
}

/** One sentence for people: how the masks were read, and what is in them. */
export function readingText({ name, voxels }: LabelReading): string {
  return `Labels of the masks read as ${READING_NAMES[name] ?? name} (${countsText(voxels)})`;
}
