import { describe, expect, it } from 'vitest';
import { trainRequestSchema } from '../../src/contract/training.js';
import { describeEstimate, describeLine, duration } from '../../src/research/progress.js';

describe('what a training run reports', () => {
  it.each([
    [0.25, '0.25 s'],
    [42, '42 s'],
    [99.4, '99 s'],
    [600, '10 min'],
    [27_000, '7.5 h'],
  ])('%d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('estimates time and memory of the whole run', () => {
    const estimate = { secondsPerStep: 3.24, seconds: 12_960, bytes: 1.25e9 };
    const request = trainRequestSchema.parse({
      datasets: [{ folder: 'cubes' }],
      output: 'model',
      split: { folds: 5, fold: 0 },
      caseMemoryMb: 500,
    });
    expect(describeEstimate(estimate, request)).toBe(
      'estimate: 3.2 s a step, 3.6 h for all 4000 steps, validation not counted; 1.25 GB for the network and up to 0.5 GB for cases',
    );
    expect(describeEstimate(estimate, { ...request, split: null })).not.toContain('validation');
  });

  it('gives the mean loss of a step, and the time left at its pace', () => {
    const losses = { t1: 0.5, flair: 0.25 };
    const line = { kind: 'step', step: 40, learningRate: 1, losses, stepsPerSecond: 0.5 } as const;
    expect(describeLine(line, 100)).toBe('step 40 of 100: loss 0.375, 2 min left');
    const validation = { kind: 'validation', step: 50, score: 0.71234, dice: {} } as const;
    expect(describeLine(validation, 100)).toBe('validation after step 50: mean Dice 0.712');
  });
});
