import { gridFields, type Operation, operation } from './operations.js';
import type { BlockedVolume } from './volume.js';

/** Addresses of one interpolation table per axis (`upsamplingTables.ts`), for the coarse grid's sides. */
export interface AxisTables {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
}

/** 2×2×2 maximum, stride 2. */
export function maxPool(fine: BlockedVolume, coarse: BlockedVolume): Operation {
  return operation('maxPool', fine.blocks * coarse.grid.depth, ...fields(fine, coarse));
}

/** Adds the gradient of max pooling to `fineGradient`; the first of equal maxima has it. */
export function addMaxPoolGradient(
  fine: BlockedVolume,
  coarseGradient: BlockedVolume,
  fineGradient: BlockedVolume,
): Operation {
  const items = fine.blocks * coarseGradient.grid.depth;
  return operation('maxPoolGradient', items, ...fields(fine, coarseGradient), fineGradient.pointer);
}

/** Trilinear ×2 with aligned corners. @param tables from `forwardTable`. */
export function upsample(coarse: BlockedVolume, fine: BlockedVolume, tables: AxisTables): Operation {
  return operation(
    'upsample',
    fine.blocks * fine.grid.depth,
    ...fields(fine, coarse),
    0,
    ...axisFields(tables),
  );
}

/** Gradient of `upsample` with respect to `coarse`. @param tables from `adjointTable`. */
export function upsampleGradient(
  fineGradient: BlockedVolume,
  coarseGradient: BlockedVolume,
  tables: AxisTables,
): Operation {
  const items = coarseGradient.blocks * coarseGradient.grid.depth;
  return operation(
    'upsampleGradient',
    items,
    ...fields(fineGradient, coarseGradient),
    0,
    ...axisFields(tables),
  );
}

function fields(fine: BlockedVolume, coarse: BlockedVolume): number[] {
  const { row, plane, block } = coarse.grid;
  return [...gridFields(fine.grid), fine.pointer, coarse.pointer, row, plane, block];
}

function axisFields({ depth, height, width }: AxisTables): number[] {
  return [depth, height, width];
}
