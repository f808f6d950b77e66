import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hostOf } from '../../src/commands/host.js';
import type { SelfTestLauncher } from '../../src/pipeline/devices.js';
import { createServices } from '../../src/session/services.js';
import { segmentEnd } from '../commands/command.js';
import { jobEnd, launchWorker, openCase, writeTinyStudy } from '../session/harness.js';
import { temporaryFolder } from '../volume/folder.js';

/** There wherever onnxruntime is, with a GPU or without. */
const DEVICE = 'onnx-webgpu';

const folder = temporaryFolder();
let study: string;
beforeAll(async () => {
  study = await writeTinyStudy(folder.path, 'study', ['t1', 'flair']);
});

/** A host that finds every device slow, and what it was asked. */
function slowHost() {
  const asked: Pick<Parameters<SelfTestLauncher>[0], 'id' | 'knownDrivers'>[] = [];
  const launch: SelfTestLauncher = async ({ id, knownDrivers }) => {
    asked.push({ id, knownDrivers });
    const slow = { accepted: false, reason: 'slower', detail: 'half as fast' } as const;
    const judgement = { ...slow, maxLogitDifference: null, dice: null, speedRatio: 0.5 };
    return { adapter: 'GPU', driver: 'driver 7', judgement: knownDrivers.length > 0 ? null : judgement };
  };
  return { asked, launch };
}

async function byCommand(profile: string, launch: SelfTestLauncher) {
  const request = { inputs: [study], output: join(folder.path, 'out'), force: true, device: DEVICE };
  return (await segmentEnd({ ...hostOf(profile), launch }, request)).problem;
}

async function byWindow(profile: string, launch: SelfTestLauncher) {
  const services = createServices({ profileFolder: profile, launchWorker, launchSelfTest: launch });
  const { id } = await openCase(services, study);
  const { job } = await services.call('cases.segment', { case: id, force: true, device: DEVICE });
  const { problem } = await jobEnd(services, job);
  await services.close();
  return problem;
}

it.each([
  ['the command line', byCommand, byWindow],
  ['a window', byWindow, byCommand],
])(
  'a device that the host of %s has tested is not tested again for the other',
  async (name, first, second) => {
    const profile = join(folder.path, name);
    const { asked, launch } = slowHost();
    const rejected = { code: 'DEVICE_REJECTED', field: DEVICE, found: 'slower: half as fast' };
    expect(await first(profile, launch)).toMatchObject(rejected);
    expect(await second(profile, launch)).toMatchObject(rejected);
    expect(asked).toEqual([
      { id: DEVICE, knownDrivers: [] },
      { id: DEVICE, knownDrivers: ['driver 7'] },
    ]);
  },
);
