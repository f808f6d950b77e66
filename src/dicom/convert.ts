import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { QuorumError } from '../errors.js';
import { withFile } from '../volume/fileBytes.js';
import { type ImageHeader, readHeader, readVolume } from '../volume/read.js';
import { onEvenSlices } from './evenSlices.js';
import { forConverter, intoOneSeries } from './forConverter.js';
import { frameFiles, rescaleOf } from './frameFiles.js';
import { canTakeFrames, floatNifti, isPartOfFile, takeFrames } from './framesOfFile.js';
import { affineOf, holdsItsFrames, type PlacedFrames, placeFrames, setAffine } from './placeFrames.js';
import { DEFLATED, EXPLICIT_LITTLE, IMPLICIT_LITTLE, MOST_INFLATED, parseUntilPixels } from './readHeader.js';
import type { DicomFrame } from './series.js';
import type { DicomVolume } from './volumes.js';

/** What a converting thread gets: see convertThread.js. */
export interface ThreadData {
  /** As a data: URL, which is a module by its own word: the package does not say so, and not every Node guesses it. */
  readonly glue: string;
  readonly wasm: WebAssembly.Module;
  readonly files: readonly Uint8Array[];
  readonly options: readonly string[];
}

interface ThreadResult {
  readonly status: number;
  readonly messages: readonly string[];
  readonly images: readonly Uint8Array[];
}

export interface ConvertOptions {
  readonly signal?: AbortSignal | undefined;
  /** A conversion that takes longer is stopped. Measured: 40–530 ms a series. */
  readonly limitMs?: number;
  /** All files of one volume together. */
  readonly limitBytes?: number;
  /** Interpolate a missing slice, or uneven ones, in place of refusing them. */
  readonly mend?: boolean;
}

const GEOMETRY = 'the geometry that the headers give';
const LIMIT_MS = 60_000;
const LIMIT_BYTES = 2 ** 30;

/**
 * No compression, no sidecar, all slices into one volume, the standard's rescaling, derived images too; 3-D acquisitions neither cropped
 * nor turned, so that frames stay slices.
 */
const OPTIONS = ['-z', 'n', '-b', 'n', '-m', 'y', '-p', 'n', '-i', 'n', '-x', 'i'];

/**
 * Converts a volume to a NIfTI with dcm2niix, in a thread that is ended when it takes too long, and checks the result against the
 * files: every frame's first pixel must lie on a corner of its slice, within a tenth of a voxel, and its pixels in that slice. Where the
 * voxels lie is what the headers say, not what the converter makes of them.
 *
 * @param file where the NIfTI is written (readable by the user alone).
 * @returns the frames in the order of the NIfTI's slices.
 * @throws QuorumError CONVERSION_FAILED, CONVERSION_TOO_LONG, DATA_TOO_LARGE, DATA_CORRUPT, CANCELLED, and what reading and writing throw.
 */
export async function convertVolume(
  volume: DicomVolume,
  transferSyntaxes: ReadonlyMap<string, string>,
  file: string,
  options: ConvertOptions = {},
): Promise<{ header: ImageHeader; frames: DicomFrame[] }> {
  if (isPartOfFile(volume)) return ownFrames(volume, file, options);
  const files = await filesOf(volume, transferSyntaxes, options.limitBytes ?? LIMIT_BYTES);
  const converted = await convertedTo(file, [...files.values()], volume.first.file, options);
  const nifti = new Uint8Array(await readFile(file));
  const placed = placeFrames(volume, converted, options.mend);
  if (typeof placed === 'string') throw failed(volume.first.file, GEOMETRY, placed);
  const native = new Map([...files].filter(([path]) => AS_STORED.has(transferSyntaxes.get(path) ?? '')));
  if (!holdsItsFrames(nifti, converted, placed, native))
    throw failed(volume.first.file, GEOMETRY, 'slices in another order');
  const { affine } = placed;
  const whole = options.mend
    ? onEvenSlices(nifti, converted, placed, volume.spacing ?? 1)
    : { nifti, affine };
  setAffine(whole.nifti, whole.affine);
  await writeFile(file, whole.nifti, { mode: 0o600, flush: true });
  return { header: await readHeader(file), frames: [...placed.frames] };
}

