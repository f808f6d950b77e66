import { MODALITIES, type Modality, type Region } from '../../src/terms.js';
import { REGIONS_OF_LABEL } from './labels.js';

/** Colours that colour-blind eyes tell apart (Okabe and Ito 2008), the same as in the exported picture. */
const REGION_COLOURS: Record<Region, string> = { WT: '#009e73', TC: '#0072b2', ET: '#f0e442' };
export const SEQUENCE_COLOURS: Record<Modality, string> = {
  t1: '#56b4e9',
  t1ce: '#e69f00',
  t2: '#cc79a7',
  flair: '#009e73',
};
export const SEVERAL_COLOUR = '#d55e00';
export const DIFFERENCE_COLOURS = { both: '#bdbdbd', onlyA: '#e69f00', onlyB: '#56b4e9' };

/** Dark blue over violet to yellow, light and dark apart in grey too. */
const RAMP = ['#2c1a6b', '#7b2a8b', '#c8446f', '#f18f45', '#fde725'];

export interface RegionStyle {
  readonly visible: boolean;
  readonly colour: string;
}
export type RegionStyles = Record<Region, RegionStyle>;

export const DEFAULT_STYLES: RegionStyles = {
  WT: { visible: true, colour: REGION_COLOURS.WT },
  TC: { visible: true, colour: REGION_COLOURS.TC },
  ET: { visible: true, colour: REGION_COLOURS.ET },
};

/** A label is shown in the colour of its innermost region that is visible. Gives 256 × RGBA. */
export function labelColours(styles: RegionStyles, opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  for (const [label, regions] of Object.entries(REGIONS_OF_LABEL)) {
    const region = regions.find((r) => styles[r].visible);
    if (region) setColour(table, Number(label), styles[region].colour, opacity);
  }
  return table;
}

/** Everything that is not 0 in one colour. */
export function flatColours(colour: string, opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  for (let value = 1; value < 256; value++) setColour(table, value, colour, opacity);
  return table;
}

/** 0 is clear; 1..maximum run through the ramp. */
export function heatColours(maximum: number, opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  for (let value = 1; value < 256; value++) {
    const share = Math.min(1, value / Math.max(1, maximum));
    const place = share * (RAMP.length - 1);
    const lower = Math.min(RAMP.length - 2, Math.floor(place));
    const [a, b] = [rgb(RAMP[lower]), rgb(RAMP[lower + 1])];
    for (let c = 0; c < 3; c++) table[4 * value + c] = a[c] + (b[c] - a[c]) * (place - lower);
    table[4 * value + 3] = 255 * opacity * (0.35 + 0.65 * share);
  }
  return table;
}

export function heatGradient(): string {
  return `linear-gradient(90deg, ${RAMP.join(', ')})`;
}

/** Bits of `maps.decidedBy`: one sequence has its colour, several share one. */
export function decidedColours(opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  for (let bits = 1; bits < 1 << MODALITIES.length; bits++) {
    const only = MODALITIES.find((_, index) => bits === 1 << index);
    setColour(table, bits, only ? SEQUENCE_COLOURS[only] : SEVERAL_COLOUR, opacity);
  }
  return table;
}

export function differenceColours(opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  setColour(table, 1, DIFFERENCE_COLOURS.both, opacity * 0.6);
  setColour(table, 2, DIFFERENCE_COLOURS.onlyA, opacity);
  setColour(table, 3, DIFFERENCE_COLOURS.onlyB, opacity);
  return table;
}

/** What became of a region between two examinations. */
export const CHANGE_COLOURS = { unchanged: '#bdbdbd', grown: '#e69f00', gone: '#56b4e9', new: '#d660a5' };

/** Values of `followups.difference`. */
export function changeColours(opacity: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  setColour(table, 1, CHANGE_COLOURS.unchanged, opacity * 0.6);
  setColour(table, 2, CHANGE_COLOURS.grown, opacity);
  setColour(table, 3, CHANGE_COLOURS.gone, opacity);
  setColour(table, 4, CHANGE_COLOURS.new, opacity);
  return table;
}

function setColour(table: Uint8ClampedArray, value: number, colour: string, opacity: number): void {
  table.set([...rgb(colour), 255 * opacity], 4 * value);
}

function rgb(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
