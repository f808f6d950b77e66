import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isAbandoned, ownerTag } from '../../src/files/process.js';

/** A process that ran, and does not run any more. */
const gone = spawnSync(process.execPath, ['-e', '']).pid;
const [host] = ownerTag().split('-');

it('a folder is abandoned when the process of this machine that made it does not run any more', () => {
  expect(isAbandoned(`${host}-${gone}-a1b2`)).toBe(true);
  expect(isAbandoned(`${ownerTag()}-a1b2`)).toBe(false);
});

it('a folder of another machine, or of nobody that is known, is left alone', () => {
  expect(isAbandoned(`00000000-${gone}-a1b2`)).toBe(false);
  expect(isAbandoned(`${gone}-a1b2`)).toBe(false);
  expect(isAbandoned('something')).toBe(false);
});