/** One volume of a multi-frame file that holds several: its frames alone, where the headers place them. */
async function ownFrames(volume: DicomVolume, file: string, options: ConvertOptions) {
  const { first, spacing } = volume;
  const { voxels, placed } = canTakeFrames(volume)
    ? await nativeFrames(volume)
    : await decodedFrames(volume, file, options);
  const size = [first.columns, first.rows, placed.frames.length] as const;
  const nifti = floatNifti(voxels, size);
  const whole = options.mend
    ? onEvenSlices(nifti, { size, datatype: 'float32' }, placed, spacing ?? 1)
    : { nifti, affine: placed.affine };
  setAffine(whole.nifti, whole.affine);
  await writeFile(file, whole.nifti, { mode: 0o600, flush: true });
  return { header: await readHeader(file), frames: [...placed.frames] };
}

interface OwnFrames {
  readonly voxels: Float32Array;
  readonly placed: PlacedFrames;
}

async function nativeFrames(volume: DicomVolume): Promise<OwnFrames> {
  const frames = [...volume.frames];
  const voxels = await takeFrames(volume);
  if (!voxels) throw failed(volume.first.file, 'pixels of 8 or 16 bits', 'others');
  return { voxels, placed: { frames, affine: affineOf(volume, frames, false, null), isFlipped: false } };
}

/** Compressed frames, decoded by the converter from files of one frame each. */
async function decodedFrames(
  volume: DicomVolume,
  file: string,
  { limitBytes = LIMIT_BYTES, ...options }: ConvertOptions,
): Promise<OwnFrames> {
  const { first } = volume;
  const bytes = await withFile(first.file, (opened) => {
    if (opened.length > limitBytes) throw tooLarge(first.file, limitBytes);
    return opened.read(0, opened.length);
  });
  const { files, rescale } = readable(first.file, () => ({
    files: frameFiles(bytes, volume),
    rescale: rescaleOf(parseUntilPixels(bytes, false)),
  }));
  const header = await convertedTo(file, files, first.file, options);
  const placed = placeFrames(volume, header, options.mend);
  if (typeof placed === 'string') throw failed(first.file, GEOMETRY, placed);
  const decoded = (await readVolume(file)).data;
  const { rows, columns } = first;
  const voxels = new Float32Array(decoded.length);
  placed.frames.forEach((frame, k) => {
    const { slope, intercept } = rescale(frame);
    for (let row = 0; row < rows; row++) {
      const to = (k * rows + row) * columns;
      const from = placed.isFlipped ? (k * rows + rows - 1 - row) * columns : to;
      for (let n = 0; n < columns; n++) voxels[to + n] = decoded[from + n] * slope + intercept;
    }
  });
  const { frames } = placed;
  return { voxels, placed: { frames, affine: affineOf(volume, frames, false, null), isFlipped: false } };
}

/** Writes the one image that the converter makes of files. */
async function convertedTo(
  file: string,
  given: readonly Uint8Array[],
  named: string,
  options: ConvertOptions,
): Promise<ImageHeader> {
  const { status, images, messages } = await inThread(await converting(given), named, options);
  if (images.length !== 1) {
    const found = images.length === 0 ? reasonOf(messages, status) : `${images.length} images`;
    throw failed(named, 'one image', found);
  }
  await writeFile(file, images[0], { mode: 0o600, flush: true });
  return readHeader(file);
}

/** Syntaxes whose pixels lie in the file as they are, lowest byte first, once `forConverter` has inflated what was deflated. */
const AS_STORED: ReadonlySet<string> = new Set([IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED]);

/** Where dcm2niix lies: beside the build in the packaged app, never fetched. */
function converterFolder(): string {
  const paths = createRequire(import.meta.url).resolve.paths('@niivue/dcm2niix') ?? [];
  const folder = paths
    .map((path) => join(path, '@niivue', 'dcm2niix', 'dist'))
    .find((path) => existsSync(path));
  if (!folder)
    throw new QuorumError({ code: 'INTERNAL', field: 'dcm2niix', expected: 'the converter', found: 'none' });
  return folder;
}

