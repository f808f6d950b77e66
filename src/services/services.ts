import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkWeights } from '../engine/devices/deviceCandidate.js';
import type { FallbackEngine } from '../engine/devices/fallbackEngine.js';
import { type DeviceStatus, inspectDevices, selectEngine } from '../engine/devices/selectEngine.js';
import { QuorumError } from '../errors.js';
import { openStudy } from '../intake/study.js';
import type { Model } from '../model/model.js';
import {
  type Client,
  contract,
  type DeviceSummary,
  type Method,
  type ModelSummary,
  type ParsedRequest,
  type Request,
  type Response,
} from './contract.js';
import { inspectImage, summariseStudy } from './inspect.js';
import { type JobContext, JobQueue } from './jobs.js';
import { exportOnnx, importWeights, openModel } from './models.js';
import { runSegmentJob, type SegmentResult } from './segmentJob.js';

export interface ServiceOptions {
  /** Where device verdicts are kept; the user's non-roaming application folder by default. */
  readonly stateFolder?: string;
}

type Handlers = { [M in Method]?: (request: ParsedRequest<M>) => Promise<Response<M>> };

/** The contract, carried out in this process. */
export function createServices(options: ServiceOptions = {}): Client {
  const stateFolder = options.stateFolder ?? defaultStateFolder();
  const jobs = new JobQueue();
  const handlers: Handlers = {
    'studies.open': async ({ paths, overrides }) => summariseStudy(await openStudy(paths, overrides)),
    'images.inspect': async ({ file }) => inspectImage(file),
    'models.inspect': async ({ folder }) => summariseModel(await openModel(folder)),
    'models.import': async ({ weights, output, name }) =>
      summariseModel(await importWeights(weights, output, name === undefined ? {} : { name })),
    'models.exportOnnx': ({ folder, file, overwrite }) => writeOnnx(folder, file, overwrite),
    'devices.list': async () => (await inspectDevices({ verdictFolder: stateFolder })).map(summariseDevice),
    'segment.start': async (request) => ({
      job: jobs.start((context) => segment(request, stateFolder, context)),
    }),
    'jobs.cancel': async ({ job }) => ({ cancelled: jobs.cancel(job) }),
  };
  return {
    async call<M extends Method>(method: M, request: Request<M>): Promise<Response<M>> {
      const parsed = contract[method].request.safeParse(request);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw new QuorumError({
          code: 'REQUEST_INVALID',
          field: issue.path.join('.'),
          expected: issue.message,
        });
      }
      const handler = handlers[method];
      if (!handler) throw new QuorumError({ code: 'REQUEST_INVALID', field: 'method', found: method });
      return handler(parsed.data as ParsedRequest<M>);
    },
    callBinary: async (method) => {
      throw new QuorumError({ code: 'REQUEST_INVALID', field: 'method', found: method });
    },
    onEvent: (listener) => jobs.onJob((event) => listener({ type: 'job', event })),
    onJob: (listener) => jobs.onJob(listener),
  };
}

async function segment(
  request: ParsedRequest<'segment.start'>,
  verdictFolder: string,
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
    return await runSegmentJob(request, model, openEngine, context);
  } finally {
    await (opened as FallbackEngine | null)?.dispose();
  }
}

function networkOf({ parameters, layers, description }: Model): NetworkWeights {
  return { parameters, layers, modalityCount: description.modalities.length };
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

/** The user's application data that stays on this machine (never the roaming profile). */
export function defaultStateFolder(): string {
  const home = homedir();
  if (process.platform === 'win32')
    return join(process.env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Quorum');
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'Quorum');
  return join(process.env.XDG_STATE_HOME ?? join(home, '.local', 'state'), 'quorum');
}

/** The simulated patient that comes with Quorum. */
export const SAMPLE_PATIENT = fileURLToPath(
  new URL('../../resources/sample/simulated-patient', import.meta.url),
);

export { openModel, SHIPPED_MODEL } from './models.js';
export type { SegmentResult } from './segmentJob.js';
export { QUORUM_VERSION } from './version.js';
