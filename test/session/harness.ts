import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobEvent, OpenCase, QuorumEvent } from '../../src/contract/index.js';
import { QuorumError } from '../../src/errors.js';
import { createServices, type Services, type WorkerLauncher } from '../../src/session/services.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import type { Affine, Volume } from '../../src/volume/volume.js';
import { transpiled } from '../support/transpiledSources.js';

export const SIDE = 48;

/** RAS, 1 mm, centred. */
export const AFFINE = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -24, -24, -24, 1] as unknown as Affine;

/** The worker as a process of its own. */
export const launchWorker: (workerArguments: readonly string[]) => WorkerLauncher = (
  (await import(transpiled('session/worker/fork'))) as typeof import('../../src/session/worker/fork.js')
).forkedWorker;

/** Services with a profile and a worker of their own; `dispose` ends and removes both. */
export async function startServices(
  profile?: string,
): Promise<{ services: Services; profile: string; events: QuorumEvent[]; dispose: () => Promise<void> }> {
  const folder = profile ?? (await mkdtemp(join(tmpdir(), 'quorum-profile-')));
  const services = createServices({
    profileFolder: folder,
    launchWorker,
  });
  const events: QuorumEvent[] = [];
  services.onEvent((event) => events.push(event));
  const dispose = async () => {
    await services.close();
    // Its worker was killed, and may still write for a moment.
    if (!profile) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  return { services, profile: folder, events, dispose };
}

/**
 * A ball of "brain" (air outside is 0) with a brighter "tumour" in it, a little different in each sequence.
 *
 * @param side voxels along each axis; the network's work grows with its third power.
 */
export function tinyImage(modality: Modality, side = SIDE): Volume {
  const data = new Float32Array(side ** 3);
  const brightness = { t1: 0.5, t1ce: 2.5, t2: 2, flair: 3 }[modality];
  const middle = side / 2;
  const part = side / SIDE;
  for (let k = 0, at = 0; k < side; k++) {
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++, at++) {
        const [x, y, z] = [i - middle, j - middle, k - middle];
        if (Math.hypot(x, y, z) > 21 * part) continue;
        const tumour = Math.hypot(x - 6 * part, y - 2 * part, z + 2 * part) < 8 * part;
        data[at] =
          100 + 12 * Math.sin(i * 0.9 + j * 0.7) * Math.cos(k * 0.8) + (tumour ? 40 * brightness : 0);
      }
    }
  }
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -middle, -middle, -middle, 1] as unknown as Affine;
  return { size: [side, side, side], affine, data };
}

/** A folder of tiny images named for their sequences. */
export async function writeTinyStudy(
  parent: string,
  name = 'Doe-Jane-4711',
  sequences: readonly Modality[] = MODALITIES,
  side = SIDE,
): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  for (const m of sequences) await writeNifti(join(folder, `${name}_${m}.nii.gz`), tinyImage(m, side));
  return folder;
}

export async function openCase(services: Services, folder: string): Promise<OpenCase> {
  const opened = await services.call('cases.open', { paths: [folder] });
  if (opened.kind !== 'case') throw new Error('one case expected');
  return opened.case;
}

/** Waits for the end of a job. */
export function jobEnd(services: Services, job: string): Promise<JobEvent> {
  return new Promise((resolve) => {
    const stop = services.onJob((event) => {
      if (event.job !== job || event.state === 'queued' || event.state === 'running') return;
      stop();
      resolve(event);
    });
  });
}

/** Segments and gives the case as it is then. */
export async function segment(
  services: Services,
  id: string,
  use: Modality[] | null = null,
): Promise<OpenCase> {
  const { job } = await services.call('cases.segment', { case: id, use, force: true, device: 'cpu' });
  const end = await jobEnd(services, job);
  if (end.state !== 'done') throw new QuorumError(end.problem ?? { code: 'INTERNAL' });
  return services.call('cases.get', { case: id });
}

/** The code of the problem that a call ends with. */
export async function problemCode(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no problem',
    (error) => (error instanceof QuorumError ? error.code : String(error)),
  );
}

export const runsBody = (...triples: [start: number, length: number, label: number][]) =>
  Uint32Array.from(triples.flat()).buffer;
