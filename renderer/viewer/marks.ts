import type { GridSummary } from '../../src/contract/index.js';
import type { RegionStyles } from '../logic/colours.js';
import { transform } from '../logic/geometry.js';
import { type Mark, markText } from '../logic/measure.js';
import { outlinesOf } from '../logic/outlines.js';
import { type Placement, pointOf } from '../logic/placement.js';
import type { ImageVoxels, Overlay } from '../logic/slices.js';

/** What is drawn over a slice, whichever painter drew the slice. */
export interface MarksScene {
  readonly grid: GridSummary;
  readonly image: ImageVoxels | null;
  readonly crosshair: readonly number[];
  /** The mask whose outlines are drawn, with the regions' colours; null where it is filled or hidden. */
  readonly outlined: Overlay | null;
  readonly styles: RegionStyles;
  /** Names the grid; only measurements on it are drawn. */
  readonly space: string;
  readonly marks: readonly Mark[];
}

const MARK_COLOUR = '#7dd3fc';
/** Half of what a side's letter takes, in pixels of CSS. */
const LETTER = 8;
const LETTERS = [
  ['R', 'L'],
  ['A', 'P'],
  ['S', 'I'],
] as const;

/** Outlines, measurements, and which slice this is. */
export function drawMarks(context: CanvasRenderingContext2D, place: Placement, scene: MarksScene): void {
  const { frame } = place;
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  if (scene.outlined) drawOutlines(context, place, scene, scene.outlined);
  const slice = scene.crosshair[place.axes.through];
  for (const mark of scene.marks)
    if (
      mark.space === scene.space &&
      mark.plane === place.plane &&
      Math.round(mark.from[place.axes.through]) === slice
    )
      drawMark(context, place, scene, mark);
  const text = sliceText(place, scene);
  context.font = fontOf('slice');
  const edge = 6 * devicePixelRatio;
  // The letter of the lower side stands in the middle of the same line.
  const isNarrow = 2 * edge + context.measureText(text).width + LETTER * devicePixelRatio > frame.width / 2;
  const up = isNarrow ? 16 * devicePixelRatio : 0;
  write(context, text, frame.left + edge, frame.top + frame.height - up, 'slice');
  context.restore();
}

/** Number of the slice and its place on the axis that it is nearest to. */
function sliceText(
  { plane, axes }: Pick<Placement, 'plane' | 'axes'>,
  { grid, crosshair }: Pick<MarksScene, 'grid' | 'crosshair'>,
): string {
  const axis = { sagittal: 0, coronal: 1, axial: 2 }[plane];
  const mm = transform(grid.affine, crosshair)[axis];
  const letter = LETTERS[axis][mm < 0 ? 1 : 0];
  const number = crosshair[axes.through] + 1;
  return `${number} / ${grid.size[axes.through]} · ${letter} ${Math.abs(mm).toFixed(1)} mm`;
}

function drawOutlines(
  context: CanvasRenderingContext2D,
  { axes, left, top, scaleX, scaleY }: Placement,
  { crosshair, styles }: MarksScene,
  overlay: Overlay,
): void {
  for (const { colour, pieces } of outlinesOf(overlay, axes, crosshair[axes.through], styles)) {
    context.beginPath();
    for (let at = 0; at < pieces.length; at += 4) {
      context.moveTo(left + pieces[at] * scaleX, top + pieces[at + 1] * scaleY);
      context.lineTo(left + pieces[at + 2] * scaleX, top + pieces[at + 3] * scaleY);
    }
    context.lineCap = 'round';
    context.lineWidth = 1.75 * devicePixelRatio;
    context.strokeStyle = colour;
    context.stroke();
  }
}

function drawMark(context: CanvasRenderingContext2D, place: Placement, scene: MarksScene, mark: Mark): void {
  const { grid, image } = scene;
  const [[x0, y0], [x1, y1]] = [pointOf(place, grid.size, mark.from), pointOf(place, grid.size, mark.to)];
  context.beginPath();
  if (mark.kind === 'ruler') {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  } else {
    const [rx, ry] = [Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2];
    context.ellipse((x0 + x1) / 2, (y0 + y1) / 2, rx, ry, 0, 0, 2 * Math.PI);
  }
  context.lineWidth = 3.5 * devicePixelRatio;
  context.strokeStyle = 'rgb(0 0 0 / 60%)';
  context.stroke();
  context.lineWidth = 1.5 * devicePixelRatio;
  context.strokeStyle = MARK_COLOUR;
  context.stroke();
  const text = markText(mark, grid, image, place.axes);
  const { frame } = place;
  context.font = fontOf('mark');
  const width = context.measureText(text).width + 24 * devicePixelRatio;
  const x = Math.min(Math.max(x0, x1) + 5 * devicePixelRatio, frame.left + frame.width - width);
  write(context, text, Math.max(frame.left, x), Math.max(y0, y1) + 14 * devicePixelRatio, 'mark');
}

const fontOf = (kind: 'slice' | 'mark') =>
  `${kind === 'mark' ? '600 ' : ''}${11.5 * devicePixelRatio}px system-ui, sans-serif`;

/** Light text with a dark edge, readable on any grey. */
function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  kind: 'slice' | 'mark',
): void {
  context.font = fontOf(kind);
  context.textAlign = 'left';
  context.textBaseline = 'bottom';
  context.lineJoin = 'round';
  context.lineWidth = 3 * devicePixelRatio;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.strokeText(text, x, y - 4 * devicePixelRatio);
  context.fillStyle = kind === 'mark' ? MARK_COLOUR : '#d5dae3';
  context.fillText(text, x, y - 4 * devicePixelRatio);
}
