import type { Overlay } from '../logic/slices.js';

export const TOOLS = ['look', 'brush', 'eraser', 'fill'] as const;
export type Tool = (typeof TOOLS)[number];
export type PaintingTool = Exclude<Tool, 'look'>;

/** A mask that is painted on: the tool in hand, and the voxels. Who keeps them, and how they are taken back, is its heir's. */
export abstract class Painting {
  /** Replaced object on every change, the same voxels underneath. */
  overlay = $state.raw<Overlay | null>(null);
  tool = $state<Tool>('look');
  /** Of the brush, mm. */
  diameter = $state(6);
  threeD = $state(false);
  #changes = 0;

  /** Largest brush, mm. */
  abstract readonly largest: number;
  /** What is painted. */
  abstract readonly label: number;
  abstract readonly canUndo: boolean;
  abstract readonly canRedo: boolean;
  abstract undo(): Promise<void>;
  abstract redo(): Promise<void>;
  /** A stroke has ended; these voxels were changed by it. */
  abstract finishStroke(tool: PaintingTool, indices: readonly number[], label: number): Promise<void>;
  /** Names the mask; its changes are counted behind it. */
  protected abstract readonly key: string;

  /** Draws at once. Returns the voxels that change. */
  paint(indices: readonly number[], label: number): number[] {
    const { overlay } = this;
    if (!overlay) return [];
    const changed = indices.filter((index) => overlay.data[index] !== label);
    for (const index of changed) overlay.data[index] = label;
    if (changed.length > 0) this.touch();
    return changed;
  }

  /** The voxels have changed. */
  protected touch(): void {
    if (this.overlay) this.overlay = { ...this.overlay, key: `${this.key} ${this.#changes++}` };
  }
}
