import type { GridSummary } from '../../src/contract/index.js';
import { type Plane, type PlaneAxes, pixelOf, sameGrid, type Vec3, voxelAt } from '../logic/geometry.js';
import type { Placement } from '../logic/placement.js';
import { type ImageVoxels, type Overlay, paintImage, paintOverlay } from '../logic/slices.js';
import { drawMarks, type MarksScene } from './marks.js';
import { middleOf } from './paneInput.js';

/** One slice as it is drawn. */
export interface SliceScene extends MarksScene {
  readonly grid: GridSummary;
  readonly plane: Plane;
  readonly axes: PlaneAxes;
  readonly image: ImageVoxels | null;
  readonly window: readonly [number, number];
  /** What is filled in colours. */
  readonly overlay: Overlay | null;
  readonly colours: Uint8ClampedArray;
  readonly crosshair: Vec3;
  readonly crosshairVisible: boolean;
  readonly zoom: number;
  /** Place in the middle of the pane; null is the middle of the head. */
  readonly focus: Vec3 | null;
}

/** Draws slices onto a canvas: image smooth, overlay as voxels, crosshair, letters of the directions. */
export class SlicePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #image = document.createElement('canvas');
  readonly #overlay = document.createElement('canvas');
  #scene: SliceScene | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  draw(scene: SliceScene): void {
    this.#scene = scene;
    const context = this.#canvas.getContext('2d')!;
    const { width, height } = this.#canvas;
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    const { axes, grid } = scene;
    const slice = scene.crosshair[axes.through];
    const placement = this.#placement(scene);
    const { left, top, scaleX, scaleY } = placement;
    const [nx, ny] = [grid.size[axes.x.axis], grid.size[axes.y.axis]];
    if (scene.image) {
      const { image, window } = scene;
      fillLayer(this.#image, nx, ny, (pixels) => paintImage(pixels, image, grid, axes, slice, window));
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = 'high';
      context.drawImage(this.#image, left, top, nx * scaleX, ny * scaleY);
    }
    if (scene.overlay) {
      const { overlay, colours } = scene;
      fillLayer(this.#overlay, nx, ny, (pixels) => paintOverlay(pixels, overlay, axes, slice, colours));
      context.imageSmoothingEnabled = false;
      context.drawImage(this.#overlay, left, top, nx * scaleX, ny * scaleY);
    }
    if (scene.crosshairVisible) this.#drawCrosshair(context, scene);
    drawMarks(context, placement, scene);
    drawLetters(context, axes.letters, width, height);
  }

  /** The voxel at a point of the canvas (device pixels), or null outside of the grid. */
  voxelAt(x: number, y: number): Vec3 | null {
    const scene = this.#scene;
    if (!scene) return null;
    const { axes, grid } = scene;
    const { left, top, scaleX, scaleY } = this.#placement(scene);
    const [column, row] = [Math.floor((x - left) / scaleX), Math.floor((y - top) / scaleY)];
    if (column < 0 || row < 0 || column >= grid.size[axes.x.axis] || row >= grid.size[axes.y.axis])
      return null;
    return voxelAt(axes, grid.size, column, row, scene.crosshair[axes.through]);
  }

  /** Where the slice lies; null before one was drawn. */
  get placement(): Placement | null {
    return this.#scene && this.#placement(this.#scene);
  }

  #placement({ grid, image, plane, axes, zoom, focus }: SliceScene): Placement {
    const { width, height } = this.#canvas;
    const mmX = grid.spacing[axes.x.axis];
    const mmY = grid.spacing[axes.y.axis];
    const content = image && sameGrid(image.grid, grid) ? image.content : null;
    const span = (axis: number) => (content ? content.high[axis] - content.low[axis] + 1 : grid.size[axis]);
    const middle = middleOf(grid, content);
    const fit = Math.min(width / (span(axes.x.axis) * mmX), height / (span(axes.y.axis) * mmY)) * zoom;
    const [scaleX, scaleY] = [fit * mmX, fit * mmY];
    const [column, row] = pixelOf(axes, grid.size, focus ?? middle).map((v) => v + 0.5);
    const [left, top] = [width / 2 - column * scaleX, height / 2 - row * scaleY];
    return { plane, axes, left, top, scaleX, scaleY, frame: { left: 0, top: 0, width, height } };
  }

  #drawCrosshair(context: CanvasRenderingContext2D, scene: SliceScene): void {
    const { left, top, scaleX, scaleY } = this.#placement(scene);
    const [column, row] = pixelOf(scene.axes, scene.grid.size, scene.crosshair);
    // On the middle of a pixel, so that a line of one pixel stays one.
    const x = Math.floor(left + (column + 0.5) * scaleX) + 0.5;
    const y = Math.floor(top + (row + 0.5) * scaleY) + 0.5;
    const gap = 8 * devicePixelRatio;
    const { width, height } = this.#canvas;
    context.strokeStyle = 'rgba(255, 214, 102, 0.85)';
    context.lineWidth = 1;
    context.beginPath();
    for (const [fromX, fromY, toX, toY] of [
      [0, y, x - gap, y],
      [x + gap, y, width, y],
      [x, 0, x, y - gap],
      [x, y + gap, x, height],
    ]) {
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
    }
    context.stroke();
  }
}

function fillLayer(
  layer: HTMLCanvasElement,
  width: number,
  height: number,
  fill: (pixels: Uint8ClampedArray) => void,
): void {
  if (layer.width !== width || layer.height !== height) Object.assign(layer, { width, height });
  const context = layer.getContext('2d', { willReadFrequently: true })!;
  const pixels = context.createImageData(width, height);
  fill(pixels.data);
  context.putImageData(pixels, 0, 0);
}

function drawLetters(
  context: CanvasRenderingContext2D,
  [left, right, top, bottom]: PlaneAxes['letters'],
  width: number,
  height: number,
): void {
  const edge = 6 * devicePixelRatio;
  context.font = `600 ${12 * devicePixelRatio}px system-ui, sans-serif`;
  context.fillStyle = '#d5dae3';
  for (const [letter, x, y, align, baseline] of [
    [left, edge, height / 2, 'left', 'middle'],
    [right, width - edge, height / 2, 'right', 'middle'],
    [top, width / 2, edge, 'center', 'top'],
    [bottom, width / 2, height - edge, 'center', 'bottom'],
  ] as const) {
    context.textAlign = align;
    context.textBaseline = baseline;
    context.fillText(letter, x, y);
  }
}
