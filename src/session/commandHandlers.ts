import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { DeviceSummary, Method, ModelSummary, ParsedRequest, Response } from '../contract/index.js';
import type { FallbackEngine } from '../engine/devices/fallbackEngine.js';
import type { SelfTestLauncher } from '../engine/devices/launchSelfTest.js';
import { type DeviceStatus, inspectDevices, selectEngine } from '../engine/devices/selectEngine.js';
import { QuorumError } from '../errors.js';
import { openStudy } from '../intake/openStudy.js';
import type { Model } from '../model/model.js';
import { runSegmentJob, type SegmentResult } from '../pipeline/batch.js';
import type { Surroundings } from '../pipeline/context.js';
import { inspectImage, summariseStudy } from '../pipeline/inspect.js';
import { exportOnnx, importWeights, networkOf, openModel } from '../pipeline/models.js';
import type { IntakeTools } from '../pipeline/open/openInputs.js';
import { runPrepareJob } from '../pipeline/prepareFolder.js';
import type { JobContext } from './jobs.js';
import type { WindowContext } from './windowContext.js';

type Handlers = { [M in Method]: (request: ParsedRequest<M>) => Promise<Response<M>> };

/** The command line's methods, and those that it shares with windows; all but looking into DICOM and converting it run in this process. */
export function commandHandlers(
  {
    jobs,
    profileFolder,
    staging,
    ...tools
  }: Pick<WindowContext, 'jobs' | 'profileFolder' | 'staging' | keyof IntakeTools>,
  launchSelfTest: SelfTestLauncher | undefined,
  around: Surroundings,
): Pick<
  Handlers,
  | 'studies.open'
  | 'images.inspect'
  | 'models.inspect'
  | 'models.import'
  | 'models.exportOnnx'
  | 'devices.list'
  | 'segment.start'
  | 'prepare.start'
  | 'jobs.cancel'
  | 'jobs.list'
> {
  const testing = launchSelfTest ? { launch: launchSelfTest } : {};
  return {
    'studies.open': async ({ paths, overrides }) => summariseStudy(await openStudy(paths, overrides)),
    'images.inspect': async ({ file }) => inspectImage(file),
    'models.inspect': async ({ folder }) => summariseModel(await openModel(folder)),
    'models.import': async ({ weights, output, name }) =>
      summariseModel(await importWeights(weights, output, name === undefined ? {} : { name })),
    'models.exportOnnx': ({ folder, file, overwrite }) => writeOnnx(folder, file, overwrite),
    'devices.list': async ({ again }) =>
      (await inspectDevices({ verdictFolder: profileFolder, again, ...testing })).map(summariseDevice),
    'segment.start': async (request) => ({
      job: jobs.start(
        (context) =>
          staging.during(request.output, () => segment(request, profileFolder, tools, around, context)),
        { kind: 'segment' },
      ),
    }),
    'prepare.start': async (request) => ({
      job: jobs.start(
        (context) => staging.during(request.output, () => runPrepareJob(request, tools, context)),
        { kind: 'prepare' },
      ),
    }),
    'jobs.cancel': async ({ job }) => ({ cancelled: jobs.cancel(job) }),
    'jobs.list': async () => jobs.list(),
  };
}

async function segment(
  request: ParsedRequest<'segment.start'>,
  verdictFolder: string,
  tools: IntakeTools,
  around: Surroundings,
  context: JobContext,
): Promise<SegmentResult> {
  const model = await openModel(request.model);
  let opened: FallbackEngine | null = null;
  const openEngine = async (): Promise<FallbackEngine> => {
    const options = { verdictFolder, ...(request.threads === null ? {} : { threads: request.threads }) };
    opened ??= (await selectEngine(networkOf(model), request.device, options)).engine;
    return opened;
  };
  try {
    return await runSegmentJob(request, model, openEngine, tools, around, context);
  } finally {
    await (opened as FallbackEngine | null)?.dispose();
  }
}

function summariseModel({ folder, hash, parameters, description }: Model): ModelSummary {
  const count = [...parameters.values()].reduce((sum, values) => sum + values.length, 0);
  return { folder, hash, parameters: count, description };
}

async function writeOnnx(
  folder: string | null,
  file: string,
  overwrite: boolean,
): Promise<Response<'models.exportOnnx'>> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) throw new QuorumError({ code: 'OUTPUT_EXISTS', file, expected: 'no such file' });
  const bytes = await exportOnnx(await openModel(folder), file);
  return { file, bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') };
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
