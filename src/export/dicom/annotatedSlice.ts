import { OUTLINE_COLOURS } from './colours.js';
import { breakLines, drawText, LETTER_HEIGHT, LETTER_WIDTH } from './lettering.js';

/** One slice as a viewer shows it: row by row, `columns` fastest. */
export interface Slice {
  readonly rows: number;
  readonly columns: number;
  /** Grey values 0..255. */
  readonly grey: Uint8Array;
  /** BraTS labels. */
  readonly labels: Uint8Array;
}

/** An RGB picture, three bytes a pixel. */
export interface Picture {
  readonly rows: number;
  readonly columns: number;
  readonly rgb: Uint8Array;
}

const LEGEND = [
  [2, 'OEDEMA'],
  [1, 'NON-ENHANCING CORE'],
  [4, 'ENHANCING'],
] as const;

const MARGIN = 4;
const LINE = LETTER_HEIGHT + 4;

/**
 * A slice, enlarged by a whole number, with every label's outline just inside it, and below the image, so that nothing is covered,
 * the given lines of text and the colours' legend.
 */
export function annotatedSlice(slice: Slice, texts: readonly string[], scale: number): Picture {
  const columns = slice.columns * scale;
  const size = Math.max(1, Math.floor(columns / 256));
  const perLine = Math.floor((columns / size - 2 * MARGIN) / LETTER_WIDTH);
  const lines = texts.flatMap((text) => breakLines(text, perLine));
  const legend = LEGEND.map(([label, title]) => ({ label, title, width: (title.length + 3) * LETTER_WIDTH }));
  const legendLines = wrapLegend(legend, columns / size - 2 * MARGIN);
  const imageRows = slice.rows * scale;
  const band = size * (2 * MARGIN + LINE * (lines.length + legendLines.length));
  const rows = imageRows + band;
  const rgb = new Uint8Array(rows * columns * 3);
  drawImage(slice, scale, rgb);
  const dot = (x: number, y: number, colour: readonly number[]) => {
    for (let dy = 0; dy < size; dy++)
      for (let dx = 0; dx < size; dx++)
        rgb.set(colour, 3 * ((imageRows + y * size + dy) * columns + x * size + dx));
  };
  const write = (text: string, left: number, line: number) =>
    drawText(text, (x, y) => dot(left + x, MARGIN + line * LINE + y, WHITE));
  lines.forEach((line, n) => write(line, MARGIN, n));
  legendLines.forEach((entries, n) => {
    let left = MARGIN;
    for (const { label, title, width } of entries) {
      for (let y = 1; y < LETTER_HEIGHT - 1; y++)
        for (let x = 0; x < LETTER_HEIGHT; x++)
          dot(left + x, MARGIN + (lines.length + n) * LINE + y, OUTLINE_COLOURS[label]);
      write(title, left + 2 * LETTER_WIDTH, lines.length + n);
      left += width;
    }
  });
  return { rows, columns, rgb };
}

const WHITE = [255, 255, 255] as const;

function wrapLegend<Entry extends { width: number }>(entries: readonly Entry[], most: number): Entry[][] {
  const lines: Entry[][] = [[]];
  let used = 0;
  for (const entry of entries) {
    if (used + entry.width > most && used > 0) {
      lines.push([]);
      used = 0;
    }
    lines[lines.length - 1].push(entry);
    used += entry.width;
  }
  return lines;
}

function drawImage({ rows, columns, grey, labels }: Slice, scale: number, rgb: Uint8Array): void {
  const [height, width] = [rows * scale, columns * scale];
  const labelAt = (y: number, x: number) =>
    y < 0 || x < 0 || y >= height || x >= width
      ? 0
      : labels[Math.floor(y / scale) * columns + Math.floor(x / scale)];
  const thickness = Math.ceil(scale / 2);
  const reach = Array.from({ length: thickness }, (_, n) => n + 1).flatMap((d) => [
    [-d, 0],
    [d, 0],
    [0, -d],
    [0, d],
  ]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const label = labelAt(y, x);
      const onOutline = label !== 0 && reach.some(([dy, dx]) => labelAt(y + dy, x + dx) !== label);
      if (onOutline) rgb.set(OUTLINE_COLOURS[label as 1 | 2 | 4], at);
      else rgb.fill(grey[Math.floor(y / scale) * columns + Math.floor(x / scale)], at, at + 3);
    }
  }
}
