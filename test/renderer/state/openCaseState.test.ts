import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Jobs } from '../../../renderer/state/jobs.svelte.js';
import { OpenCaseState } from '../../../renderer/state/openCaseState.svelte.js';
import { Session } from '../../../renderer/state/session.svelte.js';
import type { CaseResult, OpenCase } from '../../../src/contract/index.js';
import { QuorumError } from '../../../src/errors.js';
import { emptyCase, fakeShell, NO_OTHER_WINDOW } from './fakeShell.js';

const GRID = {
  size: [10, 20, 30],
  spacing: [1, 1, 1],
  orientation: 'RAS',
  affine: [],
} as unknown as NonNullable<OpenCase['grid']>;
const volume = (supported: boolean) => ({ ml: 1, supported });
const resultOf = (id: string, used: CaseResult['used']) =>
  ({
    id,
    used,
    all: used.join('+'),
    grid: GRID,
    combinations: {
      [used.join('+')]: { volumes: { WT: volume(true), TC: volume(false), ET: volume(false) } },
      flair: { volumes: { WT: volume(true), TC: volume(false), ET: volume(false) } },
    },
  }) as unknown as CaseResult;

function opened(more: Partial<OpenCase> = {}, answers: Parameters<typeof fakeShell>[0] = {}) {
  const fake = fakeShell(answers);
  const open: OpenCase = { ...emptyCase('a'), available: ['t1', 'flair'], grid: GRID, ...more };
  return { ...fake, open, state: new OpenCaseState(fake.client, open, new Jobs(fake.client)) };
}

describe('an open case', () => {
  it('begins in the middle of the grid that the services name, and goes there again on another one', () => {
    const { state, open } = opened();
    expect(state.display.crosshair).toEqual([5, 10, 15]);
    state.display.crosshair = [1, 1, 1];
    state.update({ ...open });
    expect(state.display.crosshair).toEqual([1, 1, 1]);
    state.update({ ...open, grid: { ...GRID, size: [100, 100, 100] } });
    expect(state.display.crosshair).toEqual([50, 50, 50]);
  });

  it('asks for the sequences that are on, and for all without naming them', async () => {
    const { state, asked } = opened({}, { 'cases.segment': () => ({ job: '1' }) });
    await state.segment();
    state.toggle('t1');
    await state.segment(true);
    expect(asked('cases.segment')).toEqual([
      { case: 'a', use: null, force: false },
      { case: 'a', use: ['flair'], force: true },
    ]);
    // The last one stays on.
    state.toggle('flair');
    expect(state.on).toEqual(['flair']);
  });

  it('may be segmented all the same only where every reason may be overridden', async () => {
    const refuse = (code: 'NOT_SKULL_STRIPPED' | 'EMPTY_IMAGE') => () => {
      throw new QuorumError({ code: 'GRIDS_DIFFER', also: [{ code }] });
    };
    for (const [code, may] of [
      ['NOT_SKULL_STRIPPED', true],
      ['EMPTY_IMAGE', false],
    ] as const) {
      const { state } = opened({}, { 'cases.segment': refuse(code) });
      expect(state.forceable).toBe(false);
      await state.segment();
      expect(state.forceable).toBe(may);
    }
  });

  it('shows a new result from its own threshold on, and keeps what is looked at of an old one', () => {
    const { state, open } = opened({ result: resultOf('1', ['t1', 'flair']) });
    state.thresholds.set(0.2);
    state.comparing.toggle('flair');
    state.update({ ...open });
    expect([state.thresholds.value, state.comparing.tiles]).toEqual([0.2, ['t1+flair', 'flair']]);
    state.update({ ...open, result: resultOf('2', ['t1', 'flair']) });
    expect([state.thresholds.value, state.comparing.tiles]).toEqual([null, ['t1+flair']]);
  });

  it('has no mask for sequences that the result does not hold, and supports a region as the combination does', () => {
    const { state } = opened({ result: resultOf('1', ['flair']) });
    // A page that is loaded again begins with what was segmented.
    expect([state.on, state.covered]).toEqual([['flair'], true]);
    state.toggle('t1');
    expect([state.covered, state.mask]).toEqual([false, null]);
    state.show(['flair']);
    expect(state.mask).toEqual({ kind: 'combination', combination: 'flair', threshold: null });
    expect([state.supports('WT'), state.supports('ET')]).toEqual([true, false]);
  });
});

describe('a case that is closed in another window', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', NO_OTHER_WINDOW);
    vi.stubGlobal('sessionStorage', { getItem: () => null });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is gone here too, and nothing else is', async () => {
    const fake = fakeShell({ 'cases.list': () => [emptyCase('a')] });
    const session = new Session(fake.shell);
    session.start();
    await expect.poll(() => session.openCase?.case.id).toBe('a');
    session.view = 'compare';
    fake.emit({ type: 'caseClosed', case: 'b' });
    expect(session.openCase?.case.id).toBe('a');
    fake.emit({ type: 'caseClosed', case: 'a' });
    expect([session.openCase, session.view]).toEqual([null, 'case']);
    expect(fake.asked('cases.close')).toEqual([]);
  });
});
