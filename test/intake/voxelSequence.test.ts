import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isContrastEnhanced, WEIGHTS, weightingByVoxels } from '../../src/intake/judgeVoxels.js';
import { brightTail, isStripped, voxelFeatures } from '../../src/intake/voxelFeatures.js';
import { readVolume } from '../../src/volume/read.js';
import { haveRealData, REAL_DATA } from '../support/data.js';
import { classify, fitDiscriminant } from './discriminant.js';

interface Row {
  readonly patient: string;
  readonly weighting: string;
  readonly features: number[];
}

/** All skull-stripped whole images: 14 patients. */
async function wholeImages(tails: Map<string, number>): Promise<Row[]> {
  const folders = ['whole', 'partial'].flatMap((part) =>
    readdirSync(join(REAL_DATA, part)).map((name) => join(REAL_DATA, part, name)),
  );
  folders.push(join(REAL_DATA, 'raw/TCGA-FG-6692/stripped'));
  const rows: Row[] = [];
  for (const folder of folders) {
    for (const name of readdirSync(folder)) {
      const weighting = name.match(/_(t1|t1ce|t2|flair)\.nii\.gz$/)?.[1]?.replace('t1ce', 't1');
      if (!weighting) continue;
      const volume = await readVolume(join(folder, name));
      expect(isStripped(volume)).toBe(true);
      // Only these folders hold both T1 and T1ce.
      const t1 = /_(t1|t1ce)\.nii/.exec(name)?.[1];
      if (t1 && !folder.includes('partial')) tails.set(`${basename(folder)} ${t1}`, brightTail(volume)!);
      rows.push({ patient: basename(folder), weighting, features: voxelFeatures(volume)! });
    }
  }
  return rows;
}

describe.skipIf(!haveRealData('sequences by voxels'))('sequences by voxels', () => {
  it('tells T1, T2 and FLAIR apart for 25 of 34 images, each patient judged by the others', async () => {
    const tails = new Map<string, number>();
    const rows = await wholeImages(tails);
    const right = rows.filter(({ patient, features, weighting }) => {
      const others = rows.filter((row) => row.patient !== patient);
      const fitted = fitDiscriminant(
        others.map((row) => row.features),
        others.map((row) => row.weighting),
        0.1,
      );
      return classify(fitted, features) === weighting;
    });
    expect([rows.length, new Set(rows.map(({ patient }) => patient)).size]).toEqual([34, 14]);
    expect(right.length).toBe(25);
    const pairs = [...new Set(rows.map(({ patient }) => patient))].filter(
      (one) => tails.has(`${one} t1`) && tails.has(`${one} t1ce`),
    );
    expect(
      pairs.map((one) => isContrastEnhanced(tails.get(`${one} t1ce`)!, tails.get(`${one} t1`)!)),
    ).toEqual([true, true, true]);
    // What is shipped is the same fit on all of them.
    const all = fitDiscriminant(
      rows.map((row) => row.features),
      rows.map((row) => row.weighting),
      0.1,
    );
    all.classes.forEach((name, c) =>
      all.weights[c].forEach((weight, f) => expect(WEIGHTS[name as 't1'][f]).toBeCloseTo(weight, 2)),
    );
    expect(
      rows.filter(({ features, weighting }) => weightingByVoxels(features) === weighting).length,
    ).toBeGreaterThan(25);
  });

  it('tells T1ce from T1 of one head by its bright tail, on all cubes without any fitting', async () => {
    const folder = join(REAL_DATA, 'brats2020-cubes');
    let [pairs, decided, right] = [0, 0, 0];
    for (const name of readdirSync(folder)) {
      const file = (sequence: string) => join(folder, name, `${name}_${sequence}.nii.gz`);
      if (!existsSync(file('t1ce'))) continue;
      const tails = [brightTail(await readVolume(file('t1')))!, brightTail(await readVolume(file('t1ce')))!];
      pairs++;
      const verdict = isContrastEnhanced(tails[1], tails[0]);
      if (verdict === null) continue;
      decided++;
      if (verdict) right++;
    }
    expect([pairs, decided, right]).toEqual([351, 313, 305]);
  });
});
