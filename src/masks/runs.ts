import { QuorumError } from '../errors.js';

/** Changes of voxels as triples (first voxel, number of voxels, new label): see `contract/edits.ts`. */
export type Runs = Uint32Array;

/** Collects single voxels, in any order of calls but ascending index within a run, into runs. */
export class RunBuilder {
  private readonly triples: number[] = [];

  add(voxel: number, label: number): void {
    const { triples } = this;
    const at = triples.length - 3;
    if (at >= 0 && triples[at] + triples[at + 1] === voxel && triples[at + 2] === label) triples[at + 1]++;
    else triples.push(voxel, 1, label);
  }

  runs(): Runs {
    return new Uint32Array(this.triples);
  }
}

/** Runs of single voxels; both arrays have one length. */
export function runsOf(voxels: Uint32Array, labels: Uint8Array): Runs {
  const builder = new RunBuilder();
  voxels.forEach((voxel, i) => {
    builder.add(voxel, labels[i]);
  });
  return builder.runs();
}

/** Every voxel of a mask that is not 0, in order; what is empty is passed over four voxels at a time. */
export function forEachLabelled(labels: Uint8Array, visit: (voxel: number, label: number) => void): void {
  const isWhole = labels.byteOffset % 4 === 0;
  const words = isWhole ? new Uint32Array(labels.buffer, labels.byteOffset, labels.length >> 2) : null;
  for (let voxel = 0; voxel < labels.length; voxel++) {
    if (words !== null && (voxel & 3) === 0 && words[voxel >> 2] === 0) voxel += 3;
    else if (labels[voxel] !== 0) visit(voxel, labels[voxel]);
  }
}

/** The labelled voxels of a mask as runs: a hundredth of its bytes. */
export function runsOfMask(labels: Uint8Array): Runs {
  const builder = new RunBuilder();
  forEachLabelled(labels, (voxel, label) => builder.add(voxel, label));
  return builder.runs();
}

/** The mask of `runsOfMask`. */
export function maskOfRuns(runs: Runs, voxels: number): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(voxels);
  for (let at = 0; at < runs.length; at += 3) labels.fill(runs[at + 2], runs[at], runs[at] + runs[at + 1]);
  return labels;
}

/**
 * Runs from a request's body.
 *
 * @throws QuorumError REQUEST_INVALID for bytes that are no triples, voxels outside the grid, or labels other than 0, 1, 2, 4.
 */
export function checkRuns(body: ArrayBuffer | undefined, voxels: number): Runs {
  const refuse = (expected: string): never => {
    throw new QuorumError({ code: 'REQUEST_INVALID', field: 'body', expected });
  };
  if (!(body instanceof ArrayBuffer) || body.byteLength % 12 !== 0) return refuse('runs: triples of uint32');
  const runs = new Uint32Array(body);
  for (let at = 0; at < runs.length; at += 3) {
    if (runs[at] + runs[at + 1] > voxels) refuse(`voxels below ${voxels}`);
    if (![0, 1, 2, 4].includes(runs[at + 2])) refuse('labels 0, 1, 2, 4');
  }
  return runs;
}
