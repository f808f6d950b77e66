import type { GridSummary } from '../../src/contract/index.js';
import { clampVoxel, invert, multiply, type Plane, transform, type Vec3 } from '../logic/geometry.js';
import type { Display, PaneDisplay } from './display.svelte.js';

/** The display of a case on the own grid of one of its series: the crosshair is the same place in the head. */
export class SeriesDisplay implements PaneDisplay {
  readonly #display: Display;
  readonly #grid: GridSummary;
  readonly #caseGrid: GridSummary;
  readonly #toSeries: number[];
  readonly #toCase: number[];
  /** The voxel that was chosen here, and the case's crosshair that followed: a series may be finer than the case, or reach beyond it. */
  #chosen = $state.raw<{ readonly voxel: Vec3; readonly crosshair: Vec3 } | null>(null);
  focus = $state.raw<Vec3 | null>(null);

  /** @param toCase RAS mm of the series → RAS mm of the case; null where nothing was moved. */
  constructor(display: Display, grid: GridSummary, caseGrid: GridSummary, toCase: readonly number[] | null) {
    this.#display = display;
    this.#grid = grid;
    this.#caseGrid = caseGrid;
    const world = toCase ? multiply(toCase, grid.affine) : [...grid.affine];
    this.#toCase = multiply(invert(caseGrid.affine), world);
    this.#toSeries = invert(this.#toCase);
  }

  get crosshair(): Vec3 {
    const chosen = this.#chosen;
    if (chosen && chosen.crosshair === this.#display.crosshair) return chosen.voxel;
    return clampVoxel(this.#grid.size, transform(this.#toSeries, this.#display.crosshair));
  }

  set crosshair(voxel: Vec3) {
    const crosshair = clampVoxel(this.#caseGrid.size, transform(this.#toCase, voxel));
    this.#display.crosshair = crosshair;
    this.#chosen = { voxel, crosshair };
  }

  get zoom(): number {
    return this.#display.zoom;
  }

  zoomBy(factor: number): void {
    this.focus ??= this.crosshair;
    this.#display.zoomBy(factor);
    if (this.zoom === 1) this.focus = null;
  }

  get plane(): Plane {
    return this.#display.plane;
  }

  set plane(plane: Plane) {
    this.#display.plane = plane;
  }

  enlarge(plane: Plane): void {
    this.#display.enlarge(plane);
  }

  get crosshairVisible(): boolean {
    return this.#display.crosshairVisible;
  }

  get maskShown(): boolean {
    return this.#display.maskShown;
  }

  get contour(): boolean {
    return this.#display.contour;
  }

  get styles(): Display['styles'] {
    return this.#display.styles;
  }

  get measuring(): Display['measuring'] {
    return this.#display.measuring;
  }

  get radiological(): boolean {
    return this.#display.radiological;
  }
}
