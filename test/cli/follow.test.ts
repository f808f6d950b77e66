import { expect, it } from 'vitest';
import { follow } from '../../src/cli/follow.js';
import { QuorumError } from '../../src/errors.js';

it('leaves no handler behind when work fails, and throws what it threw', async () => {
  const before = process.listenerCount('SIGINT');
  const error = new QuorumError({ code: 'REQUEST_INVALID' });
  await expect(follow('segment', false, () => Promise.reject(error))).rejects.toBe(error);
  expect(process.listenerCount('SIGINT')).toBe(before);
});

it('stops work at Ctrl-C', async () => {
  const work = follow('segment', false, async ({ signal }) => {
    process.emit('SIGINT');
    signal.throwIfAborted();
  });
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
});
