import { describe, expect, it } from 'vitest';
import { Estimate } from '../../src/jobs/estimate.js';

/** An estimate by a clock that the test moves. */
function started() {
  let seconds = 0;
  const estimate = new Estimate(() => seconds);
  return {
    estimate,
    wait: (more: number) => {
      seconds += more;
      return estimate;
    },
  };
}

describe('the estimate of a job', () => {
  it('says nothing of the time left before there is ground for it', () => {
    const { estimate, wait } = started();
    estimate.report(0, 0.01);
    expect(wait(60).at()).toEqual({ progress: 0 });
    expect(wait(1).at()).not.toHaveProperty('secondsLeft');
  });

  it('goes on by the clock inside a stage that reports nothing, and stays before its end', () => {
    const { estimate, wait } = started();
    wait(10).report(0.1, 0.6);
    expect(estimate.at()).toEqual({ progress: 0.1, secondsLeft: 90 });
    const half = wait(25).at();
    expect(half.progress).toBeCloseTo(0.35);
    expect(half.secondsLeft).toBeCloseTo(65);
    expect(wait(1000).at().progress).toBeLessThanOrEqual(0.6);
  });

  it('is never unmoved for 30 seconds, and asks for more time when a stage takes longer than thought', () => {
    const { estimate, wait } = started();
    wait(10).report(0.1, 0.3);
    let last = estimate.at();
    for (let passed = 0; passed < 300; passed += 30) {
      const next = wait(30).at();
      expect(next.progress + next.secondsLeft! / 1e3).not.toBeCloseTo(
        last.progress + last.secondsLeft! / 1e3,
        4,
      );
      expect(next.progress).toBeGreaterThanOrEqual(last.progress);
      last = next;
    }
    expect(last.secondsLeft).toBeGreaterThan(90);
  });

  it('is not led astray by the last small step of a stage that drags on', () => {
    const { estimate, wait } = started();
    wait(30).report(0.299, 0.3);
    // 8 seconds more for a thousandth: the rest is still as much work as it was.
    expect(wait(8).at().secondsLeft).toBeLessThan(120);
    expect(estimate.at().progress).toBeLessThanOrEqual(0.3);
  });

  it('moves by what was measured elsewhere until its own speed is known, and says no time by that', () => {
    const { estimate, wait } = started();
    estimate.report(0, 0.5, 100);
    const early = wait(20).at();
    expect(early.progress).toBeCloseTo(0.2);
    expect(early).not.toHaveProperty('secondsLeft');
    wait(80).report(0.5, 1);
    expect(estimate.at()).toEqual({ progress: 0.5, secondsLeft: 100 });
  });

  it('never goes back, whatever is reported', () => {
    const { estimate, wait } = started();
    wait(10).report(0.5, 0.9);
    estimate.report(0.2, undefined);
    expect(estimate.at().progress).toBeGreaterThanOrEqual(0.5);
  });
});
