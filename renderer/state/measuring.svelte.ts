import type { Plane, PlaneAxes, Vec3 } from '../logic/geometry.js';
import type { Mark } from '../logic/measure.js';

export type MeasuringTool = Mark['kind'];

/** Lengths and areas that were drawn on slices; they are of this window alone, and never exported. */
export class Measuring {
  /** What the left button draws; null: it moves the crosshair. */
  tool = $state<MeasuringTool | null>(null);
  marks = $state.raw<readonly Mark[]>([]);
  #drawing = false;

  /** The same tool again puts it away. */
  take(tool: MeasuringTool): void {
    this.tool = this.tool === tool ? null : tool;
  }

  /** One end is set, the other follows. */
  get drawing(): boolean {
    return this.#drawing;
  }

  begin(plane: Plane, space: string, place: Vec3): void {
    if (!this.tool) return;
    this.#drawing = true;
    this.marks = [...this.marks, { kind: this.tool, plane, space, from: place, to: place }];
  }

  /** The end of the mark that is being drawn; it stays on the slice where it began. */
  drag(place: Vec3, { through }: PlaneAxes): void {
    const last = this.marks.at(-1);
    if (!this.#drawing || !last) return;
    const to = [...place];
    to[through] = last.from[through];
    this.marks = [...this.marks.slice(0, -1), { ...last, to }];
  }

  /** A click without a drag leaves nothing. */
  end(): void {
    const last = this.marks.at(-1);
    if (this.#drawing && last?.from.every((v, axis) => v === last.to[axis])) this.removeLast();
    this.#drawing = false;
  }

  removeLast(): void {
    this.#drawing = false;
    this.marks = this.marks.slice(0, -1);
  }

  clear(): void {
    this.marks = [];
    this.tool = null;
  }
}
