import { Worker } from 'node:worker_threads';
import { QuorumError } from '../../errors.js';
import { traced } from '../../trace.js';
import { voxelSpacing } from '../../volume/affine.js';
import type { Affine, Volume } from '../../volume/volume.js';
import { type ElastixTransform, matrixOfTransforms } from './transforms.js';

/** elastix's parameter map: every value is a list of texts. */
export type ParameterMap = Readonly<Record<string, readonly string[]>>;

/** An image as itk-wasm takes it: positions in LPS mm, direction row by row. */
interface ItkImage {
  readonly imageType: {
    readonly dimension: 3;
    readonly componentType: 'float32';
    readonly pixelType: 'Scalar';
    readonly components: 1;
  };
  readonly name: string;
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  readonly direction: Float64Array;
  readonly size: readonly number[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly data: Float32Array;
}

/** What a registration thread gets: see worker.js. */
export interface RegistrationInput {
  readonly fixed: ItkImage;
  readonly moving: ItkImage;
  readonly stages: readonly ParameterMap[];
}

/** What the thread says: how far it is, 0..1; then, once, what it found. */
type Word = Answer | { readonly share: number };
type Answer = { readonly transforms: readonly ElastixTransform[] } | { readonly failure: string };

/** Ends when every thread that was started before has loaded elastix, or has ended. */
let loading: Promise<void> = Promise.resolve();

/**
 * One thread loads elastix after the other: three at once stand still in Electron 25. Call what it gives when the thread has loaded it, and
 * at its end.
 */
async function turnToLoad(): Promise<() => void> {
  const before = loading;
  let loaded = () => {};
  loading = new Promise((resolve) => {
    loaded = resolve;
  });
  await before;
  return loaded;
}

/**
 * Registers `moving` to `fixed` with elastix in a thread of its own, one stage after the other.
 *
 * @param onProgress told the share of the iterations that are done, 0..1.
 * @param about what is registered, for a trace.
 * @returns 4×4 after each stage, RAS mm of `fixed` → RAS mm of `moving`; the last is the finest.
 * @throws QuorumError CANCELLED at once, REGISTRATION_FAILED when elastix gives up (e.g. images that do not overlap).
 */
export async function register(
  fixed: Volume,
  moving: Volume,
  stages: readonly ParameterMap[],
  signal?: AbortSignal,
  onProgress: (share: number) => void = () => undefined,
  about: string | null = null,
): Promise<Affine[]> {
  if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
  const lane = `elastix ${about}`;
  const loaded = await traced('wait to load', () => turnToLoad(), { about, lane });
  if (signal?.aborted) {
    loaded();
    throw new QuorumError({ code: 'CANCELLED' });
  }
  const workerData: RegistrationInput = { fixed: itkImage(fixed), moving: itkImage(moving), stages };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  let cancel = () => {};
  try {
    const answer = await traced(
      'register',
      () =>
        new Promise<Answer>((resolve, reject) => {
          cancel = () => reject(new QuorumError({ code: 'CANCELLED' }));
          signal?.addEventListener('abort', cancel, { once: true });
          worker.on('message', (word: Word) => {
            loaded();
            if ('share' in word) onProgress(word.share);
            else resolve(word);
          });
          worker.once('error', (error) => resolve({ failure: error.message }));
          worker.once('exit', (code) => resolve({ failure: `the registration thread ended (${code})` }));
        }),
      { about, lane },
    );
    if ('failure' in answer) throw new QuorumError({ code: 'REGISTRATION_FAILED', found: answer.failure });
    const { transforms } = answer;
    return transforms.map((_, stage) => matrixOfTransforms(transforms.slice(0, stage + 1)));
  } finally {
    loaded();
    signal?.removeEventListener('abort', cancel);
    await worker.terminate();
  }
}

function itkImage({ size, affine, data }: Volume): ItkImage {
  const spacing = voxelSpacing(affine);
  const toLps = [-1, -1, 1];
  const direction = new Float64Array(9);
  for (let row = 0; row < 3; row++)
    for (let axis = 0; axis < 3; axis++)
      direction[3 * row + axis] = (toLps[row] * affine[4 * axis + row]) / spacing[axis];
  return {
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: 'image',
    origin: toLps.map((sign, row) => sign * affine[12 + row]),
    spacing,
    direction,
    size: [...size],
    metadata: new Map(),
    data,
  };
}
