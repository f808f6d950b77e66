import { GridOperation, VOXEL } from './descriptor';
import { madd } from './simd';

/** From a fine grid (the descriptor's own) to one of half its sides, or back. */
@unmanaged
class Resampling extends GridOperation {
  fine: usize;
  coarse: usize;
  coarseRow: usize;
  coarsePlane: usize;
  coarseBlock: usize;
  /** Gradient with respect to `fine`, added to (max pooling). */
  fineGradient: usize;
  /** Interpolation tables per axis, see `upsamplingTables.ts` of the host. */
  depthTable: usize;
  heightTable: usize;
  widthTable: usize;
}

// @ts-ignore: decorator
@inline
function max8(x: usize, plane: usize, row: usize): v128 {
  const lower = f32x4.max(
    f32x4.max(v128.load(x), v128.load(x, 32)),
    f32x4.max(v128.load(x + row), v128.load(x + row, 32)),
  );
  const y = x + plane;
  const upper = f32x4.max(
    f32x4.max(v128.load(y), v128.load(y, 32)),
    f32x4.max(v128.load(y + row), v128.load(y + row, 32)),
  );
  return f32x4.max(lower, upper);
}

/** 2×2×2 maximum, stride 2. One item: one coarse plane of one block. */
export function maxPool(pointer: usize, item: u32): void {
  const op = changetype<Resampling>(pointer);
  const depth = op.depth >> 1;
  const block: usize = item / depth;
  const d: usize = item % depth;
  for (let h: usize = 0; h < op.height >> 1; h++) {
    let x = op.fine + block * op.block + (2 * d + 1) * op.plane + (2 * h + 1) * op.row + VOXEL;
    let y = op.coarse + block * op.coarseBlock + (d + 1) * op.coarsePlane + (h + 1) * op.coarseRow + VOXEL;
    for (let w: u32 = 0; w < op.width >> 1; w++) {
      v128.store(y, max8(x, op.plane, op.row));
      v128.store(y, max8(x + 16, op.plane, op.row), 16);
      x += 2 * VOXEL;
      y += VOXEL;
    }
  }
}

/** Gives the gradient to the lanes of `x` that equal the maximum and come first; returns the lanes still to be served. */
// @ts-ignore: decorator
@inline
function give(x: usize, target: usize, maximum: v128, gradient: v128, open: v128): v128 {
  const here = v128.and(f32x4.eq(v128.load(x), maximum), open);
  v128.store(target, f32x4.add(v128.load(target), v128.and(gradient, here)));
  return v128.andnot(open, here);
}

/** Adds the gradient of max pooling (`coarse`) to `fineGradient`; of equal maxima the first has it. One item: one coarse plane of one block. */
export function maxPoolGradient(pointer: usize, item: u32): void {
  const op = changetype<Resampling>(pointer);
  const depth = op.depth >> 1;
  const block: usize = item / depth;
  const d: usize = item % depth;
  const toGradient = op.fineGradient - op.fine;
  for (let h: usize = 0; h < op.height >> 1; h++) {
    let x = op.fine + block * op.block + (2 * d + 1) * op.plane + (2 * h + 1) * op.row + VOXEL;
    let y = op.coarse + block * op.coarseBlock + (d + 1) * op.coarsePlane + (h + 1) * op.coarseRow + VOXEL;
    for (let w: u32 = 0; w < op.width >> 1; w++) {
      giveHalf(op, x, toGradient, v128.load(y));
      giveHalf(op, x + 16, toGradient, v128.load(y, 16));
      x += 2 * VOXEL;
      y += VOXEL;
    }
  }
}

// @ts-ignore: decorator
@inline
function giveHalf(op: Resampling, x: usize, toGradient: usize, gradient: v128): void {
  const maximum = max8(x, op.plane, op.row);
  let open = i32x4.splat(-1);
  for (let corner: u32 = 0; corner < 8; corner++) {
    const at = x + (corner >> 2) * op.plane + ((corner >> 1) & 1) * op.row + (corner & 1) * VOXEL;
    open = give(at, at + toGradient, maximum, gradient, open);
  }
}

/**
 * Trilinear ×2 with aligned corners. One item: one fine plane of one block. A table holds, per fine index,
 * two coarse indices (u32) and their weights (f32).
 */
