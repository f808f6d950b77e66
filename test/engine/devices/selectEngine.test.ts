import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  askingOnce,
  launchSelfTest,
  type SelfTestLauncher,
} from '../../../src/engine/devices/launchSelfTest.js';
import {
  type DeviceOptions,
  inspectDevices,
  selectEngine,
} from '../../../src/engine/devices/selectEngine.js';
import { judge } from '../../../src/engine/devices/selfTest.js';
import { referenceInput, referenceNetwork } from '../../../src/engine/devices/selfTestReference.js';
import { readVerdicts, VERDICTS_FILE } from '../../../src/engine/devices/verdicts.js';
import { QuorumError } from '../../../src/errors.js';

const candidatesModule = new URL('./corruptCandidates.ts', import.meta.url);
const network = referenceNetwork();
const volume = referenceInput([16, 16, 16]);
const folders: string[] = [];
let options: DeviceOptions;
let launched: string[];

/** In a child process, as in earnest, where sources are TypeScript. */
const inChild: SelfTestLauncher = (request) => {
  launched.push(request.id);
  return launchSelfTest(request, { execArgv: ['--import', 'tsx'], timeoutMs: 60_000 });
};

/** A launcher whose judgements are given: only `good` is accepted. */
const pretended: SelfTestLauncher = async ({ id, knownDrivers }) => {
  const driver = `driver 7; ${process.env.QUORUM_TEST_RUNTIME ?? 'runtime 1'}`;
  if (knownDrivers.includes(driver)) return { adapter: 'Adapter', driver, judgement: null };
  launched.push(id);
  return {
    adapter: 'Adapter',
    driver,
    judgement: id === 'good' ? judge('accepted', '') : judge('slower', 'much'),
  };
};

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorum-devices-'));
  folders.push(folder);
  launched = [];
  options = { verdictFolder: folder, candidatesModule, launch: pretended, threads: 1 };
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function problemWith(device: string) {
  const error = await selectEngine(network, device, options).catch((e) => e);
  if (error instanceof QuorumError) return error.problem;
  throw new Error('nothing was thrown');
}

