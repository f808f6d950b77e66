import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { GROUP_DICTIONARY, GROUP_TABLE, runGroup } from '../../../src/commands/bids/group.js';
import { type BidsParticipants, runParticipants } from '../../../src/commands/bids/participants.js';
import { hostOf } from '../../../src/commands/host.js';
import { bidsRequestSchema } from '../../../src/contract/commands.js';
import type { CaseReport } from '../../../src/contract/report.js';
import type { Modality } from '../../../src/terms.js';
import { readLabelMap, readVolume } from '../../../src/volume/read.js';
import { writeTinyStudy } from '../../session/harness.js';
import { problemOfRefusal, temporaryFolder } from '../../volume/folder.js';

const root = temporaryFolder().path;
const dataset = join(root, 'raw');
const output = join(dataset, 'derivatives', 'quorum');
const host = hostOf(join(root, 'profile'));
const context = { signal: new AbortController().signal, report: () => undefined };
const request = (more: object = {}) =>
  // The tiny heads are too small to be prepared.
  bidsRequestSchema.parse({
    ...{ dataset, output, level: 'participant', device: 'cpu', force: true, prepare: false },
    ...more,
  });

const SUFFIX = { t1: 'T1w', t1ce: 'ce-gd_T1w', t2: 'T2w', flair: 'FLAIR' };

/** A session's images under BIDS names. */
async function writeSession(path: string, stem: string, sequences: readonly Modality[]): Promise<void> {
  const folder = await writeTinyStudy(root, `made-${stem}`, sequences);
  const anat = join(dataset, path, 'anat');
  await mkdir(anat, { recursive: true });
  for (const m of sequences)
    await rename(join(folder, `made-${stem}_${m}.nii.gz`), join(anat, `${stem}_${SUFFIX[m]}.nii.gz`));
}

const report = (name: string): CaseReport =>
  JSON.parse(readFileSync(join(output, 'quorum', name, 'report.json'), 'utf8'));

