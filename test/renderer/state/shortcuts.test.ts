import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planeAxes } from '../../../renderer/logic/geometry.js';
import { handleShortcut, releaseKeys } from '../../../renderer/state/keys.js';
import { Session } from '../../../renderer/state/session.svelte.js';
import { SHORTCUTS } from '../../../renderer/state/shortcuts.js';
import {
  draggedWindow,
  gripOf,
  measureByKey,
  moveByKey,
  moveByWheel,
  SLICE_INPUTS,
  SliceDrag,
} from '../../../renderer/viewer/paneInput.js';
import type { CaseResult, OpenCase } from '../../../src/contract/index.js';
import { gridOf } from '../grids.js';
import { emptyCase, fakeShell, NO_OTHER_WINDOW } from './fakeShell.js';

const GRID = gridOf([10, 10, 10], 'LPS');
const result = {
  id: 'r',
  used: ['t1', 't1ce', 't2', 'flair'],
  all: 't1+t1ce+t2+flair',
  grid: GRID,
  combinations: {},
} as unknown as CaseResult;
const blob = {
  id: 0,
  voxel: [1, 1, 1],
  answers: Array.from({ length: 9 }, () => ({ combinations: ['flair'] })),
};

/** Two spots of a mask. */
const spots = () => {
  const data = new Uint8Array(1000);
  data[111] = 4;
  data[888] = 4;
  return { header: { grid: GRID, volumes: { WT: 0, TC: 0, ET: 0 } }, data: data.buffer };
};

async function windowOn(view: Session['view']): Promise<Session> {
  const opened = {
    ...emptyCase('a'),
    available: ['t1', 't1ce', 't2', 'flair'],
    answers: { adult: 'yes', treated: 'no', glioma: 'yes' },
    grid: GRID,
    result,
    preparation: { ...emptyCase('a').preparation, made: { key: 'm' } },
  } as unknown as OpenCase;
  const fake = fakeShell({
    'cases.list': () => [opened],
    'cases.segment': () => new Promise(() => undefined),
    'edits.start': () => new Promise(() => undefined),
  });
  Object.assign(fake.client, { callBinary: async () => spots() });
  const session = new Session(fake.shell);
  session.start();
  await expect.poll(() => session.openCase).not.toBeNull();
  session.view = view;
  const { openCase } = session;
  openCase!.image.nextWindow = () => openCase!.image.setWindow([1, 2]);
  openCase!.display.layout = 'render';
  openCase!.display.zoom = 2;
  if (view === 'correct') {
    const overlay = { key: 'k', grid: GRID, data: new Uint8Array(1000) };
    openCase!.editing.offer({ kind: 'combination', combination: 'flair' }, overlay);
  }
  return session;
}

/** Everything that a key may change. */
function snapshot(session: Session): string {
  const { openCase, view, dialog, notices } = session;
  const { display, editing, places, switchedOff, lesions, segmenting } = openCase!;
  const {
    layout,
    background,
    windows,
    overlayVisible,
    peeking,
    contour,
    opacity,
    crosshairVisible,
    crosshair,
  } = display;
  return JSON.stringify([
    [view, dialog, notices.list.length, [...switchedOff], segmenting.running, lesions.at],
    [layout, background, windows, overlayVisible, peeking, contour, opacity, crosshairVisible, crosshair],
    [
      display.series,
      display.radiological,
      display.zoom,
      display.cine,
      display.measuring.tool,
      display.measuring.marks,
    ],
    [editing.tool, editing.diameter, places.at, places.answer, editing.unsaved],
  ]);
}

function press(session: Session, keys: string): boolean {
  const names = keys.split('+').filter(Boolean);
  const last = keys === '+' ? '+' : names.at(-1)!;
  const digit = /^\d$/.test(last);
  const event = {
    key: last === 'Space' ? ' ' : last,
    code: digit ? `Digit${last}` : '',
    ctrlKey: names.includes('Ctrl'),
    shiftKey: names.includes('Shift'),
    altKey: names.includes('Alt'),
    metaKey: false,
    defaultPrevented: false,
    target: null,
    preventDefault: () => Object.assign(event, { defaultPrevented: true }),
  };
  handleShortcut(session, event as unknown as KeyboardEvent);
  return event.defaultPrevented;
}