describe('choosing an engine', () => {
  it('takes the CPU when asked for it, and tests nothing', async () => {
    const { engine, verdicts } = await selectEngine(network, 'cpu', options);
    expect([engine.name, engine.device, verdicts, launched]).toEqual(['onnx', 'cpu', [], []]);
    expect((await engine.run((e) => e.logits(0, volume))).length).toBe(3 * 16 ** 3);
    await engine.dispose();
  });

  it('with auto takes the first GPU that passes, and reports on those that did not', async () => {
    const { engine, verdicts } = await selectEngine(network, 'auto', options);
    expect(engine.device).toBe('good');
    expect(verdicts.at(-1)).toMatchObject({ deviceId: 'good', accepted: true });
    expect(verdicts.slice(0, -1).every(({ accepted, reason }) => !accepted && reason === 'slower')).toBe(
      true,
    );
    expect(verdicts.map(({ deviceId }) => deviceId)).not.toContain('absent');
    await engine.dispose();
  });

  it('with auto takes the fastest of the GPUs that pass, wherever it stands in the list', async () => {
    const ratios: Record<string, number> = { shifted: 2, good: 3, short: 7, nan: 4 };
    const launch: SelfTestLauncher = async ({ id }) => ({
      adapter: null,
      driver: `driver of ${id}`,
      judgement: ratios[id] ? judge('accepted', '', { speedRatio: ratios[id] }) : judge('slower', ''),
    });
    const { engine } = await selectEngine(network, 'auto', { ...options, launch });
    expect(engine.device).toBe('short');
    await engine.dispose();
  });

  it('with auto takes the CPU when no GPU passes', async () => {
    const launch: SelfTestLauncher = async () => ({
      adapter: null,
      driver: 'd',
      judgement: judge('crashed', 'SIGSEGV'),
    });
    const { engine, verdicts } = await selectEngine(network, 'auto', { ...options, launch });
    expect(engine.device).toBe('cpu');
    expect(verdicts.length).toBeGreaterThan(5);
    await engine.dispose();
  });

  it('refuses a rejected, an absent and an unknown device by name', async () => {
    expect(await problemWith('nan')).toMatchObject({
      code: 'DEVICE_REJECTED',
      field: 'nan',
      found: 'slower: much',
    });
    expect(await problemWith('absent')).toMatchObject({
      code: 'DEVICE_NOT_AVAILABLE',
      found: 'not in this world',
    });
    expect(await problemWith('gpu9')).toMatchObject({
      code: 'DEVICE_NOT_AVAILABLE',
      found: 'gpu9',
      expected: expect.stringContaining('auto, absent, cpu,'),
    });
  });

  it('repeats the whole job on the CPU when the chosen GPU fails in it', async () => {
    const accepting: SelfTestLauncher = async () => ({
      adapter: 'A',
      driver: 'd',
      judgement: judge('accepted', ''),
    });
    const { engine } = await selectEngine(network, 'throwing', { ...options, launch: accepting });
    const cpu = await selectEngine(network, 'cpu', options);
    const found = await engine.run((e) => e.logits(1, volume));
    const expected = await cpu.engine.run((e) => e.logits(1, volume));
    expect(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    expect(engine.device).toBe('cpu');
    expect(engine.events).toMatchObject([
      {
        kind: 'repeated-on-cpu',
        device: 'throwing',
        problem: { code: 'ENGINE_FAILED', found: 'device lost' },
      },
    ]);
    await engine.dispose();
    await cpu.engine.dispose();
  });
});

describe('verdicts', () => {
  it('are kept per driver version: the same is not tested again, another one is', async () => {
    await selectEngine(network, 'good', options).then(({ engine }) => engine.dispose());
    await selectEngine(network, 'good', options).then(({ engine }) => engine.dispose());
    expect(launched).toEqual(['good']);
    process.env.QUORUM_TEST_RUNTIME = 'runtime 2';
    try {
      await selectEngine(network, 'good', options).then(({ engine }) => engine.dispose());
    } finally {
      delete process.env.QUORUM_TEST_RUNTIME;
    }
    expect(launched).toEqual(['good', 'good']);
    const drivers = (await readVerdicts(options.verdictFolder)).map(({ driver }) => driver);
    expect(drivers).toEqual(['driver 7; runtime 1', 'driver 7; runtime 2']);
  });

  it('are given anew when the user asks for it', async () => {
    await inspectDevices(options);
    const once = launched.length;
    expect(once).toBeGreaterThan(0);
    await inspectDevices(options);
    expect(launched.length).toBe(once);
    await inspectDevices({ ...options, again: true });
    expect(launched.length).toBe(2 * once);
  });

  it('that are damaged or of another revision are not believed', async () => {
    await inspectDevices(options);
    const file = join(options.verdictFolder, VERDICTS_FILE);
    const text = await readFile(file, 'utf8');
    expect((await readVerdicts(options.verdictFolder)).length).toBe(launched.length);
    for (const damaged of [text.slice(0, -20), text.replace('"revision": 1', '"revision": 0'), '{}']) {
      await writeFile(file, damaged);
      expect(await readVerdicts(options.verdictFolder)).toEqual([]);
    }
  });

  it('are not needed to run: a folder that cannot be written to only costs another test', async () => {
    const file = join(options.verdictFolder, 'a-file');
    await writeFile(file, '');
    const { engine } = await selectEngine(network, 'good', {
      ...options,
      verdictFolder: join(file, 'below'),
    });
    expect(engine.device).toBe('good');
    await engine.dispose();
  });

  it('list every device for the user, with why it is not used', async () => {
    const statuses = await inspectDevices(options);
    expect(statuses[0]).toMatchObject({ id: 'absent', unavailable: 'not in this world', verdict: null });
    expect(statuses[1]).toMatchObject({ id: 'cpu', kind: 'cpu', unavailable: null, verdict: null });
    expect(statuses.find(({ id }) => id === 'nan')!.verdict).toMatchObject({
      reason: 'slower',
      adapter: 'Adapter',
    });
  });
});

describe('a process that lives on', () => {
  const request = { candidatesModule: 'here', id: 'gpu', options: {}, knownDrivers: ['driver 1'] };
  const asked: string[][] = [];
  const once = askingOnce(async ({ knownDrivers }) => {
    asked.push([...knownDrivers]);
    return { adapter: 'A', driver: 'driver 1', judgement: null };
  });

  it('asks a device once which driver it has, and again for whom that is not enough', async () => {
    for (const _ of [1, 2, 3])
      expect(await once(request)).toEqual({ adapter: 'A', driver: 'driver 1', judgement: null });
    expect(asked).toHaveLength(1);
    // What is to be tested again is.
    await once({ ...request, knownDrivers: [] });
    await once({ ...request, id: 'other' });
    expect(asked).toEqual([['driver 1'], [], ['driver 1']]);
  });
});

describe('the self-test in its own process', () => {
  it('accepts a faithful, faster device and does not test it again', async () => {
    options = { ...options, launch: inChild };
    for (const _ of [1, 2]) {
      const { engine, verdicts } = await selectEngine(network, 'good', options);
      expect(verdicts).toMatchObject([{ accepted: true, maxLogitDifference: 0, dice: 1 }]);
      expect(verdicts[0].driver).toMatch(/; runtime 1$/);
      await engine.dispose();
    }
    const kept = await readVerdicts(options.verdictFolder);
    expect(kept.length).toBe(1);
  });

  it('rejects a slightly wrong one with the difference', async () => {
    options = { ...options, launch: inChild };
    expect(await problemWith('slightly-wrong')).toMatchObject({
      code: 'DEVICE_REJECTED',
      found: expect.stringMatching(/^logits-differ/),
    });
  });

  it('survives a device that ends its process, and remembers', async () => {
    options = { ...options, launch: inChild };
    expect(await problemWith('crashing')).toMatchObject({
      code: 'DEVICE_REJECTED',
      found: expect.stringMatching(/^crashed: (SIGABRT|exit code)/),
    });
    expect(await readVerdicts(options.verdictFolder)).toMatchObject([
      { deviceId: 'crashing', reason: 'crashed' },
    ]);
  });

  it('gives up on a device that never answers', async () => {
    options = {
      ...options,
      launch: (request) => launchSelfTest(request, { execArgv: ['--import', 'tsx'], timeoutMs: 3000 }),
    };
    expect(await problemWith('hanging')).toMatchObject({ found: 'timed-out: no answer within 3 s' });
  });
});
