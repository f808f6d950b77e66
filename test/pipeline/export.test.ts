import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import type { CaseReport, OpenCase } from '../../src/contract/index.js';
import { findingsOf } from '../../src/pipeline/findings.js';
import { SURROUNDINGS } from '../../src/pipeline/surroundings.js';
import { createServices, type Services } from '../../src/session/services.js';
import { allCombinations, combinationName } from '../../src/terms.js';
import { segmentEnd } from '../commands/command.js';
import { jobEnd, openCase, segment, writeTinyStudy } from '../session/harness.js';
import { localWorker } from '../session/localWorker.js';

vi.mock('../../src/pipeline/findings.js', async (original) => {
  const real = await original<typeof import('../../src/pipeline/findings.js')>();
  return { ...real, findingsOf: vi.fn(real.findingsOf) };
});
const made = vi.mocked(findingsOf);

const ALL = 't1+t1ce+t2+flair';
const COMBINATIONS = allCombinations().map(combinationName);

let folder: string;
let study: string;
let services: Services;
let opened: OpenCase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorum-found-'));
  study = await writeTinyStudy(folder);
  services = createServices({
    profileFolder: join(folder, 'profile'),
    launchWorker: localWorker(SURROUNDINGS),
  });
  const { id } = await openCase(services, study);
  opened = await segment(services, id);
});
afterEach(() => made.mockClear());
afterAll(async () => {
  await services.close();
  await rm(folder, { recursive: true, force: true });
});

/** The report of an export of every combination. */
async function exported(
  name: string,
  options: { threshold?: number; keepSpecks?: boolean } = {},
): Promise<CaseReport> {
  const output = join(folder, name);
  made.mockClear();
  const { job } = await services.call('export.start', {
    case: opened.id,
    folder: output,
    combination: ALL,
    combinations: COMBINATIONS,
    csv: true,
    report: true,
    ...options,
  });
  expect((await jobEnd(services, job)).problem).toBeUndefined();
  return JSON.parse(await readFile(join(output, 'report.json'), 'utf8'));
}

describe('what an export says of the masks', () => {
  it('was found when the case was segmented, and is not looked for again', async () => {
    const { combinations } = await exported('as segmented');
    expect(made).not.toHaveBeenCalled();
    expect(Object.keys(combinations).sort()).toEqual([...COMBINATIONS].sort());
  });

  it('is what would be found again, in every combination', async () => {
    const end = await segmentEnd(hostOf(join(folder, 'command')), {
      inputs: [study],
      output: join(folder, 'again'),
      allCombinations: true,
      force: true,
      device: 'cpu',
    });
    expect(end.problem).toBeUndefined();
    const again = made.mock.calls.map(([{ members }], n) => [
      combinationName(members),
      made.mock.results[n].value,
    ]);
    expect(again).toHaveLength(COMBINATIONS.length);
    expect(Object.fromEntries(again)).toEqual(opened.result!.combinations);
  });

  it('is found anew at another threshold', async () => {
    const { combinations } = await exported('moved', { threshold: 0.8 });
    expect(made).toHaveBeenCalledTimes(COMBINATIONS.length);
    // Agreement was counted at the model's threshold alone.
    expect(combinations[ALL].agreement).toEqual({ WT: null, TC: null, ET: null });
  });

  it('is found anew where specks are kept', async () => {
    await exported('with specks', { keepSpecks: true });
    expect(made).toHaveBeenCalledTimes(COMBINATIONS.length);
  });

  it('is not found anew where the threshold that is named is the model’s', async () => {
    const { threshold } = opened.result!;
    await exported('named', { threshold });
    expect(made).not.toHaveBeenCalled();
  });
});
