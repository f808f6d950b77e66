import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reasonText } from '../../src/presentation/reasons.js';
import type { AboutSeries } from '../../src/recognise/about.js';
import { recogniseSequence } from '../../src/recognise/imageName.js';
import { judge } from '../../src/recognise/recognise.js';
import { REFUSED } from '../../src/session/cases/segmenting.js';

const FILE = resolve(
  process.env.QUORUM_CASES ?? '../shared/cases',
  'real-series-descriptions/descriptions.tsv',
);
const have = existsSync(FILE);
if (!have) console.warn('SKIPPED: reasons for real series descriptions: no cases (set QUORUM_CASES)');

/** What reads in English otherwise than it was written, or is not known. */
const wrong = (reasons: readonly string[]) =>
  [...new Set(reasons)].filter((reason) => {
    const told = reasonText(reason);
    return !told.isKnown || told.text !== reason;
  });

const TIMES = [
  {},
  { echoTime: 8, repetitionTime: 550, scanning: ['SE'] },
  { echoTime: 96, repetitionTime: 4800, scanning: ['SE'] },
  { echoTime: 110, repetitionTime: 9000, inversionTime: 2500, scanning: ['SE', 'IR'] },
  { echoTime: 62, repetitionTime: 5400, inversionTime: 170, scanning: ['SE', 'IR'] },
  { echoTime: 25, repetitionTime: 700, flipAngle: 20, scanning: ['GR'] },
  { echoTime: 2, repetitionTime: 8, flipAngle: 50, scanning: ['GR'] },
  { echoTime: 12, repetitionTime: 4000, scanning: ['SE'] },
  { echoTime: 83, repetitionTime: 5200, scanning: ['EP'] },
  { bValue: 1000 },
] as const;

describe('reasons in words', () => {
  it('know what the recogniser says of every description at every time, and leave the English as it is', () => {
    const words = [
      't1 mprage',
      'T1 post gad',
      't2 tse',
      'FLAIR',
      'dwi',
      'localizer',
      'pd t2',
      'ir tse',
      'x',
      't1 t2',
    ];
    const more = [
      't2 stir',
      'swi',
      'tof mra',
      'mp2rage INV1',
      'mp2rage UNI',
      'dixon opp',
      'dixon fat',
      'lumbar spine',
      'T1 post',
    ];
    const said = [...words, ...more].flatMap((description) =>
      TIMES.map((times) =>
        judge({ texts: [{ where: 'description', text: description }], about: times as AboutSeries }),
      ).flatMap((judgement) => [
        judgement.aside ?? judgement.reason,
        judgement.reason,
        judgement.contrastReason,
      ]),
    );
    expect(said.filter(Boolean).length).toBeGreaterThan(300);
    expect(wrong(said.filter(Boolean))).toEqual([]);
  });

  it.skipIf(!have)('know what is said of every real description', () => {
    const rows = readFileSync(FILE, 'utf8').split('\n').slice(1);
    const said = rows.flatMap((row) => {
      const [description] = row.split('\t');
      const { reason, aside, contrastReason } = judge({
        texts: [{ where: 'description', text: description }],
        about: {},
      });
      return [aside ?? reason, contrastReason, recogniseSequence(description).reason].filter(Boolean);
    });
    expect(said.length).toBeGreaterThan(200);
    expect(wrong(said)).toEqual([]);
  });

  it('know what intake and preparation say', () => {
    expect(
      wrong([
        '“t1” in the name; nothing of a contrast agent',
        'T1 or T1ce: 2 T1 series, there is a subtraction, and nothing tells which is after contrast agent',
        'in doubt: T1 or T1ce: headers name a contrast agent, and nothing says of this one series whether it is before or after',
        '“post” in the description may mean before or after',
        '“post” in the description, but acquired before the T1 after contrast agent (series 7)',
        'the same name 3 times, 12 minutes apart, and there is a subtraction: the latest is the one after',
        'its voxels show contrast agent beside the other T1 (series 4) (never wrong where it told, in 54 stripped pairs and one with its skull)',
        'its signs contradict each other (TE 8 ms, TR 550 ms is T1, though “t2” in the description)',
        'coronal; the chosen one is axial like the others',
        'covers 30 mm, the chosen one 150 mm',
        '3 of its slices are missing (between 4 and 5, between 8 and 10, …)',
        'another part of the body: “SPINE” as Body Part Examined',
        'one missing slice (between 4 and 5) is interpolated; the chosen one is whole',
        ...Object.values(REFUSED),
        'The images are as the scanner made them (DICOM).',
        'Voxels are not about 1 mm: T1 0.9 × 0.9 × 5.5 mm, FLAIR 1.0 × 1.0 × 3.0 mm.',
        'T1ce (finest slices, 1.0 mm)',
        'FLAIR was moved onto T1ce by 2.1 mm and 1.4°, as found before',
        'T1ce aligned rigidly with the atlas’s head; its size is 98 % of the atlas’s',
        'the atlas’s mask carried over and refined by T1, FLAIR',
        '4 images resampled to 1 mm, once (trilinear)',
        'could not be converted (it took too long)',
        'invalid UIDs (Study Instance UID): read, but DICOM results cannot refer to them',
        'a.nii: its matrix (sform) has no voxel size: pixdim was taken',
        'one patient number, several names',
      ]),
    ).toEqual([]);
  });

  it('leave what they do not know as it is, and say so', () => {
    expect(reasonText('something new; acquired earlier')).toEqual({
      text: 'something new; acquired earlier',
      isKnown: false,
    });
  });
});