beforeEach(() => {
  vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('navigator', NO_OTHER_WINDOW);
  vi.stubGlobal('addEventListener', () => undefined);
  for (const name of ['HTMLElement', 'Node']) vi.stubGlobal(name, class {});
  vi.stubGlobal('document', { querySelector: () => null });
});
afterEach(() => vi.unstubAllGlobals());

/** What has to be there before a key has something to do. */
const BEFORE: Readonly<Record<string, (session: Session) => void>> = {
  'Correct, and the brain mask/l': (s) => (s.openCase!.editing.tool = 'fill'),
  'Correct, and the brain mask/b': (s) => (s.openCase!.editing.tool = 'fill'),
  'Images/Delete': (s) =>
    (s.openCase!.display.measuring.marks = [
      { kind: 'ruler', plane: 'axial', space: 'case', from: [0, 0, 0], to: [1, 1, 1] },
    ]),
  'Correct, and the brain mask/n': withBlobs,
  'Correct, and the brain mask/p': withBlobs,
  'Correct, and the brain mask/Enter': (s) => {
    withBlobs(s);
    s.openCase!.places.answer = 0;
  },
};
function withBlobs(session: Session): void {
  session.openCase!.places.list = [blob, { ...blob, id: 1 }] as never;
}

describe('every line of the help', () => {
  const lines = SHORTCUTS.flatMap(({ title: group, shortcuts }) =>
    shortcuts.map((shortcut) => ({ group, ...shortcut })),
  );
  const ofSlices = new Set<string>(SLICE_INPUTS.map(({ keys }) => keys));

  for (const { group, keys, title } of lines) {
    if (group === 'On a slice' || title.startsWith('On a slice')) continue;
    it(`does something: ${keys}, ${title}`, async () => {
      const session = await windowOn(
        group.startsWith('Correct') ? 'correct' : keys === 'Alt+1' ? 'models' : 'case',
      );
      BEFORE[`${group}/${keys}`]?.(session);
      if (/^\d$/.test(keys) && group.startsWith('Correct')) withBlobs(session);
      if (keys === '6') session.openCase!.display.layout = 'axial';
      if (keys === 'Ctrl+z' || keys === 'Ctrl+Shift+Z') {
        const [undo, redo] = [vi.fn(async () => {}), vi.fn(async () => {})];
        Object.assign(session.openCase!.editing, { undo, redo });
        expect(press(session, keys)).toBe(true);
        expect([undo.mock.calls.length, redo.mock.calls.length]).toEqual(keys === 'Ctrl+z' ? [1, 0] : [0, 1]);
        return;
      }
      const before = snapshot(session);
      expect(press(session, keys)).toBe(true);
      await expect.poll(() => snapshot(session)).not.toBe(before);
    });
  }

  it('stands there once for each place where it works', () => {
    const named = lines.map(({ group, keys }) => `${group}/${keys}`);
    expect(new Set(named).size).toBe(named.length);
    expect(lines.filter(({ group }) => group === 'On a slice').map(({ keys }) => keys)).toEqual([
      ...ofSlices,
    ]);
  });

  it('shows the mask again when the key that hides it is let go', async () => {
    const session = await windowOn('case');
    press(session, 'm');
    expect(session.openCase!.display.maskShown).toBe(false);
    releaseKeys(session);
    expect(session.openCase!.display.maskShown).toBe(true);
  });

  it('works nowhere else: no key changes a case that is not looked at', async () => {
    const session = await windowOn('settings');
    const before = snapshot(session);
    for (const { group, keys } of lines) if (group !== 'Everywhere') press(session, keys);
    expect(snapshot(session)).toBe(before);
  });
});

