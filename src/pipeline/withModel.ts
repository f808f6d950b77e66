import type { SegmentRequest } from '../contract/index.js';
import { networkOf } from '../engine/devices/deviceCandidate.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { type SelectedEngine, selectEngine } from '../engine/devices/selectEngine.js';
import type { StagingRegister } from '../kept/stagingRegister.js';
import { openModel } from '../model/model.js';
import type { Surroundings } from './context.js';
import type { EngineSource, SegmentWork } from './segmentCase.js';

/** Opens the request's model, and the engine when the first case needs it; both end with the work. */
export async function withModel<T>(
  request: SegmentRequest,
  {
    profileFolder,
    staging,
    around,
    launch,
  }: {
    /** Holds the verdicts of devices. */
    readonly profileFolder: string;
    readonly staging: StagingRegister;
    readonly around: Surroundings;
    /** Tests a device in a process of its own. */
    readonly launch?: SelfTestLauncher;
  },
  act: (work: SegmentWork) => Promise<T>,
): Promise<T> {
  const model = await openModel(request.model);
  let opened: Promise<SelectedEngine> | null = null;
  const openEngine: EngineSource = async () => {
    const threads = request.threads === null ? {} : { threads: request.threads };
    opened ??= selectEngine(networkOf(model), request.device, {
      verdictFolder: profileFolder,
      ...threads,
      ...(launch ? { launch } : {}),
    });
    return (await opened).engine;
  };
  try {
    return await staging.during(request.output, () => act({ request, model, openEngine, around }));
  } finally {
    await (await (opened as Promise<SelectedEngine> | null)?.catch(() => null))?.engine.dispose();
  }
}