describe('quorum bids', () => {
  let first: BidsParticipants;
  beforeAll(async () => {
    await mkdir(dataset);
    const description = { Name: 'Made up', BIDSVersion: '1.9.0' };
    await writeFile(join(dataset, 'dataset_description.json'), JSON.stringify(description));
    const participants = 'participant_id\tage\tsex\nsub-01\t54\tF\nsub-02\tn/a\tM\n';
    await writeFile(join(dataset, 'participants.tsv'), participants);
    await writeSession('sub-01/ses-pre', 'sub-01_ses-pre', ['t1', 't1ce', 't2', 'flair']);
    await writeSession('sub-01/ses-post', 'sub-01_ses-post', ['flair']);
    await writeSession('sub-02', 'sub-02', ['t1', 'flair']);
    await mkdir(join(dataset, 'sub-03', 'anat'), { recursive: true });
    await writeFile(join(dataset, 'sub-03', 'anat', 'sub-03_FLAIR.nii.gz'), 'not an image');
    await mkdir(join(dataset, 'sub-04', 'func'), { recursive: true });
    first = await runParticipants(request(), host, context);
  }, 120_000);

  it('segments every session from its own sequences; a failure or an empty session stops nothing', () => {
    const states = first.cases.map(({ case: name, state, combination }) => [name, state, combination]);
    expect(states).toEqual([
      ['sub-01_ses-post', 'finished', 'flair'],
      ['sub-01_ses-pre', 'finished', 't1+t1ce+t2+flair'],
      ['sub-02', 'finished', 't1+flair'],
      ['sub-03', 'failed', null],
    ]);
    expect(first.withoutAnat).toEqual(['sub-04']);
  });

  it('lays masks, sidecars and labels out as a derivative dataset, with a page a session', () => {
    const anat = join(output, 'sub-01', 'ses-pre', 'anat');
    const stem = 'sub-01_ses-pre_space-orig_desc-quorum_dseg';
    expect(readdirSync(anat).sort()).toEqual([`${stem}.json`, `${stem}.nii.gz`, `${stem}.tsv`]);
    expect(readdirSync(join(output, 'sub-02', 'anat'))).toHaveLength(3);
    expect(existsSync(join(output, 'sub-03'))).toBe(false);
    expect(readdirSync(output).filter((name) => name.endsWith('.html'))).toEqual([
      'sub-01_ses-post.html',
      'sub-01_ses-pre.html',
      'sub-02.html',
    ]);
    const about = JSON.parse(readFileSync(join(output, 'dataset_description.json'), 'utf8'));
    expect(about).toMatchObject({ DatasetType: 'derivative', Name: expect.stringContaining('Made up') });
    expect(readFileSync(join(output, '.bidsignore'), 'utf8').split('\n')).toContain('quorum/');
  });

  it('writes the mask of report.json, on the image’s own grid', async () => {
    const file = join(output, 'sub-02', 'anat', 'sub-02_space-orig_desc-quorum_dseg.nii.gz');
    const mask = await readLabelMap(file);
    const image = await readVolume(join(dataset, 'sub-02', 'anat', 'sub-02_FLAIR.nii.gz'));
    expect([mask.size, mask.affine]).toEqual([image.size, image.affine]);
    const { combinations, combination } = report('sub-02');
    const ml = combinations[combination].volumes.WT.ml;
    expect(ml).toBeCloseTo(mask.data.filter((label) => label > 0).length / 1000, 3);
  });

  it('computes nothing twice, and takes labels with and without their prefix', async () => {
    const again = await runParticipants(
      request({ participants: ['sub-01'], sessions: ['pre'] }),
      host,
      context,
    );
    expect(again.cases.map(({ case: name, state }) => [name, state])).toEqual([
      ['sub-01_ses-pre', 'skipped'],
    ]);
  });

  it('refuses labels that are not there, and says which are', async () => {
    const refused = (more: object) => problemOfRefusal(runParticipants(request(more), host, context));
    expect(await refused({ participants: ['07'] })).toMatchObject({
      code: 'REQUEST_INVALID',
      field: 'participant-label',
      expected: 'of 01, 02, 03, 04',
      found: '07',
    });
    expect(await refused({ sessions: ['ses-9'] })).toMatchObject({ field: 'session-label', found: '9' });
  });

  it('refuses what is no BIDS dataset, and an output among the raw data', async () => {
    const refused = (more: object) => problemOfRefusal(runParticipants(request(more), host, context));
    expect(await refused({ dataset: join(root, 'profile') })).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await refused({ output: join(dataset, 'sub-01', 'out') })).toMatchObject({
      code: 'OUTPUT_INSIDE_INPUT',
    });
    const bare = join(root, 'bare');
    await cp(join(dataset, 'sub-02'), join(bare, 'sub-02'), { recursive: true });
    const one = { dataset: bare, output: join(root, 'bare-out') };
    expect(await refused(one)).toMatchObject({ file: join(bare, 'dataset_description.json') });
    const { cases } = await runParticipants(request({ ...one, skipValidation: true }), host, context);
    expect(cases.map(({ state }) => state)).toEqual(['finished']);
  });

  describe('at the group level', () => {
    it('makes one table of the finished sessions, joined with participants.tsv', async () => {
      const made = await runGroup(request({ level: 'group' }));
      expect(made).toMatchObject({ rows: 3, missing: ['sub-03', 'sub-04'] });
      const [header, ...rows] = readFileSync(join(output, GROUP_TABLE), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const table = rows.map((row) => Object.fromEntries(row.map((value, i) => [header[i], value])));
      expect(
        table.map(({ participant_id, session_id, age, sex, sequences }) => [
          participant_id,
          session_id,
          age,
          sex,
          sequences,
        ]),
      ).toEqual([
        ['sub-01', 'ses-post', '54', 'F', 'flair'],
        ['sub-01', 'ses-pre', '54', 'F', 't1+t1ce+t2+flair'],
        ['sub-02', 'n/a', 'n/a', 'M', 't1+flair'],
      ]);
      const { combinations, combination } = report('sub-01_ses-pre');
      const { ml } = combinations[combination].volumes.WT;
      expect(table[1].WT_volume).toBe(ml === null ? 'n/a' : String(ml));
      const dictionary = JSON.parse(readFileSync(join(output, GROUP_DICTIONARY), 'utf8'));
      const own = header.filter((name) => !['participant_id', 'session_id', 'age', 'sex'].includes(name));
      expect(Object.keys(dictionary)).toEqual(own);
    });

    it('says that nothing is finished yet', async () => {
      const empty = request({ level: 'group', output: join(root, 'nowhere') });
      expect(await problemOfRefusal(runGroup(empty))).toMatchObject({ code: 'RESULT_MISSING' });
    });
  });
});
