import { describe, expect, it, vi } from 'vitest';
import { TOUR, Tour } from '../../../renderer/state/tour.svelte.js';

describe('the tour', () => {
  it('has five steps, of which the first needs no case, and is over after the last', () => {
    const seen = vi.fn();
    const tour = new Tour(seen);
    expect([TOUR.length, TOUR.findIndex(({ needsCase }) => needsCase)]).toEqual([5, 1]);
    tour.go(1);
    expect(tour.now).toBeNull();
    tour.begin();
    tour.go(-1);
    expect(tour.step).toBe(0);
    for (let step = 0; step < 4; step++) tour.go(1);
    expect([tour.now, seen.mock.calls.length]).toEqual([TOUR[4], 0]);
    tour.go(1);
    expect([tour.now, seen.mock.calls.length]).toEqual([null, 1]);
  });

  it('is left at any time, and is not offered again', () => {
    const seen = vi.fn();
    const tour = new Tour(seen);
    tour.begin();
    tour.end();
    expect([tour.step, seen.mock.calls.length]).toEqual([null, 1]);
  });
});
