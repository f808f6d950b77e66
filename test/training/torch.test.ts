/** The PyTorch trainer against the authors' numbers; skipped, by name, where python3 has no torch. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const PYTHON = '/usr/bin/python3';
const hasTorch = spawnSync(PYTHON, ['-c', 'import torch, numpy']).status === 0;
if (!hasTorch) console.warn('SKIPPED: training/torch against test/reference: python3 has no torch');

describe.skipIf(!hasTorch)('training/torch', () => {
  it('has the logits, losses, Gram matrix and projections of the authors’ code', () => {
    const { status, stdout, stderr } = spawnSync(
      PYTHON,
      ['-m', 'quorum_torch.check', '../../test/reference'],
      {
        cwd: 'training/torch',
        encoding: 'utf8',
      },
    );
    console.info(stdout);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 120_000);

  it('passes its own tests', () => {
    const { status, stderr } = spawnSync(PYTHON, ['-m', 'unittest', 'discover', '-s', 'tests'], {
      cwd: 'training/torch',
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  }, 240_000);
});
