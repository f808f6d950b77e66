import { fork } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EditState, MaskRef, OpenCase } from '../../src/contract/index.js';
import { volumesOf } from '../../src/masks/volumes.js';
import { EditedMask } from '../../src/session/edits/editedMask.js';
import { History } from '../../src/session/edits/history.js';
import {
  AFFINE,
  openCase,
  problemCode,
  runsBody,
  SIDE,
  segment,
  startServices,
  writeTinyStudy,
} from './harness.js';

const ALL: MaskRef = { kind: 'combination', combination: 't1+t1ce+t2+flair' };
const EDITED: MaskRef = { kind: 'edited' };

let folder: string;
let study: string;
let host: Awaited<ReturnType<typeof startServices>>;
let opened: OpenCase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-edits-'));
  study = await writeTinyStudy(folder);
  host = await startServices();
  opened = await segment(host.services, (await openCase(host.services, study)).id);
});

afterAll(async () => {
  await host.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function labels(mask: MaskRef, services = host.services, id = opened.id): Promise<Uint8Array> {
  return new Uint8Array((await services.callBinary('masks.labels', { case: id, mask })).data);
}

/** Masks are compared as bytes: a failing toEqual would describe a hundred thousand differences. */
const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(Buffer.from(b));

const stroke = (...runs: Parameters<typeof runsBody>): Promise<EditState> =>
  host.services.call('edits.stroke', { case: opened.id, tool: 'brush' }, runsBody(...runs));

describe('an edited mask', () => {
  it('begins as the mask it was started from, and a stroke changes its voxels, volumes and ± ml', async () => {
    expect(await problemCode(stroke([0, 5, 4]))).toBe('EDIT_MISSING');
    const before = await labels(ALL);
    const started = await host.services.call('edits.start', { case: opened.id, from: ALL });
    expect(started).toMatchObject({ strokes: 0, canUndo: false, from: { title: 'T1 + T1ce + T2 + FLAIR' } });
    expect(started.volumes).toEqual(
      opened.result!.combinations['t1+t1ce+t2+flair'].volumes &&
        volumesOf(before, { size: [SIDE, SIDE, SIDE], affine: AFFINE }),
    );
    const state = await stroke([0, 10, 4], [100, 3, 2]);
    const after = await labels(EDITED);
    expect([...after.subarray(0, 10)]).toEqual(Array(10).fill(4));
    expect(after.subarray(103).every((label, at) => label === before[at + 103])).toBe(true);
    expect(state.byHand.WT.addedMl).toBeCloseTo(0.013, 9);
    expect(state.byHand.ET).toEqual({ addedMl: 0.01, removedMl: 0 });
    expect(state.volumes.ET - started.volumes.ET).toBeCloseTo(0.01, 9);
  });

  it('is undone and redone stroke by stroke, with the runs that changed', async () => {
    const before = await labels(EDITED);
    await stroke([200, 4, 1]);
    const undone = await host.services.callBinary('edits.undo', { case: opened.id });
    expect([...new Uint32Array(undone.data)]).toEqual([200, 4, before[200]]);
    expect(undone.header).toMatchObject({ canRedo: true });
    expect(same(await labels(EDITED), before)).toBe(true);
    const redone = await host.services.callBinary('edits.redo', { case: opened.id });
    expect([...new Uint32Array(redone.data)]).toEqual([200, 4, 1]);
    expect((await labels(EDITED))[203]).toBe(1);
    await host.services.callBinary('edits.undo', { case: opened.id });
    await stroke([300, 1, 2]);
    expect((await host.services.call('cases.get', { case: opened.id })).edits?.canRedo).toBe(false);
  });

  it.each([
    ['no triples', new ArrayBuffer(8)],
    ['a voxel outside the grid', runsBody([SIDE ** 3 - 1, 2, 1])],
    ['a label that does not exist', runsBody([0, 1, 3])],
  ])('refuses a stroke with %s', async (_, body) => {
    const call = host.services.call('edits.stroke', { case: opened.id, tool: 'brush' }, body);
    expect(await problemCode(call)).toBe('REQUEST_INVALID');
  });

  it('stays when the case is segmented again', async () => {
    const before = await labels(EDITED);
    const again = await segment(host.services, opened.id, ['t1', 'flair']);
    expect(again.result?.used).toEqual(['t1', 'flair']);
    expect(same(await labels(EDITED), before)).toBe(true);
    await segment(host.services, opened.id);
  });

  it('is set aside, not discarded, when another one is started', async () => {
    const before = await labels(EDITED);
    const from: MaskRef = { kind: 'combination', combination: 'flair' };
    await host.services.call('edits.start', { case: opened.id, from });
    expect(same(await labels(EDITED), await labels(from))).toBe(true);
    const { masks } = await host.services.call('cases.get', { case: opened.id });
    expect(masks).toHaveLength(1);
    expect(same(await labels({ kind: 'named', id: masks[0].id }), before)).toBe(true);
  });

  it('takes one combination’s answer for one blob and for this blob only, and undoes it', async () => {
    const combinations = ['t1', 'flair'] as const;
    const request = { case: opened.id, combinations: [...combinations] };
    const { blobs, total } = await host.services.call('choices.list', request);
    expect(total).toBeGreaterThan(0);
    expect(blobs.map(({ voxels }) => voxels)).toEqual(
      blobs.map(({ voxels }) => voxels).toSorted((a, b) => b - a),
    );
    const before = await labels(EDITED);
    const t1 = await labels({ kind: 'combination', combination: 't1' });
    const [blob] = blobs;
    const { header, data } = await host.services.callBinary('choices.take', {
      ...request,
      blob: blob.id,
      answer: 't1',
    });
    expect(header.choices).toBe(1);
    const changed = new Set<number>();
    const runs = new Uint32Array(data);
    for (let at = 0; at < runs.length; at += 3)
      for (let voxel = runs[at]; voxel < runs[at] + runs[at + 1]; voxel++) changed.add(voxel);
    // The edit began from FLAIR, so every voxel of the blob differs from T1.
    expect(changed.size).toBe(blob.voxels);
    const after = await labels(EDITED);
    expect(after.every((label, at) => label === (changed.has(at) ? t1[at] : before[at]))).toBe(true);
    const undone = await host.services.callBinary('edits.undo', { case: opened.id });
    expect(undone.header.choices).toBe(0);
    expect(same(await labels(EDITED), before)).toBe(true);
  });

  it('gets removed specks back', async () => {
    const withSpecks = Object.entries(opened.result!.combinations).find(
      ([, { specks }]) => specks.length > 0,
    );
    if (!withSpecks) throw new Error('the tiny case must have a speck in some combination');
    const combination = withSpecks[0] as 't1';
    await host.services.call('edits.start', { case: opened.id, from: { kind: 'combination', combination } });
    const { header } = await host.services.callBinary('edits.restoreSpecks', { case: opened.id });
    expect(
      same(await labels(EDITED), await labels({ kind: 'combination', combination, keepSpecks: true })),
    ).toBe(true);
    expect(header.canUndo).toBe(true);
  });
});

describe('edits on the disk', () => {
  it('come back after the process was killed with SIGKILL, every stroke that was answered', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'quorum-killed-'));
    const child = fork(fileURLToPath(new URL('./editingChild.ts', import.meta.url)), [profile, study], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let strokes = 0;
    child.on('message', (message) => {
      strokes = (message as { strokes: number }).strokes;
      if (strokes >= 25) child.kill('SIGKILL');
    });
    const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    const second = await startServices(profile);
    try {
      const again = await openCase(second.services, study);
      expect(again.edits?.strokes).toBeGreaterThanOrEqual(strokes);
      const restored = await labels(EDITED, second.services, again.id);
      for (let n = 0; n < strokes; n++) expect(restored[n * 50]).toBe(4);
      const undone = await second.services.callBinary('edits.undo', { case: again.id });
      expect(undone.data.byteLength).toBeGreaterThan(0);
    } finally {
      await second.dispose();
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    }
  });

  it('come back without an entry that was half-written, and go on from there', async () => {
    const own = await writeTinyStudy(folder, 'torn', ['t1', 'flair']);
    const profile = await mkdtemp(join(tmpdir(), 'quorum-torn-'));
    const first = await startServices(profile);
    const id = (await segment(first.services, (await openCase(first.services, own)).id)).id;
    await first.services.call('edits.start', {
      case: id,
      from: { kind: 'combination', combination: 't1+flair' },
    });
    await first.services.call('edits.stroke', { case: id, tool: 'brush' }, runsBody([7, 2, 4]));
    await first.services.close();
    const [name] = await readdir(join(profile, 'edits'));
    const journal = join(profile, 'edits', name, 'journal');
    const whole = (await stat(journal)).size;
    await appendFile(journal, Buffer.from([90, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    const second = await startServices(profile);
    const again = await openCase(second.services, own);
    expect(again.edits).toMatchObject({ strokes: 1, revision: 1 });
    expect((await stat(journal)).size).toBe(whole);
    await second.services.call('edits.stroke', { case: again.id, tool: 'eraser' }, runsBody([7, 1, 0]));
    await second.services.close();
    const third = await startServices(profile);
    const last = await openCase(third.services, own);
    const map = await labels(EDITED, third.services, last.id);
    expect([map[7], map[8]]).toEqual([0, 4]);
    await third.services.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  });

  it('are not touched by clearing the cache, nor by a cache limit of nothing', async () => {
    const before = await labels(EDITED);
    await host.services.call('cache.clear', {});
    await host.services.call('settings.set', { cacheLimitMb: 0 });
    const status = await host.services.call('cache.status', {});
    expect(status).toMatchObject({ entries: 0, bytes: 0 });
    expect(status.editBytes).toBeGreaterThan(0);
    await host.services.call('cases.close', { case: opened.id });
    const again = await openCase(host.services, study);
    expect(again.masks.length).toBe(2);
    expect(same(await labels(EDITED, host.services, again.id), before)).toBe(true);
    await host.services.call('settings.set', { cacheLimitMb: 2048 });
    opened = await segment(host.services, again.id);
  });

  it('are readable by the user alone', async () => {
    const folders = await readdir(join(host.profile, 'edits'));
    expect((await stat(join(host.profile, 'edits'))).mode & 0o777).toBe(0o700);
    for (const name of folders) {
      const files = await readdir(join(host.profile, 'edits', name));
      expect(files.toSorted()).toEqual(['base.gz', 'edit.json', 'journal']);
      for (const file of files)
        expect((await stat(join(host.profile, 'edits', name, file))).mode & 0o777).toBe(0o600);
    }
  });
});

describe('history', () => {
  const VOXELS = 40;
  const run = fc.tuple(fc.nat(VOXELS - 1), fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 1, 2, 4));
  const action = fc.oneof(
    fc.array(run, { minLength: 1, maxLength: 4 }),
    fc.constant('undo' as const),
    fc.constant('redo' as const),
  );

  it('agrees with whole copies of the mask, whatever the order of strokes, undo and redo', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 2, 4), { minLength: VOXELS, maxLength: VOXELS }),
        fc.array(action),
        (base, actions) => {
          const history = new History(new EditedMask(Uint8Array.from(base)));
          let states = [base];
          let now = 0;
          for (const one of actions) {
            if (one === 'undo') {
              if (now > 0) now--;
              history.act({ kind: 'undo' }, new Uint32Array(0));
            } else if (one === 'redo') {
              if (now < states.length - 1) now++;
              history.act({ kind: 'redo' }, new Uint32Array(0));
            } else {
              const next = [...states[now]];
              const clipped = one.map(([start, length, label]) => [
                start,
                Math.min(length, VOXELS - start),
                label,
              ]);
              for (const [start, length, label] of clipped)
                next.fill(label as 0 | 1 | 2 | 4, start, start + length);
              states = [...states.slice(0, now + 1), next];
              now++;
              history.act({ kind: 'stroke', tool: 'brush' }, Uint32Array.from(clipped.flat()));
            }
            expect([...history.mask.labels]).toEqual(states[now]);
            const { inMask, added, removed } = history.mask.voxels('TC');
            const isCore = (label: number) => label === 1 || label === 4;
            expect(inMask).toBe(states[now].filter(isCore).length);
            expect(added).toBe(states[now].filter((label, at) => isCore(label) && !isCore(base[at])).length);
            expect(removed).toBe(
              states[now].filter((label, at) => !isCore(label) && isCore(base[at])).length,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
