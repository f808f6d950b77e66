import { encode } from 'fast-png';
import { LABELS } from '../masks/labels.js';
import { MODALITY_TITLES, type Modality } from '../terms.js';
import type { Grid, Volume } from '../volume/volume.js';
import { loopsOf } from './contours.js';
import { OUTLINE_COLOURS } from './dicom/colours.js';
import { escapeHtml } from './html.js';
import { type PictureMask, type ShownSlice, shownSlice } from './shownSlice.js';

/** A mask of a figure, and what its panel is called. */
export interface FigureMask extends PictureMask {
  readonly title: string;
  /** Labels that its sequences do not support. */
  readonly guesses: readonly number[];
}

/** What a figure says beside its pictures; plain text. */
export interface FigureWords {
  readonly title: string;
  readonly description: string;
  /** False where no header says which side is left: no side is marked then. */
  readonly sidesKnown: boolean;
}

/** Millimetres on paper: 180 is the width of two columns in most journals. */
const PAGE = 180;
const WIDEST_PANEL = 58;
const COLUMNS = 5;
const GAP = 2;
const LINE = 3.4;
const FONT = 2.6;
/** Of the patient, in mm. */
const SCALE_BAR = 20;
/** In the legend, and where there is little room. */
const NAMES: readonly (readonly [label: number, name: string, short: string])[] = [
  [LABELS.oedema, 'oedema or infiltration', 'oedema'],
  [LABELS.core, 'non-enhancing core', 'core'],
  [LABELS.enhancing, 'enhancing tumour', 'enhancing'],
];

/**
 * A figure as SVG 1.1, in millimetres on paper and of the patient's true proportions: the shown slice (`shownSlice`) of every
 * image, then once per mask. Texts are text, each image is embedded once as PNG of 8 bits, and each label of a mask is a path along
 * the sides of its pixels, by the even-odd rule: nothing is smoothed, and its area is that of the mask. Layers have names
 * (`flair`, `mask-1-label-2`), so that a drawing program can take them apart.
 *
 * @param masks BraTS label maps on the grid, the reference one first.
 */
