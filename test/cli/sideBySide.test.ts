import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Timing } from '../../src/commands/timing.js';
import { writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';
import { quorum } from './run.js';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);
const NAMES = ['a', 'b', 'c'];

describe('three cases of a folder side by side', () => {
  let timing: Timing;
  let progress: number[] = [];
  beforeAll(async () => {
    for (const name of NAMES) await writeTinyStudy(at('cases'), name, ['t1', 'flair']);
    const run = (out: string, many: string) =>
      quorum(
        ...['segment', at('cases'), '--out', at(out), '--force', '--device', 'cpu'],
        ...['--at-once', many, '--timing', '--json'],
      );
    expect((await run('one', '1')).code).toBe(0);
    const { code, stdout } = await run('three', '3');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    timing = lines.at(-1).timing;
    progress = lines.flatMap((line) => (line.progress === undefined ? [] : [line.progress]));
  });

  it('give the masks that they give one after the other', () => {
    for (const name of NAMES) {
      const mask = (out: string) => readFileSync(at(out, name, `${name}_seg.nii.gz`));
      expect(mask('three').equals(mask('one'))).toBe(true);
    }
  });

  it('say how far all of them are', () => {
    expect(Math.min(...progress)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...progress)).toBe(1);
  });

  it('tell where the time went, on which sequence and by whom', () => {
    const passes = timing.spans.filter(({ stage }) => stage === 'network');
    expect(passes.map(({ about }) => about).sort()).toEqual(['flair', 'flair', 'flair', 't1', 't1', 't1']);
    const [several, alone] = [['onnx 1', 'onnx 2'], ['onnx']];
    expect([...new Set(passes.map(({ lane }) => lane))].sort()).toEqual(
      availableParallelism() > 1 ? several : alone,
    );
    for (const { start, end } of timing.spans) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(timing.seconds);
      expect(end).toBeGreaterThanOrEqual(start);
    }
    // Two cases are read before the first is written.
    const first = timing.spans.find(({ stage }) => stage === 'write')!;
    const begun = timing.spans.filter(({ stage, start }) => stage === 'recognise' && start < first.start);
    expect(begun.length).toBe(3);
  });
});
