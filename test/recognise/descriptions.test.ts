import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AboutSeries } from '../../src/recognise/about.js';
import { judge, sequenceOf } from '../../src/recognise/recognise.js';

const CASES = resolve(process.env.QUORUM_CASES ?? '../shared/cases');
const FILE = resolve(CASES, 'real-series-descriptions/descriptions.tsv');
const have = existsSync(FILE);
if (!have) console.warn('SKIPPED: real series descriptions: no cases (set QUORUM_CASES)');

const CLASSES = ['t1', 't1ce', 't2', 'flair', 'other'] as const;
type Way = 'dicom' | 'name' | 'sidecar';

/** Times and kinds of acquisition of each class: the values of radiology's textbooks, as the cases' score.py has them. */
const PHYSICS: Record<string, AboutSeries> = {
  t1: { echoTime: 8.4, repetitionTime: 550, flipAngle: 90, scanning: ['SE'] },
  t2: { echoTime: 96, repetitionTime: 4800, flipAngle: 150, scanning: ['SE'] },
  flair: { echoTime: 110, repetitionTime: 9000, inversionTime: 2500, flipAngle: 150, scanning: ['SE', 'IR'] },
  mprage: { echoTime: 2.98, repetitionTime: 2300, inversionTime: 900, flipAngle: 9, scanning: ['GR', 'IR'] },
  't1 flair': {
    echoTime: 22,
    repetitionTime: 2100,
    inversionTime: 780,
    flipAngle: 111,
    scanning: ['SE', 'IR'],
  },
  diffusion: {
    ...{ echoTime: 83, repetitionTime: 5200, flipAngle: 90, scanning: ['EP'] },
    imageType: ['DERIVED', 'PRIMARY', 'DIFFUSION', 'ADC'],
  },
  'T2*': { echoTime: 25, repetitionTime: 700, flipAngle: 20, scanning: ['GR'] },
  SWI: { echoTime: 20, repetitionTime: 28, flipAngle: 15, scanning: ['GR'] },
  STIR: { echoTime: 62, repetitionTime: 5400, inversionTime: 170, flipAngle: 150, scanning: ['SE', 'IR'] },
  localiser: { echoTime: 5, repetitionTime: 11, flipAngle: 25, scanning: ['GR'] },
  perfusion: { echoTime: 30, repetitionTime: 1500, flipAngle: 90, scanning: ['EP'] },
  fMRI: { echoTime: 30, repetitionTime: 2000, flipAngle: 90, scanning: ['EP'] },
  angiography: { echoTime: 3.5, repetitionTime: 21, flipAngle: 18, scanning: ['GR'] },
  'MP2RAGE part': {
    echoTime: 3,
    repetitionTime: 5000,
    inversionTime: 700,
    flipAngle: 5,
    scanning: ['GR', 'IR'],
  },
  'field map': { echoTime: 66, repetitionTime: 7000, flipAngle: 90, scanning: ['SE', 'EP'] },
  other: { echoTime: 5, repetitionTime: 200, flipAngle: 30, scanning: ['GR'] },
};

interface Row {
  readonly description: string;
  readonly truth: string;
}

function physicsOf({ description, truth }: Row): AboutSeries {
  if (truth.startsWith('other:')) return PHYSICS[truth.slice(6)] ?? PHYSICS.other;
  if (!truth.startsWith('t1')) return PHYSICS[truth];
  if (/mprage|mpr|tfl|tfe|stealth|3d|bravo|spgr|vibe|fsgpr/i.test(description)) return PHYSICS.mprage;
  return /flair/i.test(description) ? PHYSICS['t1 flair'] : PHYSICS.t1;
}

/** What serves of one description, in one of the ways in which it reaches a user. */
function takenAs(row: Row, way: Way): string {
  const about = { imageType: ['ORIGINAL', 'PRIMARY', 'M'], ...physicsOf(row) };
  const { description } = row;
  const judged =
    way === 'name'
      ? judge({
          texts: [{ text: `2_${description.replace(/[^A-Za-z0-9+_.,()=-]+/g, '_')}`, where: 'name' }],
          about: {},
        })
      : judge({
          texts: [
            { text: description, where: 'description' },
            { text: description, where: 'protocol' },
          ],
          about,
        });
  return judged.contrast === 'unclear' ? 'other' : sequenceOf(judged);
}

describe.skipIf(!have)('real series descriptions', () => {
  const rows: Row[] = have
    ? readFileSync(FILE, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t'))
        .map(([description, truth]) => ({ description, truth }))
    : [];

  it.each([
    ['dicom', 97],
    ['name', 93],
    ['sidecar', 93],
  ] as const)(
    'are recognised as %s, at least %i of 100, and no T1 is taken for T1ce or the reverse',
    (way, least) => {
      const table = new Map<string, number>();
      const wrong: string[] = [];
      let swapped = 0;
      for (const row of rows) {
        const truth = row.truth.split(':')[0];
        const taken = takenAs(row, way);
        table.set(`${truth}|${taken}`, (table.get(`${truth}|${taken}`) ?? 0) + 1);
        if (taken !== truth) wrong.push(`${row.description} (${row.truth}): ${taken}`);
        if (truth !== taken && truth.startsWith('t1') && taken.startsWith('t1')) swapped++;
      }
      const lines = CLASSES.map((truth) =>
        [
          truth.padEnd(8),
          ...CLASSES.map((taken) => String(table.get(`${truth}|${taken}`) ?? 0).padStart(6)),
        ].join(''),
      );
      const header = `true\\taken${CLASSES.map((one) => one.padStart(6)).join('')}`;
      console.info(
        [`as ${way}: ${rows.length - wrong.length} of ${rows.length}`, header, ...lines, ...wrong].join('\n'),
      );
      expect(rows.length).toBeGreaterThan(100);
      expect(swapped).toBe(0);
      expect((100 * (rows.length - wrong.length)) / rows.length).toBeGreaterThanOrEqual(least);
    },
  );
});
