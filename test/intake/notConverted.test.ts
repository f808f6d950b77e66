import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignSeries, openCandidate, openSeries } from '../../src/intake/openCandidate.js';
import { scan } from '../../src/intake/scan.js';
import { OpenStudy } from '../../src/session/cases/openStudy.js';
import { dicomBytes } from '../dicom/dicomBytes.js';

const JPEG_LOSSLESS = '1.2.840.10008.1.2.4.70';
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-unconverted-'));
  const write = (folder: string, slices: number, of: object) => {
    mkdirSync(join(root, folder), { recursive: true });
    for (let slice = 0; slice < slices; slice++)
      writeFileSync(join(root, folder, `${slice}`), dicomBytes({ slice, ...of }));
  };
  // The FLAIR that covers more is no JPEG, whatever its header says.
  const broken = { series: '3', description: 'FLAIR 3D', syntax: JPEG_LOSSLESS, pixels: Buffer.alloc(96, 7) };
  write('exam/broken', 12, broken);
  write('exam/whole', 8, { series: '4', description: 'FLAIR AX' });
  write('exam/t2', 8, { series: '5', description: 'T2 AX' });
  write('only/broken', 12, broken);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const candidateIn = async (folder: string) => {
  const { studies } = await scan([join(root, folder)], { workingFolder: root });
  return studies[0];
};
const brokenIn = (candidate: Awaited<ReturnType<typeof candidateIn>>) =>
  candidate.series.find(({ about }) => about.description === 'FLAIR 3D')!;

describe('a series that cannot be converted', () => {
  it('is set aside with the reason, and the next best takes its place', async () => {
    const before = await candidateIn('exam');
    expect(before.choices.flair?.winner).toBe(brokenIn(before).id);
    const { study, candidate } = await openCandidate(before, { workingFolder: root });
    expect(Object.keys(study.images).sort()).toEqual(['flair', 't2']);
    expect(study.images.flair!.about.description).toBe('FLAIR AX');
    expect(brokenIn(candidate).setAside).toMatch(/^could not be converted \(.+\)$/);
  });

  it('does so in a window, too, and still says why', async () => {
    const candidate = await candidateIn('exam');
    const found = { isAlone: true, others: [], notes: null, unreadable: [] };
    const raw = new OpenStudy(candidate, found, async (one) => ({
      series: await openSeries(one, { workingFolder: root }),
      sha256: one.id,
    }));
    const files = await raw.files();
    const named = (name: string) => files.find(({ series }) => series?.about.description === name)!;
    expect(named('FLAIR AX')).toMatchObject({
      sequence: 'flair',
      problem: null,
      series: { about: { rejected: null } },
    });
    expect(named('FLAIR 3D')).toMatchObject({
      sequence: 'other',
      reason: expect.stringContaining('could not be converted'),
      problem: { code: 'CONVERSION_FAILED' },
    });
  });

  it('ends the opening where it is the only one, or the user chose it', async () => {
    const problem = (opening: Promise<unknown>) =>
      opening.then(
        () => 'opened',
        (error) => error.problem.code,
      );
    expect(await problem(openCandidate(await candidateIn('only'), { workingFolder: root }))).toBe(
      'CONVERSION_FAILED',
    );
    const candidate = await candidateIn('exam');
    const chosen = assignSeries(candidate, brokenIn(candidate).id, 'flair');
    expect(await problem(openCandidate(chosen, { workingFolder: root }))).toBe('CONVERSION_FAILED');
  });
});