async function filesOf(
  { frames, first }: DicomVolume,
  transferSyntaxes: ReadonlyMap<string, string>,
  limit: number,
): Promise<Map<string, Uint8Array>> {
  const perFile = new Map<string, number>();
  for (const frame of frames) perFile.set(frame.file, (perFile.get(frame.file) ?? 0) + 1);
  const isOneSeries = new Set(frames.map(({ seriesInstanceUid }) => seriesInstanceUid)).size === 1;
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const [path, count] of perFile) {
    const bytes = await withFile(path, (opened) => {
      if (total + opened.length > limit) throw tooLarge(first.file, limit);
      return opened.read(0, opened.length);
    });
    const made = madeReadable(bytes, transferSyntaxes.get(path) ?? '', count, path);
    if (!isOneSeries) intoOneSeries(made);
    total += made.length;
    if (total > limit) throw tooLarge(first.file, limit);
    files.set(path, made);
  }
  return files;
}

function madeReadable(bytes: Buffer, transferSyntax: string, frames: number, file: string): Uint8Array {
  return readable(file, () => forConverter(bytes, transferSyntax, frames));
}

/** @throws QuorumError DATA_TOO_LARGE, DATA_CORRUPT in place of what zlib and the parser throw. */
function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(file, MOST_INFLATED);
    const found = error instanceof Error ? error.message : 'a damaged file';
    throw new QuorumError({ code: 'DATA_CORRUPT', field: 'DICOM data set', found, file }, { cause: error });
  }
}

async function converting(files: readonly Uint8Array[]): Promise<ThreadData> {
  // A converter that could not be read is looked for again.
  converter ??= readConverter().catch((error) => {
    converter = null;
    throw error;
  });
  return { ...(await converter), files, options: OPTIONS };
}

/** Read and compiled once; its threads share the code. */
let converter: Promise<Pick<ThreadData, 'glue' | 'wasm'>> | null = null;

async function readConverter() {
  const folder = converterFolder();
  const glue = await readFile(join(folder, 'dcm2niix.jpeg.js'));
  return {
    glue: `data:text/javascript;base64,${glue.toString('base64')}`,
    wasm: await WebAssembly.compile(await readFile(join(folder, 'dcm2niix.jpeg.wasm'))),
  };
}

/**
 * Runs the converter in a thread that is ended when it takes too long, too much memory, or is cancelled.
 *
 * @param file names the series in errors.
 * @throws QuorumError CONVERSION_FAILED, CONVERSION_TOO_LONG, CANCELLED.
 */
export async function inThread(
  workerData: ThreadData,
  file: string,
  { signal, limitMs = LIMIT_MS }: Pick<ConvertOptions, 'signal' | 'limitMs'>,
): Promise<ThreadResult> {
  if (signal?.aborted) throw new QuorumError({ code: 'CANCELLED' });
  // Nothing of this process's options or streams: a thread of plain JavaScript.
  const worker = new Worker(new URL('./convertThread.js', import.meta.url), {
    workerData,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let limit: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<ThreadResult>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) => reject(failed(file, 'one image', error.message)));
      worker.once('exit', () => reject(failed(file, 'one image', 'the converter ended')));
      const expected = `at most ${limitMs / 1000} s`;
      limit = setTimeout(
        () => reject(new QuorumError({ code: 'CONVERSION_TOO_LONG', expected, file })),
        limitMs,
      );
      onAbort = () => reject(new QuorumError({ code: 'CANCELLED' }));
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  } finally {
    clearTimeout(limit);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

/** The converter's own words, without the paths and names that it repeats. */
function reasonOf(messages: readonly string[], status: number): string {
  const said = messages.find((line) => /^(Error|Warning: Unsupported)/.test(line));
  return said ? said.split(/ \/in\/| '?\/in/)[0] : `no image (status ${status})`;
}

function failed(file: string, expected: string, found: string): QuorumError {
  return new QuorumError({ code: 'CONVERSION_FAILED', expected, found, file });
}

function tooLarge(file: string, limit: number): QuorumError {
  return new QuorumError({
    code: 'DATA_TOO_LARGE',
    field: 'series',
    expected: `at most ${limit} bytes in one series`,
    found: 'more',
    file,
  });
}