export function figureSvg(
  images: Readonly<Partial<Record<Modality, Volume>>>,
  grid: Grid,
  masks: readonly FigureMask[],
  words: FigureWords,
): string {
  const slice = shownSlice(images, grid, masks);
  const several = masks.length > 1;
  const count = slice.images.length + masks.length;
  const columns = Math.min(COLUMNS, several ? Math.max(slice.images.length, masks.length) : count);
  const size = panelSize(slice, columns);
  const panels = [...slice.images.map(imagePanel), ...slice.masks.map(maskPanel(slice, size))];
  const breakAfter = several ? slice.images.length : count;
  const titleLines = panels.some(({ note }) => note !== '') ? 2 : 1;
  const pitch = size.height + titleLines * LINE + GAP;
  const firstRows = Math.ceil(breakAfter / columns);
  const rows = firstRows + Math.ceil((panels.length - breakAfter) / columns);
  const width = columns * (size.width + GAP) - GAP;
  const height = rows * pitch + LINE;
  const placed = panels.map(({ title, note, content }, n) => {
    const [row, column] =
      n < breakAfter
        ? [Math.floor(n / columns), n % columns]
        : [firstRows + Math.floor((n - breakAfter) / columns), (n - breakAfter) % columns];
    const marks = n === 0 ? scaleBar(size) : '';
    const sides = words.sidesKnown ? text(1, size.height / 2, 'R', 'fill="#fff"') : '';
    return `<g transform="translate(${mm(column * (size.width + GAP))} ${mm(row * pitch)})">
${text(0, FONT, title, 'font-weight="bold"')}${note === '' ? '' : text(0, FONT + LINE, note, '')}
<g transform="translate(0 ${mm(titleLines * LINE)})">
${content}
${sides}${marks}
</g>
</g>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" width="${mm(width)}mm" height="${mm(height)}mm" viewBox="0 0 ${mm(width)} ${mm(height)}" font-family="Arial, Helvetica, sans-serif" font-size="${FONT}">
<title>${plain(words.title)}</title>
<desc>${plain(words.description)}</desc>
<defs>
${slice.images.map(({ modality, grey }) => embedded(modality, grey, slice, size)).join('\n')}
</defs>
<rect width="100%" height="100%" fill="#fff"/>
${placed.join('\n')}
${legend(slice, rows * pitch + FONT)}
</svg>
`;
}

interface Panel {
  readonly title: string;
  readonly note: string;
  readonly content: string;
}

/** Millimetres on paper, also of a millimetre of the patient. */
interface PanelSize {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

function panelSize({ crop, spacing }: ShownSlice<FigureMask>, columns: number): PanelSize {
  const width = Math.min(WIDEST_PANEL, (PAGE - GAP * (columns - 1)) / columns);
  const scale = width / (crop.width * spacing[0]);
  return { width, height: crop.height * spacing[1] * scale, scale };
}

const used = (modality: Modality) => `<use xlink:href="#${modality}"/>`;

function imagePanel({ modality }: ShownSlice<FigureMask>['images'][number]): Panel {
  return { title: MODALITY_TITLES[modality], note: '', content: used(modality) };
}

const maskPanel =
  ({ images, width, height, crop }: ShownSlice<FigureMask>, size: PanelSize) =>
  ({ mask, labels }: ShownSlice<FigureMask>['masks'][number], n: number): Panel => {
    const paths = NAMES.flatMap(([label, name]) => {
      const loops = loopsOf({
        rows: height,
        columns: width,
        isInside: (row, column) => labels[row * width + column] === label,
      });
      if (loops.length === 0) return [];
      // Contours count from the centres of pixels, a picture from its corner.
      const onPaper = ([column, row]: readonly number[]) =>
        `${mm(((column + 0.5 - crop.x) * size.width) / crop.width)} ${mm(((row + 0.5 - crop.y) * size.height) / crop.height)}`;
      const outline = loops.map((loop) => `M${loop.map(onPaper).join('L')}Z`);
      const colour = hex(label);
      return `<path id="mask-${n + 1}-label-${label}" d="${outline.join('')}" fill="${colour}" fill-opacity="0.35" fill-rule="evenodd" stroke="${colour}" stroke-width="0.25" stroke-linejoin="round"><title>${name}</title></path>`;
    });
    const guessed = NAMES.filter(([label]) => mask.guesses.includes(label)).map(([, , short]) => short);
    return {
      title: mask.title,
      note: guessed.length === 0 ? '' : `a guess: ${guessed.join(', ')}`,
      content: [used(images[images.length - 1].modality), ...paths].join('\n'),
    };
  };

/** The cropped slice as `<image>`, as large as a panel. */
function embedded(
  modality: Modality,
  grey: Float32Array,
  { crop, width }: ShownSlice<FigureMask>,
  size: PanelSize,
): string {
  const data = new Uint8Array(crop.width * crop.height);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [crop.x + (at % crop.width), crop.y + Math.floor(at / crop.width)];
    data[at] = Math.round(255 * grey[x + width * y]);
  }
  const png = encode({ width: crop.width, height: crop.height, data, channels: 1, depth: 8 });
  return `<image id="${modality}" width="${mm(size.width)}" height="${mm(size.height)}" preserveAspectRatio="none" xlink:href="data:image/png;base64,${Buffer.from(png).toString('base64')}"/>`;
}

function scaleBar({ height, scale }: PanelSize): string {
  const y = height - 1.5;
  return `<path d="M1.5 ${mm(y)}h${mm(SCALE_BAR * scale)}" stroke="#fff" stroke-width="0.5"/>${text(1.5, y - 1, `${SCALE_BAR} mm`, 'fill="#fff"')}`;
}

/** The labels that any mask has on this slice. */
function legend({ masks }: ShownSlice<FigureMask>, y: number): string {
  let x = 0;
  return NAMES.filter(([label]) => masks.some(({ labels }) => labels.includes(label)))
    .map(([label, name]) => {
      const at = x;
      x += 5 + name.length * FONT * 0.55;
      return `<rect x="${mm(at)}" y="${mm(y - 2)}" width="2.2" height="2.2" fill="${hex(label)}" fill-opacity="0.35" stroke="${hex(label)}" stroke-width="0.3"/>${text(at + 3, y, name, '')}`;
    })
    .join('');
}

const mm = (value: number) => String(Math.round(value * 1000) / 1000);
const hex = (label: number) =>
  `#${OUTLINE_COLOURS[label].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
/** Control characters are no XML. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const plain = (words: string) => escapeHtml(words.replace(/[\u0000-\u001f\ufffe\uffff]/g, ' '));
const text = (x: number, y: number, words: string, how: string) =>
  `<text x="${mm(x)}" y="${mm(y)}" ${how}>${plain(words)}</text>`;
