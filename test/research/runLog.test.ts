import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { curvesOf } from '../../src/research/curves.js';
import { type RunLine, RunLog } from '../../src/research/runLog.js';
import { temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;
const step = (n: number, more: object = {}) =>
  ({ kind: 'step', step: n, losses: { t1: n }, learningRate: 0.1, stepsPerSecond: 1, ...more }) as RunLine;
const text = (...lines: RunLine[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

const stepsOf = async (log: RunLog) =>
  (await log.lines()).flatMap((line) => (line.kind === 'note' ? [] : [line.step]));

describe('the log of a run, followed', () => {
  it('is read on where it grew, and again where it was cut back', async () => {
    const folder = join(root, 'run');
    const file = join(folder, 'log.jsonl');
    const log = new RunLog(folder);
    expect(await log.lines()).toEqual([]);
    await mkdir(folder);
    await writeFile(file, `${text(step(1))}{"kind":"note","text":"x"}\n${text(step(2)).slice(0, 20)}`);
    expect(await stepsOf(log)).toEqual([1]);
    await appendFile(file, text(step(2)).slice(20) + text(step(3)));
    expect(await stepsOf(log)).toEqual([1, 2, 3]);
    // As `trimLog` does it: another file under the same name, here of the same length.
    await writeFile(join(folder, 'new'), text(step(1), step(2), step(9)));
    await rename(join(folder, 'new'), file);
    expect(await stepsOf(log)).toEqual([1, 2, 9]);
  });
});

describe('curves', () => {
  it('average a window over the steps that have a value', () => {
    const lines = Array.from({ length: 320 }, (_, i) =>
      i % 2 === 0 ? step(i + 1) : step(i + 1, { losses: { flair: 1 } }),
    );
    const { windows, loss, meanLoss } = curvesOf(lines);
    expect(windows).toHaveLength(160);
    expect(windows[0]).toEqual([1, 2]);
    // Of the two steps of a window one has T1, the other FLAIR.
    expect([loss.t1[0], loss.flair[0], meanLoss[0]]).toEqual([1, 1, 1]);
    expect([loss.t1[5], loss.flair[5], meanLoss[5]]).toEqual([11, 1, 6]);
  });

  it('say dominance, conflict and what was removed as the log has them, and nothing where it has nothing', () => {
    const told = {
      objectives: ['t1', 'flair', 't1+flair=t1+t2+flair'],
      norms: [2, 4, 8],
      cosines: [
        [1, -0.5, 0.25],
        [-0.5, 1, -0.75],
        [0.25, -0.75, 1],
      ],
      normRatios: [0.9, 0.6, 1],
    };
    const { norms, conflicts, removed, conflict } = curvesOf([step(1), step(2, told)]);
    expect(norms).toEqual({ t1: [null, 2], flair: [null, 4] });
    expect(conflicts[0]).toBeNull();
    expect(conflicts[1]).toBeCloseTo(2 / 3, 4);
    expect(removed[1]).toBeCloseTo(0.5 / 3, 4);
    expect(conflict!.objectives).toEqual(['t1+t2+flair', 't1+flair', 't1', 'flair']);
    const [{ from, cosines, removed: each }] = conflict!.windows;
    expect(from).toBe(2);
    // One objective stands for two combinations: for each of them; a pair within it is none.
    expect(cosines.map((row) => row[3])).toEqual([-0.75, -0.75, -0.5, null]);
    expect(cosines[0][1]).toBeNull();
    expect(each[3]).toBeCloseTo(0.4, 4);
    expect(curvesOf([step(1)]).conflict).toBeNull();
  });
});
