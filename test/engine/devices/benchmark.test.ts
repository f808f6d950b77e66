import { describe, expect, it } from 'vitest';
import { benchmarkOne } from '../../../src/engine/devices/benchmark.js';

const CANDIDATES = new URL('./corruptCandidates.ts', import.meta.url).href;
const measure = (id: string, limitMs = 60_000) =>
  benchmarkOne({ id }, {}, { candidatesModule: CANDIDATES, limitMs, execArgv: ['--import', 'tsx'] });

describe('the measurement of a device', () => {
  it('gives the time of both volumes and how far it agrees with the CPU', async () => {
    const found = await measure('slightly-wrong');
    expect(found).toMatchObject({ id: 'slightly-wrong', passes: [{}, {}] });
    expect(found).toHaveProperty('agreement.maxLogitDifference', expect.closeTo(0.02, 4));
    expect(found).not.toHaveProperty('stoppedAfter');
  });

  it('is stopped when a device takes too long, and says so', async () => {
    expect(await measure('hanging', 2000)).toEqual({
      id: 'hanging',
      failure: 'too slow, stopped after 2 s',
    });
  });

  it('says by which signal a device ended its process', async () => {
    expect(await measure('crashing')).toEqual({ id: 'crashing', failure: 'SIGABRT' });
  });
});
