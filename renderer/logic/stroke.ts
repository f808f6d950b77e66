import type { Painting, PaintingTool } from '../state/painting.svelte.js';
import type { PlaneAxes, Vec3 } from './geometry.js';
import { brushVoxels, fillVoxels, lineBetween } from './runs.js';

type StrokePhase = 'start' | 'move' | 'end';

/**
 * Follows the pointer and paints with the chosen tool.
 *
 * @param finish called when a stroke ends, with the voxels that it changed.
 */
export function strokes(
  target: () => Painting,
  finish: (tool: PaintingTool, indices: readonly number[], label: number) => void,
) {
  let before: Vec3 | null = null;
  let touched: number[] = [];
  return (phase: StrokePhase, voxel: Vec3 | null, axes: PlaneAxes): void => {
    const mask = target();
    const { overlay, tool } = mask;
    if (!overlay || tool === 'look') return;
    const label = tool === 'eraser' ? 0 : mask.label;
    if (voxel && tool === 'fill') {
      if (phase === 'start')
        touched = mask.paint(fillVoxels(overlay.data, overlay.grid.size, voxel, axes), label);
    } else if (voxel) {
      const brush = { diameter: mask.diameter, threeD: mask.threeD };
      const { size, spacing } = overlay.grid;
      for (const centre of lineBetween(before ?? voxel, voxel))
        for (const index of mask.paint(brushVoxels(size, spacing, centre, brush, axes), label))
          touched.push(index);
    }
    before = phase === 'end' ? null : (voxel ?? before);
    if (phase !== 'end') return;
    const indices = touched;
    touched = [];
    finish(tool, indices, label);
  };
}
