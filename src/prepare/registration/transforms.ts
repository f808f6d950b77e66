import { QuorumError } from '../../errors.js';
import { affineFromRows, affineRows, multiplyAffines } from '../../volume/affine.js';
import type { Affine } from '../../volume/volume.js';

/** One transform as elastix describes it: every value is a list of texts. */
export type ElastixTransform = Readonly<Record<string, readonly string[]>>;

/** LPS mm ↔ RAS mm. */
const FLIP: Affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/**
 * The one matrix that a list of elastix's linear transforms makes, each applied after those before it.
 * T(x) = M (x − c) + c + t in LPS mm; for EulerTransform M = Rz Rx Ry (itk::Euler3DTransform), or Rz Ry Rx where ComputeZYX.
 *
 * @returns 4×4, RAS mm of the fixed image → RAS mm of the moving one.
 * @throws QuorumError REGISTRATION_FAILED for a transform that is not linear or not finite.
 */
export function matrixOfTransforms(transforms: readonly ElastixTransform[]): Affine {
  const lps = transforms.map(matrixOfTransform).reduce((before, after) => multiplyAffines(after, before));
  const ras = multiplyAffines(FLIP, multiplyAffines(lps, FLIP));
  if (
    affineRows(ras)
      .flat()
      .some((value) => !Number.isFinite(value))
  )
    throw new QuorumError({ code: 'REGISTRATION_FAILED', expected: 'a finite transform' });
  return ras;
}

function matrixOfTransform(transform: ElastixTransform): Affine {
  const parameters = (transform.TransformParameters ?? []).map(Number);
  const centre = (transform.CenterOfRotationPoint ?? []).map(Number);
  const kind = transform.Transform?.[0];
  if (kind === 'EulerTransform' && parameters.length === 6 && centre.length === 3) {
    const [x, y, z, ...shift] = parameters;
    return aboutCentre(eulerMatrix(x, y, z, transform.ComputeZYX?.[0] === 'true'), centre, shift);
  }
  if (kind === 'AffineTransform' && parameters.length === 12 && centre.length === 3) {
    const rows = [0, 3, 6].map((at) => parameters.slice(at, at + 3));
    return aboutCentre(rows, centre, parameters.slice(9));
  }
  throw new QuorumError({
    code: 'REGISTRATION_FAILED',
    expected: 'an Euler or affine transform',
    found: `${kind}, ${parameters.length} parameters`,
  });
}

function aboutCentre(rows: readonly number[][], centre: readonly number[], shift: readonly number[]): Affine {
  const withShift = rows.map((row, r) => {
    const moved = row.reduce((sum, value, c) => sum + value * centre[c], 0);
    return [...row, centre[r] + shift[r] - moved];
  });
  return affineFromRows(withShift);
}

function eulerMatrix(x: number, y: number, z: number, zyx: boolean): number[][] {
  const [cx, sx, cy, sy, cz, sz] = [x, y, z].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
  const rx = [
    [1, 0, 0],
    [0, cx, -sx],
    [0, sx, cx],
  ];
  const ry = [
    [cy, 0, sy],
    [0, 1, 0],
    [-sy, 0, cy],
  ];
  const rz = [
    [cz, -sz, 0],
    [sz, cz, 0],
    [0, 0, 1],
  ];
  return zyx ? times(rz, times(ry, rx)) : times(rz, times(rx, ry));
}

function times(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => [0, 1, 2].map((c) => row.reduce((sum, value, k) => sum + value * b[k][c], 0)));
}
