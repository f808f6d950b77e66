import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { imagesOf, readImage } from '../../docs/results/measure/sequenceImages.js';
import { isStripped } from '../../src/recognise/brainPart.js';
import { type LogProbabilities, misnamed, sequenceByVoxels } from '../../src/recognise/sequenceByVoxels.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { haveRealData, REAL_DATA } from '../support/data.js';

const split = JSON.parse(readFileSync('docs/results/split.json', 'utf8')) as Record<string, string[]>;

describe.skipIf(!haveRealData('sequences by voxels'))('sequences by voxels', () => {
  it('tells the four sequences of test patients apart, and finds a misnamed one (printed)', async () => {
    const judged: { is: Modality; p: LogProbabilities | null }[] = [];
    const seconds: number[] = [];
    for (const found of imagesOf(REAL_DATA, split).filter(({ side }) => side === 'test')) {
      const image = await readImage(found);
      expect(isStripped(image)).toBe(true);
      const started = process.cpuUsage();
      judged.push({ is: found.sequence, p: sequenceByVoxels(image) });
      const { user, system } = process.cpuUsage(started);
      seconds.push((user + system) / 1e6);
    }
    const looks = ({ p }: (typeof judged)[number]) =>
      p ? MODALITIES.reduce((best, m) => (p[m] > p[best] ? m : best)) : 'not known';
    const confusion = MODALITIES.map((is) => {
      const own = judged.filter((one) => one.is === is);
      const counts = [...MODALITIES, 'not known'].map((as) => [
        as,
        own.filter((one) => looks(one) === as).length,
      ]);
      return [is, Object.fromEntries(counts)];
    });
    const called = (named: Modality, { p }: (typeof judged)[number]) =>
      p !== null && misnamed({ [named]: p }).length > 0;
    const wrongly = judged.flatMap((one) =>
      MODALITIES.filter((m) => m !== one.is).map((m) => called(m, one)),
    );
    const found = wrongly.filter(Boolean).length / wrongly.length;
    const falseAlarms = judged.filter((one) => called(one.is, one)).length;
    console.table(Object.fromEntries(confusion));
    console.log(
      `misnamed alone: ${Math.round(1000 * found) / 10} % of ${wrongly.length} found, ${falseAlarms} false alarms in ${judged.length} images; ` +
        `${(seconds.reduce((sum, s) => sum + s, 0) / seconds.length).toFixed(2)} s of processor an image`,
    );
    expect(judged.length).toBeGreaterThanOrEqual(56);
    expect(found).toBeGreaterThanOrEqual(0.9);
    expect(falseAlarms / judged.length).toBeLessThanOrEqual(0.02);
  }, 300_000);
});
