/**
 * The self-test's own process: a faulty GPU driver may crash or hang it, and takes nothing else along.
 * It is sent one SelfTestRequest, answers with one or two SelfTestReports, and ends.
 */
import { describeAdapter } from './adapter.js';
import { type DeviceCandidate, firstCpuCandidate } from './deviceCandidate.js';
import type { SelfTestReport, SelfTestRequest } from './launchSelfTest.js';
import { failureOf, type Judgement, judge, judgeDevice } from './selfTest.js';
import { referenceNetwork } from './selfTestReference.js';

process.once('message', (request: SelfTestRequest) => {
  void answer(request)
    .catch((error) => send({ adapter: null, driver: null, judgement: judge('failed', failureOf(error)) }))
    .finally(() => process.exit());
});

async function answer({ candidatesModule, id, options, knownDrivers }: SelfTestRequest): Promise<void> {
  const { deviceCandidates } = (await import(candidatesModule)) as {
    deviceCandidates(): DeviceCandidate[];
  };
  const candidates = deviceCandidates();
  const candidate = candidates.find((one) => one.id === id)!;
  const cpu = await firstCpuCandidate(candidates, options);
  const { name: adapter, driver: named } = await describeAdapter();
  const driver = `${named}; ${await candidate.runtimeVersion()}`;
  // Sent ahead, so that a crash in what follows can be laid to this driver.
  await send({ adapter, driver, judgement: null });
  if (knownDrivers.includes(driver)) return;
  await send({ adapter, driver, judgement: await test(candidate, cpu, options) });
}

async function test(
  candidate: DeviceCandidate,
  cpu: DeviceCandidate,
  options: SelfTestRequest['options'],
): Promise<Judgement> {
  const network = referenceNetwork();
  const failed = (error: unknown) => judge('failed', failureOf(error));
  // First, since many machines have none.
  const device = await candidate.create(network, options).catch(failed);
  if ('reason' in device) return device;
  return judgeDevice(device, await cpu.create(network, options)).catch(failed);
}

function send(report: SelfTestReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(report, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}