export function upsample(pointer: usize, item: u32): void {
  const op = changetype<Resampling>(pointer);
  const block: usize = item / op.depth;
  const d: usize = item % op.depth;
  const table = op.depthTable + (d << 4);
  const coarse = op.coarse + block * op.coarseBlock + op.coarsePlane + op.coarseRow + VOXEL;
  const near = coarse + load<usize>(table) * op.coarsePlane;
  const far = coarse + load<usize>(table, 4) * op.coarsePlane;
  const nearWeight = load<f32>(table, 8);
  const farWeight = load<f32>(table, 12);
  for (let h: usize = 0; h < op.height; h++) {
    const heights = op.heightTable + (h << 4);
    const row0 = load<usize>(heights) * op.coarseRow;
    const row1 = load<usize>(heights, 4) * op.coarseRow;
    const a = f32x4.splat(nearWeight * load<f32>(heights, 8));
    const b = f32x4.splat(nearWeight * load<f32>(heights, 12));
    const c = f32x4.splat(farWeight * load<f32>(heights, 8));
    const e = f32x4.splat(farWeight * load<f32>(heights, 12));
    let y = op.fine + block * op.block + (d + 1) * op.plane + (h + 1) * op.row + VOXEL;
    for (let w: usize = 0; w < op.width; w++) {
      const widths = op.widthTable + (w << 4);
      const x0 = load<usize>(widths) * VOXEL;
      const x1 = load<usize>(widths, 4) * VOXEL;
      const left = v128.load_splat<f32>(widths, 8);
      const right = v128.load_splat<f32>(widths, 12);
      for (let half: usize = 0; half < VOXEL; half += 16) {
        const m = mix(near + row0 + half, near + row1 + half, far + row0 + half, far + row1 + half, x0, a, b, c, e);
        const n = mix(near + row0 + half, near + row1 + half, far + row0 + half, far + row1 + half, x1, a, b, c, e);
        v128.store(y + half, madd(n, right, f32x4.mul(m, left)));
      }
      y += VOXEL;
    }
  }
}

// @ts-ignore: decorator
@inline
function mix(p: usize, q: usize, r: usize, s: usize, x: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  const first = madd(v128.load(q + x), b, f32x4.mul(v128.load(p + x), a));
  return madd(v128.load(s + x), d, madd(v128.load(r + x), c, first));
}

/** Bytes of one entry of an adjoint table: first fine index, number of them (u32), their weights (6 f32). */
// @ts-ignore: decorator
@inline
const ADJOINT: usize = 32;

/** Gradient of `upsample` with respect to its input, written to `coarse`. One item: one coarse plane of one block. */
export function upsampleGradient(pointer: usize, item: u32): void {
  const op = changetype<Resampling>(pointer);
  const depth = op.depth >> 1;
  const block: usize = item / depth;
  const d: usize = item % depth;
  const depths = op.depthTable + d * ADJOINT;
  const fine = op.fine + block * op.block + op.plane + op.row + VOXEL;
  for (let h: usize = 0; h < op.height >> 1; h++) {
    const heights = op.heightTable + h * ADJOINT;
    let x = op.coarse + block * op.coarseBlock + (d + 1) * op.coarsePlane + (h + 1) * op.coarseRow + VOXEL;
    for (let w: usize = 0; w < op.width >> 1; w++) {
      const widths = op.widthTable + w * ADJOINT;
      let a = f32x4.splat(0);
      let b = a;
      for (let i: usize = 0; i < load<usize>(depths, 4); i++) {
        for (let j: usize = 0; j < load<usize>(heights, 4); j++) {
          const weight = load<f32>(depths + (i << 2), 8) * load<f32>(heights + (j << 2), 8);
          let y = fine + (load<usize>(depths) + i) * op.plane + (load<usize>(heights) + j) * op.row;
          y += load<usize>(widths) * VOXEL;
          for (let k: usize = 0; k < load<usize>(widths, 4); k++) {
            const s = f32x4.splat(weight * load<f32>(widths + (k << 2), 8));
            a = madd(v128.load(y), s, a);
            b = madd(v128.load(y, 16), s, b);
            y += VOXEL;
          }
        }
      }
      v128.store(x, a);
      v128.store(x, b, 16);
      x += VOXEL;
    }
  }
}

@unmanaged
class MarginClearing extends GridOperation {
  volume: usize;
}

/** Sets the margin around a volume to zero. One item: one plane, margin planes included, of one block. */
export function clearMargin(pointer: usize, item: u32): void {
  const op = changetype<MarginClearing>(pointer);
  const planes = op.depth + 2;
  const d = item % planes;
  const plane = op.volume + (item / planes) * op.block + d * op.plane;
  if (d == 0 || d == planes - 1) {
    memory.fill(plane, 0, op.plane);
    return;
  }
  memory.fill(plane, 0, op.row + VOXEL);
  for (let h: u32 = 1; h < op.height; h++) memory.fill(plane + (h + 1) * op.row - VOXEL, 0, 2 * VOXEL);
  memory.fill(plane + (op.height + 1) * op.row - VOXEL, 0, op.row + VOXEL);
}
