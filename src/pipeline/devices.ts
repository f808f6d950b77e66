import type { DeviceSummary } from '../contract/index.js';
import {
  type DeviceBenchmark,
  type DeviceFailure,
  benchmarkDevices as measureDevices,
} from '../engine/devices/benchmark.js';
import {
  askingOnce,
  launchSelfTest,
  type SelfTestLauncher,
  type SelfTestReport,
} from '../engine/devices/launchSelfTest.js';
import { type DeviceStatus, inspectDevices } from '../engine/devices/selectEngine.js';

export {
  askingOnce,
  type DeviceBenchmark,
  type DeviceFailure,
  launchSelfTest,
  type SelfTestLauncher,
  type SelfTestReport,
};

/** Measures every device of this machine that starts, with all threads of the processor. */
export function benchmarkDevices(
  onDevice?: (id: string) => void,
): Promise<(DeviceBenchmark | DeviceFailure)[]> {
  return measureDevices({}, onDevice);
}

/**
 * Every device with its verdict; a GPU that was not yet tested with its present driver is tested.
 *
 * @param verdictFolder where verdicts are kept.
 * @param again test also those that have a verdict.
 * @param launch tests a device in a process of its own.
 */
export async function listDevices(
  verdictFolder: string,
  again: boolean,
  launch: SelfTestLauncher = launchSelfTest,
): Promise<DeviceSummary[]> {
  return (await inspectDevices({ verdictFolder, again, launch })).map(summariseDevice);
}

function summariseDevice({ id, engine, kind, unavailable, verdict }: DeviceStatus): DeviceSummary {
  const details = verdict
    ? {
        driver: verdict.driver,
        maxLogitDifference: verdict.maxLogitDifference,
        dice: verdict.dice,
        speedRatio: verdict.speedRatio,
        testedAt: verdict.testedAt,
      }
    : {};
  const reason =
    unavailable ??
    (verdict ? `${verdict.reason}${verdict.detail ? `: ${verdict.detail}` : ''}` : 'needs no self-test');
  const accepted = unavailable === null && (kind === 'cpu' || verdict?.accepted === true);
  return { id, engine, name: verdict?.adapter ?? kind, accepted, reason, details };
}
