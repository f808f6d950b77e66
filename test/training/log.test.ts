import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODALITIES } from '../../src/terms.js';
import { serialiseLines, stepLine, trimLog, validationLine } from '../../src/training/log.js';
import { temporaryFolder } from '../volume/folder.js';

const root = temporaryFolder().path;

describe('log lines', () => {
  it('a step: every combination’s loss, and the objectives that its indicators belong to', () => {
    const result = {
      objectives: [
        {
          sources: [
            [0, 3],
            [0, 1, 3],
          ],
          members: [[0, 3]],
        },
        { sources: [[0]], members: [[0]] },
      ],
      losses: [0.123456789, 0.5],
      gradient: new Float32Array(0),
      gram: null,
      indicators: {
        norms: [2, 1],
        cosines: [
          [1, -0.5],
          [-0.5, 1],
        ],
        normRatios: [0.8, 0.9],
        meanHarms: 0.5,
        mergedHarms: 0,
      },
    };
    const line = stepLine(7, 8e-4, result, MODALITIES, 0.25);
    expect(line).toEqual({
      kind: 'step',
      step: 7,
      learningRate: 8e-4,
      losses: { 't1+flair': 0.1234568, 't1+t1ce+flair': 0.1234568, t1: 0.5 },
      objectives: ['t1+flair=t1+t1ce+flair', 't1'],
      norms: [2, 1],
      cosines: [
        [1, -0.5],
        [-0.5, 1],
      ],
      normRatios: [0.8, 0.9],
      meanHarms: 0.5,
      mergedHarms: 0,
      stepsPerSecond: 4,
    });
    expect(JSON.parse(serialiseLines([line]).trimEnd())).toEqual(line);
    expect(stepLine(7, 8e-4, { ...result, indicators: null }, MODALITIES, 1)).not.toHaveProperty('norms');
  });

  it('a validation: Dice per combination in the order WT, TC, ET', () => {
    const dice = (mean: number) => ({ mean, interval: { low: 0, high: 1 }, patients: 3, values: {} });
    const regions = { WT: dice(0.9), TC: dice(0.7), ET: dice(0.5) };
    const line = validationLine(
      20,
      { score: 0.7, combinations: [{ members: [2], regions, wholeBrains: null }] },
      MODALITIES,
    );
    expect(line).toEqual({ kind: 'validation', step: 20, score: 0.7, dice: { t2: [0.9, 0.7, 0.5] } });
  });
});

describe('trimming a log', () => {
  it('drops what came after the checkpoint and a line that was never finished', async () => {
    const file = join(root, 'log.jsonl');
    const line = (step: number) => `{"kind":"step","step":${step}}\n`;
    await writeFile(file, `${line(1)}${line(2)}${line(3)}{"kind":"st`);
    await trimLog(file, 2);
    expect(await readFile(file, 'utf8')).toBe(line(1) + line(2));
  });

  it('does nothing where there is no log', async () => {
    await expect(trimLog(join(root, 'absent.jsonl'), 2)).resolves.toBeUndefined();
  });
});
