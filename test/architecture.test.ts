import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What the import rules (`npm run check`) cannot see. */

const MOST_LINES = 4500;

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name));
}

const rooms = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `src/${name}`);

describe('a room', () => {
  it.each(rooms)('%s can be read in a day', (room) => {
    const lines = filesIn(room).reduce(
      (sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1,
      0,
    );
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThanOrEqual(MOST_LINES);
  });
});

it('only electron/ipc.ts listens to pages', () => {
  const listeners = filesIn('electron').filter((file) => readFileSync(file, 'utf8').includes('ipcMain'));
  expect(listeners).toEqual(['electron/ipc.ts']);
});

it('the pipeline asks nothing of the process that it runs in', () => {
  // How much memory it had is handed in; this is what is handed in.
  const allowed = ['src/pipeline/surroundings.ts'];
  const asking = filesIn('src/pipeline').filter((file) =>
    /\bprocess\.[a-z]/.test(readFileSync(file, 'utf8')),
  );
  expect(asking).toEqual(allowed);
});
