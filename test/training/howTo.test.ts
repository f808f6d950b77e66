/** The commands of docs/how-to/train-on-gpus.md, on made-up cut-outs; skipped, by name, where python3 has no torch. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunLog } from '../../src/research/runLog.js';
import { summariseRun } from '../../src/research/runs.js';
import { MODEL_SPACING } from '../support/syntheticCubes.js';
import { haveTorch, PYTHON } from '../support/torchPython.js';
import { temporaryFolder } from '../volume/folder.js';
import { lpsAffine, writeCase, writeDescription } from './datasetFolder.js';

const hasTorch = haveTorch('the commands of docs/how-to/train-on-gpus.md');

describe.skipIf(!hasTorch)('the way from data to a model beside a baseline', () => {
  it('goes by the commands that the page gives', async () => {
    const root = temporaryFolder().path;
    const cubes = join(root, 'cubes');
    await writeDescription(cubes, {
      ...{ intensities: 'z-score', known: 'nonzero-box', patient: '^(p\\d)', labels: 'brats' },
      spacing: MODEL_SPACING,
    });
    const inside = (v: number) => ((v % 16) - 7) ** 2 + (((v >> 4) % 16) - 8) ** 2 + ((v >> 8) - 6) ** 2 < 20;
    for (const name of ['p1_a', 'p2_a', 'p3_a'])
      await writeCase(cubes, name, {
        size: [16, 16, 16],
        affine: lpsAffine(MODEL_SPACING),
        modalities: ['t1', 't1ce', 't2', 'flair'],
        labels: Array.from({ length: 4096 }, (_, v) => (inside(v) ? [1, 2, 4][v % 3] : 0)),
        value: (modality, v) =>
          (inside(v) ? modality.length : -1) + Math.round(Math.sin(v * name.charCodeAt(1))) / 8 || 0.125,
      });
    const split = join(root, 'split.json');
    await writeFile(split, JSON.stringify({ train: ['p1'], validation: ['p2', 'p3'], test: [] }));
    const out = join(root, 'out');

    const page = readFileSync('docs/how-to/train-on-gpus.md', 'utf8');
    const blocks = [...page.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block);
    expect(blocks).toHaveLength(4);
    const sizes: Record<string, string> = {
      DATA: cubes,
      SPLIT: split,
      OUT: out,
      GPUS: '2',
      LENGTH:
        "'--steps 2 --log-every 1 --cube 16 --cubes 1 --brains 0 --channels 8,16,32,32,32 --decouple-from .5 --k 3'",
      BASELINES:
        "'--methods early-fusion --seeds 1 --steps 2 --side 16 --reduce 1 --batch 1 --channels 8,16,32,32,32'",
    };
    const script = blocks
      .join('\n')
      .replaceAll(/\b([A-Z]+)=('[^']*'|\S+)/g, (_, name: string) => `${name}=${sizes[name]}`)
      // The two options: PyTorch 1.13 finds no default for them under Python 3.11.
      .replaceAll('torchrun', 'python3 -m torch.distributed.run --redirects 1 --tee 1')
      .replaceAll('python3', PYTHON)
      .replaceAll('npx quorum', `${process.execPath} dist/cli/main.js`);
    const env = { ...process.env, PYTHONPATH: 'training/torch', OMP_NUM_THREADS: '1' };
    const { status, stderr } = spawnSync('bash', ['-euc', script], { encoding: 'utf8', env });
    expect(status, stderr).toBe(0);

    for (const name of ['gmd', 'mean']) {
      const folder = join(out, name);
      const lines = await new RunLog(folder).lines();
      expect(await summariseRun(folder, lines)).toMatchObject({
        ...{ by: 'torch', state: 'finished', step: 2, steps: 2, model: join(folder, 'model') },
      });
      const conflicts = lines.filter((line) => line.kind === 'step' && line.cosines);
      expect(conflicts.length > 0, name).toBe(name === 'gmd');
    }
    for (const name of ['scores-mean', 'scores-early-fusion'])
      expect(readFileSync(join(out, name, 'comparison.csv'), 'utf8')).toMatch(/^t1\+t1ce\+t2\+flair,WT,2,/m);
  }, 300_000);
});
