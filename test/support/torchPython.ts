import { spawnSync } from 'node:child_process';

export const PYTHON = '/usr/bin/python3';

/** Whether that Python has what training/torch needs; said aloud where it has not. Nothing is loaded: PyTorch takes seconds. */
export function haveTorch(suite: string): boolean {
  const names = ['torch', 'numpy', 'nibabel', 'scipy'];
  const script = `import sys\nfrom importlib.util import find_spec\nsys.exit(not all(map(find_spec, ${JSON.stringify(names)})))`;
  const isHere = spawnSync(PYTHON, ['-c', script]).status === 0;
  if (!isHere) console.warn(`SKIPPED: ${suite}: python3 has no torch`);
  return isHere;
}
