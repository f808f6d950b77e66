import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { timingOf } from '../src/commands/timing.js';
import { listenToTrace, type Span, traced } from '../src/trace.js';

describe('a trace', () => {
  it('tells what was done, on what, by whom, in the order in which it began', async () => {
    const trace = listenToTrace();
    const slow = traced('register', () => setTimeout(30, 'matrix'), { about: 't2', lane: 'elastix t2' });
    expect(traced('measure', () => 7)).toBe(7);
    expect(await slow).toBe('matrix');
    const [first, second] = trace.end();
    expect(first).toMatchObject({ stage: 'register', about: 't2', lane: 'elastix t2' });
    expect(second).toMatchObject({ stage: 'measure', about: null, lane: 'main' });
    expect(first.end - first.start).toBeGreaterThan(25);
    expect(second.start).toBeGreaterThanOrEqual(first.start);
    expect(second.end).toBeLessThan(first.end);
  });

  it('tells also of what failed, and hands the failure on', async () => {
    const trace = listenToTrace();
    const fail = () => {
      throw new Error('no');
    };
    expect(() => traced('read', fail)).toThrow('no');
    await expect(traced('write', async () => fail())).rejects.toThrow('no');
    expect(trace.end().map(({ stage }) => stage)).toEqual(['read', 'write']);
  });

  it('hears nothing more after its end, and a promise is handed on as it is', () => {
    listenToTrace().end();
    const promise = Promise.resolve(1);
    expect(traced('read', () => promise)).toBe(promise);
  });
});

describe('the timing of a job', () => {
  const span = (lane: string, start: number, end: number, cpuMs = 0): Span => ({
    ...{ stage: 'a', about: null, lane, start, end, cpuMs },
  });

  it('counts when several threads were at work, one, and none', () => {
    const spans = [span('main', 1000, 3000, 3000), span('elastix', 2000, 5000), span('main', 2500, 2700)];
    const timing = timingOf(spans, 1000, 7000, 9000);
    expect(timing.seconds).toBe(6);
    expect(timing.busyCores).toBe(1.5);
    expect(timing.lanes.several).toBeCloseTo(1);
    expect(timing.lanes.one).toBeCloseTo(3);
    expect(timing.lanes.none).toBeCloseTo(2);
    expect(timing.spans[0]).toMatchObject({ start: 0, end: 2, busyCores: 1.5 });
  });
});