describe('what the help names for a slice', () => {
  const axes = planeAxes('LPS', 'axial', true);
  const frame = { left: 0, top: 0, width: 100, height: 100 };
  const place = { plane: 'axial', axes, left: 0, top: 0, scaleX: 10, scaleY: 10, frame } as const;
  const key = (name: string) => ({ key: name, preventDefault: () => undefined }) as unknown as KeyboardEvent;
  const wheel = (ctrlKey: boolean) =>
    ({ deltaY: -1, ctrlKey, preventDefault: () => undefined }) as unknown as WheelEvent;

  const works: Record<(typeof SLICE_INPUTS)[number]['keys'], (session: Session) => void> = {
    Arrows: ({ openCase }) => {
      for (const [name, to] of [
        ['ArrowLeft', [4, 5, 5]],
        ['ArrowRight', [5, 5, 5]],
        ['ArrowUp', [5, 4, 5]],
        ['ArrowDown', [5, 5, 5]],
      ] as const) {
        moveByKey(key(name), axes, openCase!.display, GRID.size);
        expect(openCase!.display.crosshair).toEqual(to);
      }
    },
    'Page Up': ({ openCase }) => {
      moveByKey(key('PageUp'), axes, openCase!.display, GRID.size);
      expect(openCase!.display.crosshair).toEqual([5, 5, 6]);
    },
    'Page Down': ({ openCase }) => {
      moveByKey(key('PageDown'), axes, openCase!.display, GRID.size);
      expect(openCase!.display.crosshair).toEqual([5, 5, 4]);
    },
    Enter: ({ openCase }) => {
      const { display } = openCase!;
      const enter = { ...key('Enter'), stopPropagation: () => undefined } as KeyboardEvent;
      expect(measureByKey(enter, 'axial', display, 'case')).toBe(false);
      display.measuring.take('ruler');
      measureByKey(enter, 'axial', display, 'case');
      moveByKey(key('ArrowRight'), axes, display, GRID.size);
      measureByKey(enter, 'axial', display, 'case');
      expect(display.measuring.marks).toMatchObject([{ from: [5, 5, 5], to: [6, 5, 5] }]);
    },
    Wheel: ({ openCase }) => {
      moveByWheel(wheel(false), axes, openCase!.display, GRID.size);
      expect(openCase!.display.crosshair[2]).not.toBe(5);
    },
    'Ctrl+Wheel': ({ openCase }) => {
      moveByWheel(wheel(true), axes, openCase!.display, GRID.size);
      expect(openCase!.display.zoom).toBeGreaterThan(2);
    },
    'Right drag': ({ openCase }) => {
      expect(gripOf(2, openCase!.display, true)).toBe('window');
      expect(draggedWindow([100, 200], 10, 0, 1000)).toEqual([95, 205]);
    },
    'Middle drag': ({ openCase }) => {
      const { display } = openCase!;
      expect(gripOf(1, display, true)).toBe('pan');
      const drag = new SliceDrag(display, GRID.size, 'case');
      drag.begin('pan', place, [50, 50]);
      drag.move('pan', place, [60, 50], [5, 5, 5]);
      // One voxel to the right: what lay left of the middle lies in it.
      expect(display.focus).toEqual([4, 5, 5]);
    },
    'Double click': ({ openCase }) => {
      const { display } = openCase!;
      display.layout = 'multiplanar';
      display.enlarge('coronal');
      expect([display.layout, display.plane]).toEqual(['coronal', 'coronal']);
      display.enlarge('coronal');
      expect(display.layout).toBe('multiplanar');
    },
  };
  for (const { keys } of SLICE_INPUTS) it(`works: ${keys}`, async () => works[keys](await windowOn('case')));

  it('draws with a measuring tool in place of the crosshair or the brush', async () => {
    const { display } = (await windowOn('correct')).openCase!;
    expect(gripOf(0, display, true)).toBe('stroke');
    display.measuring.take('ruler');
    expect(gripOf(0, display, true)).toBe('measure');
    const drag = new SliceDrag(display, GRID.size, 'case');
    drag.begin('measure', place, [15, 15]);
    drag.move('measure', place, [45, 15], [5, 5, 5]);
    drag.end('measure');
    expect(display.measuring.marks).toEqual([
      { kind: 'ruler', plane: 'axial', space: 'case', from: [1, 1, 5], to: [4, 1, 5] },
    ]);
    // A click without a drag leaves nothing.
    drag.begin('measure', place, [15, 15]);
    drag.end('measure');
    expect(display.measuring.marks).toHaveLength(1);
  });
});
