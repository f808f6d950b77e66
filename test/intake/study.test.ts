import { mkdirSync, writeFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findCaseFolders } from '../../src/intake/caseFolder.js';
import { openStudy } from '../../src/intake/openStudy.js';
import { bratsGrid, ellipsoid, writeImage } from '../support/images.js';
import { problemOfRefusal, temporaryFolder } from '../volume/folder.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const image = ellipsoid(bratsGrid([8, 8, 8]), [3, 3, 3], 1);

async function make(...files: string[]): Promise<void> {
  for (const file of files) await writeImage(at(file), image);
}

describe('a folder becomes a Study', () => {
  beforeAll(() =>
    make(
      'patient/patient_t1.nii.gz',
      'patient/patient_flair.nii.gz',
      'patient/patient_seg.nii.gz',
      'patient/sub/old_t1.nii.gz',
    ),
  );

  it('with its sequences, its masks apart, and the folder’s name', async () => {
    const study = await openStudy([at('patient')]);
    expect(study.name).toBe('patient');
    expect(Object.keys(study.images)).toEqual(['t1', 'flair']);
    expect(study.masks.map(({ file }) => file)).toEqual([at('patient/patient_seg.nii.gz')]);
    expect(study.images.t1!.header.size).toEqual([8, 8, 8]);
  });

  it('without what lies in sub-folders', async () => {
    const study = await openStudy([at('patient')]);
    expect(study.series).toHaveLength(3);
  });

  it('with the file that the user names for a sequence', async () => {
    await make('patient2/a_t1.nii.gz', 'patient2/b_t1.nii.gz');
    const study = await openStudy([at('patient2')], { t1: at('patient2/b_t1.nii.gz') });
    expect(study.images.t1!.file).toBe(at('patient2/b_t1.nii.gz'));
    expect(study.images.t1!.reason).toBe('chosen by the user');
  });
});

describe('what cannot be a Study', () => {
  it('two files for one sequence are listed, never guessed between', async () => {
    await make('two/a_t1.nii.gz', 'two/b_t1w.nii.gz', 'two/flair.nii.gz');
    const problem = await problemOfRefusal(openStudy([at('two')]));
    expect(problem).toMatchObject({
      code: 'SEQUENCE_AMBIGUOUS',
      field: 't1',
      files: [at('two/a_t1.nii.gz'), at('two/b_t1w.nii.gz')],
    });
  });

  it('an empty folder', async () => {
    mkdirSync(at('empty'));
    writeFileSync(at('empty/notes.txt'), 'nothing');
    expect((await problemOfRefusal(openStudy([at('empty')]))).code).toBe('NO_IMAGES');
  });

  it('a folder with masks only', async () => {
    await make('masks/x_seg.nii.gz', 'masks/x_mask.nii.gz');
    expect((await problemOfRefusal(openStudy([at('masks')]))).code).toBe('ONLY_MASKS');
  });

  it('images whose names tell no sequence', async () => {
    await make('unknown/dwi.nii.gz');
    expect((await problemOfRefusal(openStudy([at('unknown')]))).code).toBe('SEQUENCE_UNKNOWN');
  });

  it('a path that does not exist', async () => {
    expect((await problemOfRefusal(openStudy([at('nowhere')]))).code).toBe('FILE_NOT_FOUND');
  });
});

describe('the name of a case', () => {
  it.each([
    [['P1_t1.nii.gz', 'P1_t1ce.nii.gz'], 'P1'],
    [['P1_t1.nii.gz', 'P1_t2.nii.gz'], 'P1'],
    [['sub-01_T1w.nii.gz', 'sub-01_FLAIR.nii.gz'], 'sub-01'],
    [['A-B-t1n.nii.gz', 'A-B-t2f.nii.gz'], 'A-B'],
    [['only_flair.nii.gz'], 'only'],
  ])('of loose files %j is %s', async (names, expected) => {
    const files = names.map((name) => at('loose', String(expected), name));
    for (const file of files) await writeImage(file, image);
    expect((await openStudy(files)).name).toBe(expected);
  });
});

describe('finding case folders', () => {
  it('finds those of a folder of cases, BIDS subjects too, and nothing below a case', async () => {
    await make(
      'all/one/one_t1.nii.gz',
      'all/one/deeper/x_t1.nii.gz',
      'all/sub-01/anat/sub-01_FLAIR.nii.gz',
      'all/masks/x_seg.nii.gz',
    );
    expect(await findCaseFolders(at('all'))).toEqual([at('all/one'), at('all/sub-01/anat')]);
  });

  it('follows symbolic links to folders, but not in circles nor to nowhere', async () => {
    await make('elsewhere/two/two_t1.nii.gz', 'linked/three/three_t1.nii.gz');
    await symlink(at('elsewhere/two'), at('linked/two'), 'junction');
    await symlink(at('linked'), at('linked/up'), 'junction');
    await symlink(at('gone'), at('linked/gone'), 'junction');
    expect(await findCaseFolders(at('linked'))).toEqual([at('linked/three'), at('linked/two')]);
  });

  it('names a BIDS case after its subject', async () => {
    expect((await openStudy([at('all/sub-01/anat')])).name).toBe('sub-01');
  });
});
