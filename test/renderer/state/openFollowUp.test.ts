import { expect, it } from 'vitest';
import type { Jobs } from '../../../renderer/state/jobs.svelte.js';
import { OpenFollowUp } from '../../../renderer/state/openFollowUp.svelte.js';
import type { FollowUpView } from '../../../src/contract/index.js';
import { emptyCase, fakeShell } from './fakeShell.js';

it('time points are taken as they are where the cohort that they came from was told so, others not', async () => {
  const fake = fakeShell({ 'cases.segment': () => ({ job: '1' }) });
  const members = [
    { case: 'a', date: null, force: true },
    { case: 'b', date: null, force: false },
  ];
  const view: FollowUpView = { id: '1', members, report: null, isStale: false };
  const jobs = { ofCase: () => null } as unknown as Jobs;
  const followUp = new OpenFollowUp(fake.client, view, jobs);
  followUp.cases = [emptyCase('a'), emptyCase('b')];
  await followUp.segment();
  expect(fake.asked('cases.segment')).toEqual([
    { case: 'a', force: true },
    { case: 'b', force: false },
  ]);
});
