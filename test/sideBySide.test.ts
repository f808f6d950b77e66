import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sideBySide } from '../src/sideBySide.js';

describe('work side by side', () => {
  it('runs no more than so many at a time, and gives results in the order of the items', async () => {
    let running = 0;
    let most = 0;
    const results = await sideBySide([40, 5, 30, 1, 20], 2, async (ms) => {
      most = Math.max(most, ++running);
      await sleep(ms);
      running--;
      return 2 * ms;
    });
    expect(results).toEqual([80, 10, 60, 2, 40]);
    expect(most).toBe(2);
  });

  it('throws the first failure when nothing runs any more, and begins nothing after it', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = async (n: number) => {
      begun.push(n);
      await sleep(10 * n);
      if (n === 1) throw new Error('one');
      ended.push(n);
    };
    await expect(sideBySide([1, 3, 2, 4], 2, work)).rejects.toThrow('one');
    expect([begun, ended]).toEqual([[1, 3], [3]]);
  });
});
