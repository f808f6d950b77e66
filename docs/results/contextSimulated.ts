/**
 * Whole-brain context for the sequences that the whole cases of the training data lack: for each two-sequence training
 * case (T1 or T1ce, and FLAIR) a copy with the other two simulated, their values drawn from what they are in the training
 * cubes at the same label and the same values of the two that are there. Simulated, for training alone.
 *
 *     npx tsx docs/results/contextSimulated.ts CUBES PARTIAL SPLIT OUT
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { normalise } from '../../src/prepare/normalise.js';
import { MODALITIES, type Modality } from '../../src/terms.js';
import { type DatasetCase, openDataset, PATIENT_FILE } from '../../src/training/dataset.js';
import { blur } from '../../src/training/intensity.js';
import { randomStream } from '../../src/training/random.js';
import { writeNifti } from '../../src/volume/niftiWriter.js';
import { readLabelMap, readVolume } from '../../src/volume/read.js';

const [LOW, HIGH, STEP] = [-3, 5, 0.25];
const BINS = (HIGH - LOW) / STEP;
/** A bin with fewer voxels borrows from those around it. */
const ENOUGH = 30;
const LABELS = [0, 1, 2, 4] as const;
const Z_SCORE = { kind: 'z-score', voxels: 'non-zero', clip: null } as const;

type Other = 't1' | 't1ce';

/** Count, sum and sum of squares of a sequence per bin of (other sequence, FLAIR). */
class ConditionalTable {
  private readonly sums = new Float64Array(3 * BINS * BINS);

  add(other: number, flair: number, value: number): void {
    const at = 3 * (binOf(other) * BINS + binOf(flair));
    this.sums[at] += 1;
    this.sums[at + 1] += value;
    this.sums[at + 2] += value * value;
  }

  /** Mean and standard deviation over the smallest square of bins around that holds enough voxels. */
  at(other: number, flair: number): { mean: number; deviation: number } {
    const [i, j] = [binOf(other), binOf(flair)];
    for (let reach = 0; ; reach++) {
      let [count, sum, squares] = [0, 0, 0];
      for (let a = Math.max(0, i - reach); a <= Math.min(BINS - 1, i + reach); a++) {
        for (let b = Math.max(0, j - reach); b <= Math.min(BINS - 1, j + reach); b++) {
          const at = 3 * (a * BINS + b);
          count += this.sums[at];
          sum += this.sums[at + 1];
          squares += this.sums[at + 2];
        }
      }
      if (count < ENOUGH && reach < BINS) continue;
      const mean = sum / count;
      return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
    }
  }
}

function binOf(value: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor((value - LOW) / STEP)));
}

/** `other>missing` → label → values. */
type Tables = ReadonlyMap<string, ReadonlyMap<number, ConditionalTable>>;

const OTHERS: Readonly<Record<Other, readonly Modality[]>> = { t1: ['t1ce', 't2'], t1ce: ['t1', 't2'] };

async function learn(cubes: readonly DatasetCase[]): Promise<Tables> {
  const empty = () => new Map(LABELS.map((label) => [label as number, new ConditionalTable()]));
  const pairs = Object.entries(OTHERS).flatMap(([other, missing]) =>
    missing.map((one) => [other as Other, one, empty()] as const),
  );
  for (const { images, truth } of cubes) {
    const data = Object.fromEntries(
      await Promise.all(MODALITIES.map(async (m) => [m, (await readVolume(images[m]!)).data] as const)),
    );
    const labels = (await readLabelMap(truth)).data;
    labels.forEach((label, v) => {
      if (MODALITIES.some((m) => data[m][v] === 0)) return;
      for (const [other, missing, tables] of pairs)
        tables.get(label)!.add(data[other][v], data.flair[v], data[missing][v]);
    });
  }
  return new Map(pairs.map(([other, missing, tables]) => [`${other}>${missing}`, tables]));
}

async function simulate(one: DatasetCase, index: number, tables: Tables, folder: string): Promise<void> {
  const other: Other = one.images.t1 ? 't1' : 't1ce';
  const image = await readVolume(one.images[other]!);
  const a = normalise(image, Z_SCORE);
  const flair = normalise(await readVolume(one.images.flair!), Z_SCORE);
  const labels = (await readLabelMap(one.truth)).data;
  const out = join(folder, `${one.name}_simulated`);
  await mkdir(out, { recursive: true });
  const [nx, ny, nz] = image.size;
  // White noise blurred by a Gaussian of deviation s voxels keeps the deviation (4πs²)^(-3/4).
  const gain = (4 * Math.PI * 0.7 ** 2) ** 0.75;
  for (const [n, missing] of OTHERS[other].entries()) {
    const random = randomStream(1 + n, index);
    const noise = Float32Array.from(a, () => random.normal());
    blur(noise, [nz, ny, nx], 0.7);
    const data = new Float32Array(a.length);
    for (let v = 0; v < a.length; v++) {
      if (a[v] === 0 || flair[v] === 0) continue;
      const { mean, deviation } = tables.get(`${other}>${missing}`)!.get(labels[v])!.at(a[v], flair[v]);
      data[v] = mean + 0.3 * deviation * gain * noise[v] || 1e-6;
    }
    await writeNifti(join(out, `${one.name}_${missing}.nii.gz`), { ...image, data });
  }
  for (const file of [one.images[other]!, one.images.flair!, one.truth]) {
    await copyFile(file, join(out, basename(file)));
  }
  await writeFile(join(out, PATIENT_FILE), `${one.patient}\n`);
}

const [cubesFolder, partialFolder, splitFile, out] = process.argv.slice(2);
const split = JSON.parse(await readFile(splitFile, 'utf8')) as { train: string[] };
const trains = ({ patient }: DatasetCase) => split.train.includes(patient);
const tables = await learn((await openDataset(cubesFolder)).cases.filter(trains));
const wholes = (await openDataset(partialFolder)).cases.filter(trains);
for (const [index, one] of wholes.entries()) await simulate(one, index, tables, out);
process.stdout.write(`${wholes.length} cases with two simulated sequences in ${out}\n`);
