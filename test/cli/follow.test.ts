import { expect, it } from 'vitest';
import { followJob } from '../../src/cli/follow.js';
import type { Client } from '../../src/contract/index.js';
import { QuorumError } from '../../src/errors.js';

it('leaves no listener behind when a job is refused at its start', async () => {
  const listeners = new Set<unknown>();
  const services = {
    onJob: (listener: unknown) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as Client;
  const before = process.listenerCount('SIGINT');
  const refused = () => Promise.reject(new QuorumError({ code: 'REQUEST_INVALID' }));
  await expect(followJob(services, refused, true)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  expect(listeners.size).toBe(0);
  expect(process.listenerCount('SIGINT')).toBe(before);
});
