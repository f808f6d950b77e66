import { expect, it, vi } from 'vitest';
import { Opening } from '../../../renderer/state/opening.svelte.js';
import { fakeShell } from './fakeShell.js';

const attempt = async <T>(work: () => Promise<T>) => work().catch(() => undefined);
const received = { paths: ['/a'], temporary: true };

it('lets files come in while it is asked whether they may be opened, and stops them where they may not', async () => {
  const opening = new Opening(fakeShell().client, attempt);
  let aborted = false;
  const come = vi.fn(
    async ({ signal, onProgress }: { signal: AbortSignal; onProgress(share: number): void }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      onProgress(0.5);
      return received;
    },
  );
  const ask = async (may: boolean) => {
    expect(come).toHaveBeenCalled();
    expect(opening.share).toBe(0.5);
    return may;
  };
  expect(await opening.receive(come, () => ask(false))).toBeNull();
  expect(aborted).toBe(true);
  expect(await opening.receive(come, () => ask(true))).toEqual(received);
  expect(opening.share).toBeUndefined();
});

it('tells the stage of its own opening alone, and cancels that one', async () => {
  const fake = fakeShell({ 'cases.cancelOpening': () => ({}) });
  const opening = new Opening(fake.client, attempt);
  await opening.follow(async (id) => {
    opening.hear({ type: 'opening', opening: 'another', stage: 'reading headers', progress: 0.2 });
    expect([opening.share, opening.stage]).toEqual([null, '']);
    opening.hear({ type: 'opening', opening: id, stage: 'reading headers', progress: 0.3 });
    expect([opening.share, opening.stage]).toEqual([0.3, 'Reading headers…']);
    opening.cancel();
    expect(fake.asked('cases.cancelOpening')).toEqual([{ opening: id }]);
  });
  expect([opening.share, opening.stage]).toEqual([undefined, '']);
  opening.cancel();
  expect(fake.asked('cases.cancelOpening')).toHaveLength(1);
});
