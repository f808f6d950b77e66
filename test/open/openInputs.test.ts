import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, hostOf } from '../../src/commands/host.js';
import type { JobEvent, PrepareRequest } from '../../src/contract/index.js';
import { scan } from '../../src/intake/scan.js';
import { chooseStudy, nameSeries } from '../../src/open/chooseStudy.js';
import { notTaken } from '../../src/open/openInputs.js';
import { prepareEnd } from '../commands/command.js';
import { type DicomBytes, dicomBytes } from '../dicom/dicomBytes.js';
import { writeTinyStudy } from '../session/harness.js';
import { problemOfRefusal } from '../volume/folder.js';

let root: string;
let profile: string;
let host: Host;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quorum-inputs-'));
  profile = join(root, 'profile');
  host = hostOf(profile);
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Six slices of one series of nothing but one value, in a folder whose name tells who it is. */
function seriesIn(folder: string, options: DicomBytes, edit: (bytes: Buffer) => Buffer = (b) => b): string {
  const path = join(root, folder);
  mkdirSync(path, { recursive: true });
  for (let slice = 0; slice < 6; slice++)
    writeFileSync(
      join(path, `${options.study ?? 0}-${options.series ?? 0}-${slice}`),
      edit(dicomBytes({ ...options, slice })),
    );
  return path;
}

let number = 0;

/** How a command ends. */
function outcomeOf(
  request: Partial<PrepareRequest> & { inputs: string[] },
  onEvent?: (event: JobEvent) => void,
  signal?: AbortSignal,
): Promise<JobEvent> {
  return prepareEnd(host, { output: join(root, `out-${++number}`), ...request }, onEvent, signal);
}
const working = () => readdirSync(join(profile, 'working'));

describe('what a command is given', () => {
  it('several examinations are refused by number, date and sequences, without names', async () => {
    const folder = seriesIn('Doe-Jane/first', { study: '1.2.1' });
    seriesIn('Doe-Jane/second', { study: '1.2.2', description: 'AX T1 SE' });
    const { problem } = await outcomeOf({ inputs: [join(folder, '..')] });
    expect(problem?.code).toBe('SEVERAL_STUDIES');
    expect(problem?.found?.split('\n').slice(1)).toEqual([
      '    1. 2020-01-31: T1 (1 DICOM series)',
      '    2. 2020-01-31: T1 (1 DICOM series)',
    ]);
    expect(JSON.stringify(problem)).not.toMatch(/Doe|Jane|P1/);
    const unknown = await outcomeOf({ inputs: [join(folder, '..')], study: '3' });
    expect(unknown.problem).toMatchObject({ code: 'STUDY_UNKNOWN', found: '3' });
    expect(working()).toEqual([]);
  });

  it('the chosen one is converted and prepared, and what fails names its series, not a working file', async () => {
    const inputs = [join(root, 'Doe-Jane')];
    for (const study of ['2', '1.2.2']) {
      const { problem, state } = await outcomeOf({ inputs, study });
      // Slices of one value each are no head, and the preparation says so.
      expect(state).toBe('failed');
      expect(problem?.code).toMatch(/REGISTRATION_FAILED|BRAIN_|EMPTY_IMAGE|MASK_AS_IMAGE/);
      expect(JSON.stringify(problem)).not.toContain(profile);
    }
    expect(working()).toEqual([]);
  });

  it('a missing identity needs the user’s word', async () => {
    // PatientID becomes a tag that nothing reads.
    const folder = seriesIn('unknown', { study: '1.2.5' }, (bytes) => {
      bytes[bytes.indexOf(Buffer.from([0x10, 0, 0x20, 0, 0x4c, 0x4f])) + 2] = 0x21;
      return bytes;
    });
    expect((await outcomeOf({ inputs: [folder] })).problem).toMatchObject({
      code: 'NOT_CONFIRMED',
      found: 'the files name no patient (PatientID)',
    });
    const confirmed = await outcomeOf({ inputs: [folder], onePatient: true });
    expect(confirmed.problem?.code).not.toBe('NOT_CONFIRMED');
    expect(working()).toEqual([]);
  });

  it('a cancelled job leaves nothing in the working folder', async () => {
    const inputs = [join(root, 'Doe-Jane/first')];
    let seen = 0;
    const controller = new AbortController();
    const onEvent = ({ stage }: JobEvent) => {
      seen = Math.max(seen, working().length);
      if (stage === 'converting') controller.abort();
    };
    const { state } = await outcomeOf({ inputs }, onEvent, controller.signal);
    expect([state, seen]).toEqual(['cancelled', 1]);
    expect(working()).toEqual([]);
  });

  it('image files that their names explain are not scanned, nor is anything unpacked', async () => {
    const folder = await writeTinyStudy(root, 'named', ['t1', 'flair']);
    const stages = new Set<string>();
    await outcomeOf({ inputs: [folder], skip: ['co-register', 'atlas', 'skull-strip'] }, ({ stage }) =>
      stages.add(stage),
    );
    expect(stages).not.toContain('reading headers');
  });

  it('a DICOMDIR stands for its folder, and an empty folder is no examination', async () => {
    const folder = seriesIn('cd', { study: '1.2.6' });
    writeFileSync(join(folder, 'DICOMDIR'), dicomBytes());
    const stages = new Set<string>();
    const given = [join(folder, 'DICOMDIR')];
    expect((await outcomeOf({ inputs: given }, ({ stage }) => stages.add(stage))).problem?.code).not.toBe(
      'NO_IMAGES',
    );
    expect(stages).toContain('converting');
    mkdirSync(join(root, 'empty'));
    expect((await outcomeOf({ inputs: [join(root, 'empty')] })).problem?.code).toBe('NO_IMAGES');
  });
});

describe('naming a series for a sequence', () => {
  it('by file, folder, UID or id; what names none or several is refused', async () => {
    const folder = seriesIn('two/a', { study: '1.2.7', series: '4' });
    seriesIn('two/b', { study: '1.2.7', series: '5', description: 'AX' });
    const { studies } = await scan([join(root, 'two')], { workingFolder: root });
    const study = chooseStudy(studies, null)!;
    const [other] = study.series.filter(({ about }) => about.description === 'AX');
    // Two T1 of one place and no time: which is which is asked, and each is named.
    expect(study.questions).toMatchObject([{ sequences: ['t1', 't1ce'] }]);
    expect(notTaken(study).map(({ reason }) => reason)).toEqual(
      Array(2).fill(expect.stringMatching(/^T1 or T1ce: 2 T1 series/)),
    );
    const [t1] = study.series.filter(({ sequence }) => sequence === 't1');
    const names = [
      join(root, 'two/b/1.2.7-5-3'),
      join(root, 'two/b'),
      '1.2.7.5',
      other.id,
      other.id.slice(0, 8),
    ];
    for (const name of names) {
      const named = await nameSeries(study, { flair: name });
      expect(named.choices).toMatchObject({ t1: { winner: t1.id }, flair: { winner: other.id } });
    }
    for (const name of [join(folder, '..'), '17', 'nonsense'])
      expect(await problemOfRefusal(nameSeries(study, { flair: name }))).toMatchObject({
        code: 'SERIES_UNKNOWN',
        field: 'flair',
      });
  });
});
