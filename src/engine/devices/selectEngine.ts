/** Chooses who runs the network: the device asked for, or the fastest GPU that has proven itself, or the CPU. */
import { extname } from 'node:path';
import { QuorumError } from '../../errors.js';
import type { InferenceEngine } from '../engine.js';
import { deviceCandidates } from './candidates.js';
import {
  type DeviceCandidate,
  type EngineOptions,
  firstCpuCandidate,
  type NetworkWeights,
} from './deviceCandidate.js';
import { createFallbackEngine, type FallbackEngine } from './fallbackEngine.js';
import { launchSelfTest, type SelfTestLauncher } from './launchSelfTest.js';
import { keepVerdict, readVerdicts, type Verdict } from './verdicts.js';

export interface DeviceOptions extends EngineOptions {
  /** Folder in which verdicts are kept. */
  readonly verdictFolder: string;
  readonly launch?: SelfTestLauncher;
  /** Test again what has a verdict already: it may have been slower only because the machine was busy. */
  readonly again?: boolean;
  /** A module that exports `deviceCandidates()`; Quorum's own unless said otherwise. */
  readonly candidatesModule?: URL;
}

/** One line of `quorum inspect --devices`. */
export interface DeviceStatus {
  readonly id: string;
  readonly engine: InferenceEngine['name'];
  readonly kind: 'cpu' | 'gpu';
  /** Why the device is not here, or null. */
  readonly unavailable: string | null;
  /** The self-test's verdict; null for CPUs, which need none, and for devices that are not here. */
  readonly verdict: Verdict | null;
}

export interface SelectedEngine {
  readonly engine: FallbackEngine;
  /** Verdicts on the GPUs that were looked at, for the report. */
  readonly verdicts: readonly Verdict[];
}

const OWN_CANDIDATES = new URL(`./candidates${extname(import.meta.url)}`, import.meta.url);

/** Every device that Quorum knows, with its verdict; GPUs not yet tested with their present driver are tested. */
export async function inspectDevices(options: DeviceOptions): Promise<DeviceStatus[]> {
  const statuses: DeviceStatus[] = [];
  for (const candidate of await loadCandidates(options)) {
    const { id, engine, kind } = candidate;
    const unavailable = await candidate.unavailable(options);
    const verdict = kind === 'gpu' && unavailable === null ? await verdictOn(candidate, options) : null;
    statuses.push({ id, engine, kind, unavailable, verdict });
  }
  return statuses;
}

/**
 * An engine for a model.
 *
 * @param device `auto`: of the GPUs that pass (or have passed) their self-test the one that was fastest in it, else the CPU; `cpu`: the first CPU
 * engine that this platform has; or a candidate's id.
 * @throws QuorumError DEVICE_NOT_AVAILABLE for an unknown or absent device; DEVICE_REJECTED, with the reason, for a
 * GPU that failed its self-test.
 */
export async function selectEngine(
  network: NetworkWeights,
  device: string,
  options: DeviceOptions,
): Promise<SelectedEngine> {
  const candidates = await loadCandidates(options);
  const makeCpu = async (): Promise<InferenceEngine> =>
    (await firstCpuCandidate(candidates, options)).create(network, engineOptions(options));
  if (device === 'cpu') return { engine: createFallbackEngine(await makeCpu(), null), verdicts: [] };
  if (device !== 'auto') return selectNamed(network, device, candidates, makeCpu, options);

  const verdicts: Verdict[] = [];
  const passed: { candidate: DeviceCandidate; verdict: Verdict }[] = [];
  for (const candidate of candidates) {
    if (candidate.kind !== 'gpu' || (await candidate.unavailable(options)) !== null) continue;
    const verdict = await verdictOn(candidate, options);
    verdicts.push(verdict);
    if (verdict.accepted) passed.push({ candidate, verdict });
  }
  const speed = ({ verdict }: (typeof passed)[number]) => verdict.speedRatio ?? 0;
  for (const { candidate, verdict } of passed.sort((a, b) => speed(b) - speed(a))) {
    const engine = await candidate.create(network, engineOptions(options, verdict)).catch(() => null);
    if (engine) return { engine: createFallbackEngine(engine, makeCpu), verdicts };
  }
  return { engine: createFallbackEngine(await makeCpu(), null), verdicts };
}

async function selectNamed(
  network: NetworkWeights,
  id: string,
  candidates: readonly DeviceCandidate[],
  makeCpu: () => Promise<InferenceEngine>,
  options: DeviceOptions,
): Promise<SelectedEngine> {
  const candidate = candidates.find((one) => one.id === id);
  const ids = ['auto', ...candidates.map((one) => one.id)].join(', ');
  if (!candidate) throw notAvailable(`one of ${ids}`, id);
  const unavailable = await candidate.unavailable(options);
  if (unavailable !== null) throw notAvailable(id, unavailable);
  if (candidate.kind === 'cpu') {
    const engine = await candidate.create(network, engineOptions(options));
    return { engine: createFallbackEngine(engine, null), verdicts: [] };
  }
  const verdict = await verdictOn(candidate, options);
  if (!verdict.accepted) {
    throw new QuorumError({
      code: 'DEVICE_REJECTED',
      field: id,
      expected: 'a device that agrees with the CPU and is faster',
      found: `${verdict.reason}: ${verdict.detail}`,
    });
  }
  const engine = await candidate.create(network, engineOptions(options, verdict));
  return { engine: createFallbackEngine(engine, makeCpu), verdicts: [verdict] };
}

/** The kept verdict for the present driver, or a new one. */
async function verdictOn(candidate: DeviceCandidate, options: DeviceOptions): Promise<Verdict> {
  const kept = (await readVerdicts(options.verdictFolder)).filter(
    ({ deviceId }) => deviceId === candidate.id,
  );
  const launch = options.launch ?? launchSelfTest;
  const { adapter, driver, judgement } = await launch({
    candidatesModule: (options.candidatesModule ?? OWN_CANDIDATES).href,
    id: candidate.id,
    options: engineOptions(options),
    knownDrivers: options.again ? [] : kept.map((verdict) => verdict.driver),
  });
  if (!judgement) return kept.find((verdict) => verdict.driver === driver)!;
  const verdict: Verdict = {
    ...judgement,
    deviceId: candidate.id,
    driver: driver ?? 'unknown',
    adapter,
    testedAt: new Date().toISOString(),
  };
  if (driver !== null) await keepVerdict(options.verdictFolder, verdict);
  return verdict;
}

async function loadCandidates({ candidatesModule }: DeviceOptions): Promise<DeviceCandidate[]> {
  if (!candidatesModule) return deviceCandidates();
  const module = (await import(candidatesModule.href)) as { deviceCandidates(): DeviceCandidate[] };
  return module.deviceCandidates();
}

function engineOptions({ threads, nodeGpuFolder }: EngineOptions, verdict?: Verdict): EngineOptions {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(nodeGpuFolder === undefined ? {} : { nodeGpuFolder }),
    ...(verdict?.adapter ? { adapter: verdict.adapter } : {}),
  };
}

function notAvailable(expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'DEVICE_NOT_AVAILABLE', field: 'device', expected, found });
}
